"""The noise of measured effects: its size by condition and feature, and what conditions share through the controls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from semimech.data.condition import Condition
from semimech.data.counts import CountSums, count_sums
from semimech.data.effects import Effects, group_moments
from semimech.data.screen import Screen

FEWEST = 8  # degrees of freedom below which the scatter of rows tells nothing
PRIOR_ROWS = 2.0  # rows at the controls' rate that stand beside those of a condition


@dataclass(frozen=True, eq=False)
class Noise:
    """cov(e_pg, e_qg) = variance_g (own_pg delta_pq / n_p + shared_pq), e the noise of measured effects.

    variance: of a row within its condition (features,). own: that of a condition's rows as a multiple of it
    (conditions x features), overall: its mean over features (conditions,). rows: n_p (conditions,). shared:
    sum_b share_pb share_qb / n_0b, of the controls of batch b that conditions p and q have in common
    (conditions x conditions).
    """

    conditions: tuple[Condition, ...]
    variance: np.ndarray
    own: np.ndarray
    overall: np.ndarray
    rows: np.ndarray
    shared: np.ndarray

    @property
    def standard_errors(self) -> np.ndarray:
        """Of the effects (conditions x features)."""
        return np.sqrt(self.variance * (self.own / self.rows[:, None] + np.diag(self.shared)[:, None]))

    @property
    def own_errors(self) -> np.ndarray:
        """Standard errors without the part of the controls (conditions x features)."""
        return np.sqrt(self.variance * self.own / self.rows[:, None])

    @property
    def covariance(self) -> np.ndarray:
        """Between conditions (conditions x conditions), in units of `variance`, with own parts as they are overall."""
        return np.diag(self.overall / self.rows) + self.shared

    def of_part(self, screen: Screen, rows: np.ndarray, effects: Effects) -> Noise:
        """That of the effects of some of the rows: variances as in all of them, with fewer rows behind."""
        place = {condition: i for i, condition in enumerate(self.conditions)}
        kept = np.array([place[condition] for condition in effects.conditions], int)
        shared = _shared(screen, np.asarray(rows), _numbers(screen, effects), len(effects))
        counts = effects.counts.astype(float)
        return Noise(effects.conditions, self.variance, self.own[kept], self.overall[kept], counts, shared)

    def take(self, kept: np.ndarray) -> Noise:
        """That of some conditions (their numbers)."""
        conditions = tuple(self.conditions[i] for i in kept)
        shared = self.shared[np.ix_(kept, kept)]
        return Noise(conditions, self.variance, self.own[kept], self.overall[kept], self.rows[kept], shared)


def noise_of(screen: Screen, rows: np.ndarray, effects: Effects) -> Noise | None:
    """The noise of the `effects` of these rows; None where too few conditions have two rows to tell it.

    The variance of a row within its condition is pooled over conditions. For counts the negative-binomial law then
    tells by the delta method what it is at other expression: var log(1 + a x) ~ (a / (1 + a mu))^2 (mu + phi mu^2),
    a = 10^4 / library; for other scales a condition's own scatter does, as a factor for all features.

    Source of the law: Robinson and Smyth 2007, doi:10.1093/biostatistics/kxm030.
    """
    rows = np.sort(np.asarray(rows))
    number = _numbers(screen, effects)
    kept = rows[number[rows] >= 0]
    measured = _scatter(screen, kept, number, len(effects) + 1)
    if measured is None:
        return None
    variance, overall = measured[0], measured[1][: len(effects)]
    own = np.tile(overall[:, None], (1, len(variance)))
    if screen.scale == "counts":
        own = _by_expression(count_sums(screen, rows))
    shared = _shared(screen, kept, number, len(effects))
    return Noise(effects.conditions, variance, own, overall, effects.counts.astype(float), shared)


def _numbers(screen: Screen, effects: Effects) -> np.ndarray:
    """For each row the number of its condition in `effects`, one more than there are for controls, else -1."""
    place = {condition: i for i, condition in enumerate(effects.conditions)}
    index = np.array([place.get(condition, -1) for condition in screen.conditions])
    return np.where(screen.is_control, len(place), index[screen.condition_codes])


def _scatter(screen: Screen, rows: np.ndarray, number: np.ndarray, groups: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Pooled variance of rows within groups and batches (features,), and that of each group as a multiple of it."""
    batches, n_batches = screen.batches, int(screen.batches.max()) + 1
    centre, _, _ = group_moments(screen, rows, batches, n_batches)
    _, found, n = group_moments(screen, rows, number, groups, centre, batches)
    degrees = np.maximum(n - 1, 0)
    if degrees.sum() < FEWEST:
        return None
    variance = degrees @ found / degrees.sum()
    varies = variance > 0
    overall = np.ones(groups)
    if varies.any():
        ratio = (found[:, varies] / variance[varies]).mean(1)
        overall = np.where(degrees >= FEWEST, ratio, 1.0)
    return variance, overall


def _by_expression(sums: CountSums) -> np.ndarray:
    """Variance of log(1 + a x) in each condition as a multiple of its mean over all rows (conditions x features)."""
    control_rows = sums.control_rows.sum()
    control_size = sums.control_library.sum() / control_rows
    size = sums.library / sums.rows
    control = control_size * sums.control_rates
    prior = PRIOR_ROWS * sums.control_rates * size[:, None]
    mean = (sums.counts + prior) / (sums.rows + PRIOR_ROWS)[:, None]
    treated = _delta(mean, sums.dispersion, size[:, None])
    whole = control_rows * _delta(control, sums.dispersion, control_size) + sums.rows @ treated
    whole = whole / (control_rows + sums.rows.sum())
    return np.divide(treated, whole, out=np.ones_like(treated), where=whole > 0)


def _delta(mean: np.ndarray, dispersion: np.ndarray, library: np.ndarray | float) -> np.ndarray:
    """(a / (1 + a mu))^2 (mu + phi mu^2), a = 10^4 / library."""
    factor = 1e4 / library
    return (factor / (1 + factor * mean)) ** 2 * (mean + dispersion * mean**2)


def _shared(screen: Screen, rows: np.ndarray, number: np.ndarray, conditions: int) -> np.ndarray:
    """sum_b share_pb share_qb / n_0b (conditions x conditions); 0 for log-ratios, which need no controls."""
    if screen.scale == "log-ratio":
        return np.zeros((conditions, conditions))
    rows = rows[number[rows] >= 0]
    table = np.zeros((conditions + 1, int(screen.batches.max()) + 1))
    np.add.at(table, (number[rows], screen.batches[rows]), 1.0)
    treated, controls = table[:-1], table[-1]
    root = treated / treated.sum(1, keepdims=True) / np.sqrt(np.maximum(controls, 1))
    return root @ root.T
