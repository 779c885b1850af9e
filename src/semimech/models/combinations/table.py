"""Measured changes on the scale where effects are added, and what brings them to the effect scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from semimech.data.condition import Condition
from semimech.data.counts import HALF, CountSums, count_sums
from semimech.data.effects import Effects
from semimech.data.screen import Screen
from semimech.models.effects import Noise

LEAST_VARIANCE = 1e-8


@dataclass(frozen=True, eq=False)
class Changes:
    """values: changes of conditions (conditions x features); variance: noise of one row of each feature (features,).

    covariance: of the noise between conditions, in units of `variance` (conditions x conditions).
    """

    conditions: tuple[Condition, ...]
    values: np.ndarray
    variance: np.ndarray
    covariance: np.ndarray


def rate_changes(screen: Screen, rows: np.ndarray, effects: Effects, noise: Noise) -> Changes:
    """log((sum x + 1/2) / (expected + 1/2)), expected at the control rates of the rows' batches and libraries.

    The variance of one row is by the delta method 1 / mu + phi, mu the controls' mean count. Raises UserError where
    the screen has no counts.
    """
    sums = count_sums(screen, rows)
    place = {condition: i for i, condition in enumerate(sums.conditions)}
    order = [place[condition] for condition in effects.conditions]
    return Changes(effects.conditions, sums.changes[order], _rate_variance(sums), noise.covariance)


def effect_changes(effects: Effects, noise: Noise) -> Changes:
    """The effects themselves."""
    variance = np.maximum(noise.variance, LEAST_VARIANCE)
    return Changes(effects.conditions, effects.values.astype(float), variance, noise.covariance)


def _rate_variance(sums: CountSums) -> np.ndarray:
    rows = sums.control_rows.sum() + sums.rows.sum()
    counts = sums.control_counts.sum(0) + sums.counts.sum(0)
    return rows / np.maximum(counts, HALF) + sums.dispersion
