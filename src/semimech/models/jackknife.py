"""Intervals from refits that leave parts of the data out."""

from __future__ import annotations

import numpy as np

Z = 1.6449  # two-sided 90 % of a normal distribution


def jackknife_interval(estimate: np.ndarray, refits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(lower, upper) of the 90 % interval, estimate -+ 1.645 sqrt((n - 1) / n sum_i (refit_i - mean)^2).

    estimate: any shape; refits: n x that shape, each without another part of the data. NaN where n < 2.
    Source: Efron and Tibshirani 1993, chapter 11, doi:10.1201/9780429246593.
    """
    if len(refits) < 2:
        nothing = np.full(estimate.shape, np.nan)
        return nothing, nothing
    half = Z * np.sqrt(len(refits) - 1) * refits.std(0)
    return estimate - half, estimate + half
