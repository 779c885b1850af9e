"""The focus of a learner on a series of a table of bioactivities: everything measured, and what it says in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from semimech.audit.fingerprints import morgan, tanimoto
from semimech.audit.focus.control import Matched, matched
from semimech.audit.focus.gains import Gains, curves, gains, verdict
from semimech.audit.focus.learner import Learner
from semimech.audit.focus.pool import ABOVE, BELOW, EXACT, Pool
from semimech.audit.focus.surface import Protocol, Surface, measure
from semimech.audit.focus.theory import Theory, theory
from semimech.audit.table import Bioactivities
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, Steps, silent

RELATIONS = {"<": BELOW, "=": EXACT, ">": ABOVE}


@dataclass(frozen=True, eq=False)
class Focus:
    """A surface with what was made of it: gains, theory line, and the control of matched outsiders.

    `theory` is None where the learner has no regression, `control` where the table has no such column,
    `control_surface` where the matched are too few. `left_out` outsiders were too far from the series to be taken.
    """

    surface: Surface
    gains: list[Gains]
    theory: Theory | None
    control: Matched | None
    control_surface: Surface | None
    left_out: int = 0

    @property
    def curves(self) -> pd.DataFrame:
        """The surface as a long table, that of the control below it; `outside` says which."""
        found = [curves(self.surface).assign(outside="all")]
        if self.control_surface is not None and self.control is not None:
            found.append(curves(self.control_surface).assign(outside=f"same {self.control.what}"))
        return pd.concat(found, ignore_index=True)

    def sentences(self) -> list[str]:
        """What the data say: may outsiders be pooled, what the theory adds, what the control tells or cannot."""
        found = [verdict(self.gains), *([_theory_in_words(self.theory)] if self.theory else [])]
        if self.left_out:
            found.append(f"The {self.left_out:,} outsiders farthest from the series were not taken.")
        if self.control is None:
            return [*found, "The table has no column to match outsiders by: the control cannot be made."]
        found.append(self.control.sentence)
        if self.control_surface is not None:
            found.append(f"With these alone: {verdict(gains(self.control_surface))}")
        return found

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


def pool_of(table: Bioactivities, rows: np.ndarray, in_series: np.ndarray, bits: np.ndarray) -> Pool:
    """These compounds of the table as a pool, with their fingerprints `bits` and Tanimoto similarity."""
    compounds = table.compounds.iloc[rows]
    relation = compounds["relation"].map(RELATIONS).to_numpy(int)
    values = compounds["p_activity"].to_numpy(float)
    return Pool(tanimoto(bits[rows], bits[rows]).astype(float), values, relation, in_series[rows], bits[rows])


def nearest(bits: np.ndarray, in_series: np.ndarray, largest: int) -> np.ndarray:
    """Rows of the series and of the `largest` outsiders of highest mean similarity to it, in their order."""
    outside = np.flatnonzero(~in_series)
    if len(outside) <= largest:
        return np.arange(len(bits))
    closeness = tanimoto(bits[outside], bits[in_series]).mean(axis=1)
    kept = outside[np.argsort(-closeness, kind="stable")[:largest]]
    return np.sort(np.concatenate([np.flatnonzero(in_series), kept]))


def focus(
    table: Bioactivities,
    in_series: np.ndarray,
    learner: Learner,
    *,
    thresholds: tuple[float, ...] = (),
    match: str = "assay",
    largest: int = 5000,
    folder: Path | None = None,
    monitor: Monitor = silent,
    **protocol: Any,
) -> Focus:
    """The focus of a learner; `thresholds` are activities p (20 within the series where none), `match` a column.

    Fingerprints are Morgan's (radius 3, 1,024 bits). Of more than `largest` outsiders the nearest to the series are
    taken, since memory grows with their square. The other keywords are of `Protocol`. With `folder`, finished repeats
    are kept there and taken up again.
    """
    if largest < 1:
        raise UserError(f"At most {largest} outsiders leave nothing to add: give at least 1.")
    bits = morgan(table)
    rows = nearest(bits, in_series, largest)
    pool = pool_of(table, rows, in_series, bits)
    chosen = tuple(float(one) for one in thresholds or pool.quantiles(20))
    if not chosen:
        raise UserError("The activities of the series are too alike to be cut in two classes: choose another series.")
    plan = Protocol(chosen, **protocol)
    control = _control(table.compounds.iloc[rows], pool.in_series, match)
    steps = Steps(monitor, 2 if control is not None and control.enough else 1)
    surface = measure(pool, learner, plan, folder=folder / "all" if folder else None, monitor=steps.begin("all"))
    matched_surface = None
    if control is not None and control.enough:
        matched_surface = measure(
            pool,
            learner,
            plan,
            eligible=control.eligible,
            folder=folder / f"same-{match}" if folder else None,
            monitor=steps.begin(f"same {match}"),
        )
    errors = surface.outer_regression[:, 1].mean(axis=0)
    line = None if np.isnan(errors).any() else theory(surface.counts, errors, surface.sizes[0])
    left = len(in_series) - len(rows)
    return Focus(surface, gains(surface), line, control, matched_surface, left)


def _control(compounds: pd.DataFrame, in_series: np.ndarray, match: str) -> Matched | None:
    if match not in compounds:
        return None
    return matched(in_series, compounds[match].astype("string").fillna("").to_numpy(str), match)


def _theory_in_words(line: Theory) -> str:
    least = line.variance / 2 / line.size
    told = (
        f"A mean of {line.size} compounds of the series and N biased ones explains {line.explained:.0%} of the "
        f"curve of squared errors, with sigma^2 = {line.variance:.3g} and Delta^2 = {line.bias:.3g} (squares of p): "
    )
    if line.best == float("inf"):
        return f"{told}Delta^2 does not exceed sigma^2/(2n) = {least:.3g}, so more data never harm."
    return f"{told}Delta^2 exceeds sigma^2/(2n) = {least:.3g}, so N* is finite, {line.best:,.0f}."
