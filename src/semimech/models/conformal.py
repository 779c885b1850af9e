"""Conformal intervals in which conditions or perturbations, not single entries, are what is exchangeable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

FEWEST = 3  # held-out conditions below which nothing is said
DRAWS = 400
KNOTS = 1024
TINY = 1e-6


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores |error| / scale of held-out units, many of each.

    shares, values: the distribution of all scores, each unit with the same weight (knots, rising from 0).
    order: for one entry drawn of each of the n units, the mean share of the k-th smallest score (n,).
    """

    shares: np.ndarray
    values: np.ndarray
    order: np.ndarray

    @classmethod
    def of(cls, units: Sequence[np.ndarray] | np.ndarray, seed: int = 0) -> Scores:
        """From the scores of each unit, NaN where an entry does not count."""
        kept = [row for row in (row[np.isfinite(row)] for row in units) if row.size]
        every = np.concatenate(kept)
        rank = np.argsort(every, kind="stable")
        weight = np.concatenate([np.full(row.size, 1 / (row.size * len(kept))) for row in kept])
        shares = np.concatenate([[0.0], np.cumsum(weight[rank])])
        values = np.concatenate([[0.0], every[rank]])
        random = np.random.default_rng([seed, 6_700_417])
        draws = DRAWS if every.size > len(kept) else 1
        drawn = np.array([row[random.integers(row.size, size=draws)] for row in kept])
        order = np.interp(np.sort(drawn, axis=0), values, shares).mean(1)
        thin = np.unique(np.linspace(0, every.size, min(KNOTS, every.size + 1)).round().astype(int))
        return cls(shares[thin], values[thin], order)

    def quantile(self, level: float) -> float:
        """The score that an entry of a new unit does not exceed with probability `level`.

        Entries of one unit depend on each other: n units of f entries are no n x f independent scores, but one entry
        of each is exchangeable with one of a new unit, which does not exceed the k-th smallest of n with probability
        k / (n + 1). The quantile is at the mean share of the position (n + 1) level over draws of such
        entries, linear between two positions: with one entry to a condition the split-conformal quantile, with
        independent entries that of all of them. Beyond the last position, n / (n + 1), nothing is guaranteed: the
        score there is carried on as Student's t with n degrees of freedom has its tails, so that few units
        widen the interval. Vovk et al. 2005, doi:10.1007/b106715; Dunn et al. 2022,
        doi:10.1080/01621459.2022.2060112.

        >>> Scores.of(np.arange(1.0, 10.0)[:, None]).quantile(0.9)
        9.0
        """
        n = len(self.order)
        share = np.interp((n + 1) * level, np.arange(n + 1), np.concatenate([[0.0], self.order]))
        value = float(np.interp(share, self.shares, self.values))
        if (n + 1) * level <= n:
            return value
        reached, wanted = stats.t.ppf([(1 + n / (n + 1)) / 2, (1 + level) / 2], n)
        return value * float(wanted / reached)


@dataclass(frozen=True, eq=False)
class Conformal:
    """How far observed effects of held-out conditions were from their predictions.

    residual: root mean square error beyond the noise of measurement; noise: standard error of a typical training
    condition; spread: root mean square disagreement of an ensemble on the held-out conditions (features,).
    """

    scores: Scores
    residual: np.ndarray
    noise: np.ndarray
    spread: np.ndarray

    def half_widths(self, level: float, spread: np.ndarray) -> np.ndarray:
        """q sqrt(residual^2 + noise^2 + max(spread^2 - held-out spread^2, 0)), shaped as `spread`.

        q is the quantile of the scores; NaN for features that were never held out.
        """
        excess = np.maximum(spread**2 - self.spread**2, 0)
        return self.scores.quantile(level) * np.sqrt(self.residual**2 + self.noise**2 + excess)


def conformal(
    errors: np.ndarray,
    standard_errors: np.ndarray,
    noise: np.ndarray,
    spread: np.ndarray,
    units: np.ndarray,
    seed: int = 0,
) -> Conformal | None:
    """Scores |e| / sqrt(r^2 + s^2) of held-out conditions; None with fewer than three units.

    errors: observed - predicted, NaN where an entry does not count; standard_errors: s of the observed effects,
    NaN where unknown; spread: of the ensemble (all conditions x features). noise: (features,). units: what is
    exchangeable, the number of each condition's unit (conditions,). r_g^2 is the mean of e^2 - s^2, drawn to its mean
    over features by as much as chance moves it (see `shrinkage`), and for the scores of a unit leaves that unit out:
    its own error must not excuse itself.
    """
    counted = np.isfinite(errors)
    if len(np.unique(units[counted.any(1)])) < FEWEST:
        return None
    square = smoothed(standard_errors)
    beyond = np.where(counted, errors**2 - square, 0.0)
    total, number = beyond.sum(0), counted.sum(0)
    kept = shrinkage(total, number, np.where(counted, errors**2, 0.0).sum(0))
    least = TINY * np.sqrt(np.nanmean(errors**2)) + np.finfo(float).tiny
    own, own_number = (_summed(table, units) for table in (beyond, counted))
    others = np.sqrt(_variance(total - own, number - own_number, kept) + square)
    scores = np.where(counted, np.abs(errors), np.nan) / np.maximum(others, least)
    residual = np.where(number > 0, np.maximum(np.sqrt(_variance(total, number, kept)), least), np.nan)
    shared = np.sqrt((np.where(counted, spread, 0.0) ** 2).sum(0) / np.maximum(number, 1))
    each = [scores[units == unit].ravel() for unit in np.unique(units)]
    return Conformal(Scores.of(each, seed), residual, np.nan_to_num(noise), shared)


def shrinkage(total: np.ndarray, number: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """tau^2 / (tau^2 + v_g): how much of its own variance each feature keeps (features,), by empirical Bayes.

    total: sums of e^2 - s^2; number: of entries; squares: sums of e^2. v_g = 2 (mean e^2)^2 / n_g is what chance does
    to the mean of normal errors, tau^2 how much more than that the features differ.
    """
    n = np.maximum(number, 1)
    chance = 2 * (squares / n) ** 2 / n
    known = number > 0
    gap = (total / n - total.sum() / n[known].sum()) ** 2 - chance
    between = max(float(gap[known].mean()), 0.0)
    return np.divide(between, between + chance, out=np.zeros(len(n)), where=known & (between + chance > 0))


def _summed(table: np.ndarray, units: np.ndarray) -> np.ndarray:
    """For each row the sum over all rows of its unit."""
    number = np.unique(units, return_inverse=True)[1]
    sums = np.zeros((number.max() + 1, table.shape[1]))
    np.add.at(sums, number, table)
    return sums[number]


def _variance(total: np.ndarray, number: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Means of the features (sums `total` of `number` entries, ... x features), drawn to that of all; not below 0."""
    whole = (total.sum(-1) / np.maximum(number.sum(-1), 1))[..., None]
    own = np.divide(total, number, out=np.broadcast_to(whole, total.shape).copy(), where=number > 0)
    return np.maximum(whole + kept * (own - whole), 0.0)


def smoothed(standard_errors: np.ndarray) -> np.ndarray:
    """Squared standard errors as (factor of the condition) x (mean of the feature), 0 where nothing is known.

    A standard error from a few rows is itself a matter of chance. A condition without any has the typical factor.
    """
    square = standard_errors.astype(float) ** 2
    known = np.isfinite(square)
    n = np.maximum(known.sum(0), 1)
    feature = np.where(known, square, 0).sum(0) / n
    ratio = np.divide(square, feature, out=np.full_like(square, np.nan), where=known & (feature > 0))
    has = np.isfinite(ratio)
    factor = np.where(has.any(1), np.where(has, ratio, 0).sum(1) / np.maximum(has.sum(1), 1), 1.0)
    return factor[:, None] * feature
