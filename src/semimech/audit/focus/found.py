"""Everything that was measured on a series and its outsiders, and what it says in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from semimech.audit.focus.control import Matched
from semimech.audit.focus.gains import Gains, curves, gains, verdict
from semimech.audit.focus.readings import RANKING
from semimech.audit.focus.surface import Surface
from semimech.audit.focus.theory import Theory


@dataclass(frozen=True, eq=False)
class Focus:
    """A surface with what was made of it: gains, theory line, and the control of matched outsiders.

    `theory` is None where the learner has no regression, `control_surface` where there are too few matched outsiders,
    or nothing to match by. `rows` says what the rows are, `notes` what else there is to say of them, `leading` which
    reading decides.
    """

    surface: Surface
    gains: list[Gains]
    theory: Theory | None
    rows: str = "compounds"
    notes: tuple[str, ...] = ()
    control: Matched | None = None
    control_surface: Surface | None = None
    leading: str = RANKING

    @property
    def curves(self) -> pd.DataFrame:
        """The surface as a long table, that of the control below it; `outside` says which."""
        found = [curves(self.surface).assign(outside="all")]
        if self.control_surface is not None and self.control is not None:
            found.append(curves(self.control_surface).assign(outside=f"same {self.control.what}"))
        return pd.concat(found, ignore_index=True)

    def sentences(self) -> list[str]:
        """What the data say: may outsiders be pooled, what the theory adds, what the control tells or cannot."""
        theory = [_in_words(self.theory, self.rows)] if self.theory else []
        control = [] if self.control_surface is None else [verdict(gains(self.control_surface), self.leading)]
        return [
            verdict(self.gains, self.leading),
            *theory,
            *self.notes,
            *(f"With these alone: {said}" for said in control),
        ]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON: learner, sentences, gains of each reading and threshold, the theory line."""
        line = self.theory
        return {
            "learner": self.surface.learner,
            "halvings": len(self.surface.outer),
            "series": sum(self.surface.sizes),
            "outsiders": int(self.surface.counts[-1]),
            "sentences": self.sentences(),
            "gains": [{**asdict(one), "conflict": one.conflict} for one in self.gains],
            "theory": None if line is None else {**asdict(line), "fitted": line.fitted.tolist(), "best": line.best},
            "control": None if self.control is None else {"enough": self.control.enough, "said": self.control.sentence},
        }


def _in_words(line: Theory, rows: str) -> str:
    least = line.variance / 2 / line.size
    told = (
        f"A mean of {line.size} {rows} of the series and N biased ones explains {line.explained:.0%} of the "
        f"curve of squared errors, with sigma^2 = {line.variance:.3g} and Delta^2 = {line.bias:.3g}: "
    )
    if line.best == float("inf"):
        return f"{told}Delta^2 does not exceed sigma^2/(2n) = {least:.3g}, so by this theory more data never harm."
    return f"{told}Delta^2 exceeds sigma^2/(2n) = {least:.3g}, so by this theory N* is finite, {line.best:,.0f}."
