"""Rules that make the effect of a combination from the effects of its parts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Literal, get_args

import numpy as np

RuleName = Literal["dominant", "sum", "larger", "mean", "dominant and mean", "fold", "network", "network and mean"]
RULES: tuple[RuleName, ...] = get_args(RuleName)
THRESHOLDS = (0.0, 1.0, 1.5, 2.0, 2.5, 3.0)


@dataclass(frozen=True)
class Rule:
    """How parts are put together, after parts below `threshold` standard errors were set to no change.

    dominant: the larger where all agree in sign, else the sum. sum, larger, mean: of the parts. fold: level of
    control times the fold changes. network: the state of the SCM with all targets held. 'X and mean' averages.
    """

    name: RuleName
    threshold: float = 0.0

    def __str__(self) -> str:
        shrunk = f", parts below {self.threshold:g} standard errors left out" if self.threshold else ""
        return f"{self.name}{shrunk}"


def compose(rule: Rule, parts: np.ndarray, noise: np.ndarray, control: np.ndarray, state: np.ndarray) -> np.ndarray:
    """Effect of a combination (features,) by the rule.

    parts: effects of the parts (parts x features); noise: their standard errors (parts x features); control: level
    of the controls (features,), 0 for log-ratios; state: effect by the network (features,).
    """
    kept = np.where(np.abs(parts) > rule.threshold * noise, parts, 0.0)
    match rule.name:
        case "dominant":
            return reduce(dominant, kept)
        case "sum":
            return kept.sum(0)
        case "larger":
            return reduce(larger, kept)
        case "mean":
            return kept.mean(0)
        case "dominant and mean":
            return (reduce(dominant, kept) + parts.mean(0)) / 2
        case "fold":
            level = np.where(control > 0, control, 1.0)
            folds = np.maximum(1 + kept / level, 0).prod(0)
            return np.where(control > 0, level * (folds - 1), kept.sum(0))
        case "network":
            return state
        case "network and mean":
            return (state + parts.mean(0)) / 2


def larger(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The one that is farther from 0."""
    return np.where(np.abs(a) >= np.abs(b), a, b)


def dominant(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The larger where both have one sign, as if the stronger masked the weaker, else their sum."""
    return np.where(a * b > 0, larger(a, b), a + b)


def candidates(noisy: bool) -> tuple[Rule, ...]:
    """Every rule, those first that are taken where several do equally well; thresholds only where noise is known."""
    plain = ("network", "network and mean")
    steps = THRESHOLDS if noisy else THRESHOLDS[:1]
    return tuple(Rule(name, step) for name in RULES for step in (steps[:1] if name in plain else steps))
