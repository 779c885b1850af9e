"""The simplest theory of pooling: a mean of n rows of the series and N biased ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from semimech.audit.focus.surface import Surface


@dataclass(frozen=True)
class Theory:
    """Squared error = floor + σ²/(n + N) + Δ² (N/(n + N))², fitted to a measured curve.

    `variance` σ² and `bias` Δ² are of the effective observations of the learner, in squared units of the value;
    `explained` is the share of the curve's variation that the line explains: where it is small, so is the theory.
    """

    size: int
    floor: float
    variance: float
    bias: float
    fitted: np.ndarray
    explained: float

    @property
    def best(self) -> float:
        """The N of least error, σ² n/(2 n Δ² - σ²); infinite unless Δ² > σ²/(2n)."""
        excess = 2 * self.size * self.bias - self.variance
        return self.variance * self.size / excess if excess > 0 else float("inf")


def theory(counts: np.ndarray, errors: np.ndarray, size: int) -> Theory:
    """The theory fitted to mean squared errors at `counts` outsiders, by non-negative least squares.

    `size` n is the number of rows of the series that are learnt from. Source: arXiv 2602.23303.

    >>> line = theory(np.arange(0, 100, 5), 0.1 + 4 / (50 + np.arange(0, 100, 5)), 50)
    >>> round(line.variance, 3), line.best
    (4.0, inf)
    """
    share = counts / (size + counts)
    parts = np.column_stack([np.ones(len(counts)), 1 / (size + counts), share**2])
    scale = parts.max(axis=0)
    weights = nnls(parts / scale, errors)[0] / scale
    fitted = parts @ weights
    left, whole = float(np.square(errors - fitted).sum()), float(np.square(errors - errors.mean()).sum())
    floor, variance, bias = (float(one) for one in weights)
    return Theory(size, floor, variance, bias, fitted, 1 - left / whole if whole > 0 else 1.0)


def theory_of(surface: Surface) -> Theory | None:
    """The theory fitted to the mean squared errors of a surface; None where its learner has no regression."""
    errors = surface.outer_regression[:, 1].mean(axis=0)
    return None if np.isnan(errors).any() else theory(surface.counts, errors, surface.sizes[0])
