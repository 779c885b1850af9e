"""The Bayesian bootstrap over conditions."""

from __future__ import annotations

import numpy as np

from semimech.evaluate.summaries import Reduce

BLOCK = 4_000_000


def dirichlet_weights(n: int, draws: int, seed: int) -> np.ndarray:
    """Weights of n conditions in each draw (draws x n), uniform on the simplex, of mean 1.

    Rubin 1981, doi:10.1214/aos/1176345338.
    """
    weights = np.random.default_rng([seed, 15_485_863]).exponential(size=(draws, n))
    return weights / weights.mean(1, keepdims=True)


def resampled(weights: np.ndarray, sums: np.ndarray, reduce: Reduce) -> np.ndarray:
    """The score in each draw (draws,): reduce(weights @ sums), a bounded block of draws at a time."""
    step = max(1, BLOCK // max(sums.shape[1], 1))
    blocks = [reduce(weights[start : start + step] @ sums) for start in range(0, len(weights), step)]
    return np.concatenate(blocks)


def interval(draws: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """The central interval of the draws that have a value; NaN where fewer than half have one."""
    known = draws[np.isfinite(draws)]
    if known.size < max(draws.size / 2, 2) or np.ptp(known) == 0:
        return float("nan"), float("nan")
    lower, upper = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(lower), float(upper)
