"""What a test of an assumption says: holds, violated, or cannot be tested with this design."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

Word = Literal["holds", "violated", "cannot be tested"]
HOLDS: Word = "holds"
VIOLATED: Word = "violated"
CANNOT: Word = "cannot be tested"


@dataclass(frozen=True)
class Assumption:
    """Something that models take for granted: its statistic, and what it means for the choice of model."""

    name: str
    sentence: str
    statistic: str
    if_holds: str
    if_violated: str
    if_unknown: str


@dataclass(frozen=True, eq=False)
class Verdict:
    """One assumption tested on one screen.

    value, critical: the statistic and what it must exceed at the level of the test, before Holm's adjustment where
    several are made. effect: how large the violation is, in words of `unit`. why: what was seen, or what the design
    lacks. picture: what to draw; columns group and value (samples), or name, value, lower, upper and clear (bars);
    `axis` names the values.
    """

    assumption: Assumption
    verdict: Word
    why: str
    value: float = np.nan
    critical: float = np.nan
    p: float = np.nan
    effect: float = np.nan
    unit: str = ""
    axis: str = ""
    picture: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def consequence(self) -> str:
        """What the verdict means for the choice of model and loss."""
        given = {HOLDS: self.assumption.if_holds, VIOLATED: self.assumption.if_violated}
        return given.get(self.verdict, self.assumption.if_unknown)

    @property
    def title(self) -> str:
        """`violated: controls are at steady state`."""
        return f"{self.verdict}: {self.assumption.sentence}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without the picture."""
        return {
            "name": self.assumption.name,
            "assumption": self.assumption.sentence,
            "verdict": self.verdict,
            "why": self.why,
            "consequence": self.consequence,
            "statistic": self.assumption.statistic,
            "value": self.value,
            "critical": self.critical,
            "p": self.p,
            "effect": self.effect,
            "unit": self.unit,
            "axis": self.axis,
        }


def word(p: float, level: float) -> Word:
    """Violated where p is not above the level."""
    return VIOLATED if p <= level else HOLDS


def holm(p: np.ndarray) -> np.ndarray:
    """p values adjusted for their number; Holm 1979, https://www.jstor.org/stable/4615733."""
    p = np.asarray(p, float)
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
