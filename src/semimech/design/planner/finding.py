"""The chance of finding the target effect, with the level of the tests as it is declared."""

from __future__ import annotations

import numpy as np

from semimech.design.planner.arms import Arms
from semimech.design.planner.request import Target
from semimech.design.power import power

STEPS = 200


def powers_of(target: Target, arms: Arms, variance: np.ndarray) -> tuple[np.ndarray, float]:
    """(power of each arm (K,), level of a single test) where the effects are measured with these variances (K,).

    Under a false discovery rate the level is the largest a with a <= fdr ((1 - share) a + share P(a)), P the
    priority-weighted mean power (Genovese and Wasserman 2002, doi:10.1111/1467-9868.00347).
    """
    effect = target.effect * arms.efficiency
    if not target.fdr:
        return power(effect, variance, target.level), target.level
    level = fdr_level(target, 1.0)
    for _ in range(STEPS):
        found = power(effect, variance, max(level, 1e-12))
        lower = fdr_level(target, float(np.average(found, weights=arms.priority)))
        if lower >= level * (1 - 1e-6):
            break
        level = lower
    return power(effect, variance, max(level, 1e-12)), level


def fdr_level(target: Target, mean_power: float) -> float:
    """The level at which Benjamini and Hochberg's rule settles when it finds this share of the true effects."""
    return target.fdr * target.share * mean_power / (1 - target.fdr * (1 - target.share))


def overall(target: Target, arms: Arms, powers: np.ndarray) -> float:
    """The power that the target speaks of: the priority-weighted mean, or that of the worst arm."""
    return float(powers.min() if target.criterion == "worst" else np.average(powers, weights=arms.priority))
