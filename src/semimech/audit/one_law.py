"""Effects of features beside one law of the whole structure: what one law everywhere cannot make, differs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, stats

from semimech.audit.feature_effects import FeatureEffects

# Variance components need no more compounds than this, and their cost is cubic.
SAMPLE = 500
LARGEST = 5_000
FLOOR = 1e-4


@dataclass(frozen=True)
class Components:
    """Variances of p: of the whole structure, between assays, and of what is left."""

    structure: float
    assay: float
    noise: float

    def covariance(self, similarity: np.ndarray, assays: np.ndarray | None) -> np.ndarray:
        """Covariance (n x n) of p: structure * similarity + assay * same assay + noise * identity."""
        covariance = self.structure * np.asarray(similarity, np.float64)
        if assays is not None:
            covariance += self.assay * (assays[:, None] == assays[None])
        covariance[np.diag_indices(len(covariance))] += self.noise
        return covariance


def components_of(
    y: np.ndarray, in_series: np.ndarray, similarity: np.ndarray, assays: np.ndarray | None, seed: int = 0
) -> Components:
    """Variance components by restricted maximum likelihood, with a mean of the series and one of the outside.

    On at most 500 compounds, drawn at random from both strata as they are (Patterson & Thompson 1971,
    doi:10.1093/biomet/58.3.545).
    """
    rows = np.sort(np.random.default_rng(seed).permutation(len(y))[:SAMPLE])
    part = similarity[np.ix_(rows, rows)]
    groups = None if assays is None else assays[rows]
    means = _means(in_series[rows])
    start = np.log(np.full(2 if assays is None else 3, max(y.var(), FLOOR) / 3))

    def cost(logs: np.ndarray) -> float:
        return -restricted_likelihood(y[rows], means, _components(logs).covariance(part, groups))

    best = optimize.minimize(cost, start, method="Nelder-Mead", options={"xatol": 0.02, "fatol": 0.02, "maxiter": 150})
    return _components(best.x)


def _components(logs: np.ndarray) -> Components:
    sizes = FLOOR + np.exp(np.clip(logs, -20, 20))
    return Components(sizes[0], sizes[2] if len(sizes) > 2 else 0.0, sizes[1])


def restricted_likelihood(y: np.ndarray, fixed: np.ndarray, covariance: np.ndarray) -> float:
    """Restricted log-likelihood of y (n,) with fixed effects (n x k) and covariance (n x n), up to a constant."""
    factor = linalg.cholesky(covariance, lower=True, check_finite=False)
    white = linalg.solve_triangular(factor, np.column_stack([fixed, y]), lower=True, check_finite=False)
    fixed, y = white[:, :-1], white[:, -1]
    information = fixed.T @ fixed
    residual = y - fixed @ np.linalg.solve(information, fixed.T @ y)
    return -float(np.log(np.diag(factor)).sum() + np.linalg.slogdet(information)[1] / 2 + residual @ residual / 2)


def effects_beside_law(
    x: np.ndarray, y: np.ndarray, in_series: np.ndarray, covariance: np.ndarray
) -> tuple[dict[str, FeatureEffects], np.ndarray]:
    """Effects of each column of x (n x k) in the series, outside and pooled, and the p-value of their difference.

    Generalised least squares with the covariance of one law of structure (and of shifts between assays): what that law
    makes of a feature by its company is in the covariance (the mixed model of association studies, Kang et al. 2010,
    doi:10.1038/ng.548). The means of series and outside are free.
    """
    factor = linalg.cholesky(covariance, lower=True, check_finite=False)
    numbers = np.asarray(x, np.float64)
    inside = in_series[:, None].astype(float)
    means, y, both, series = (
        linalg.solve_triangular(factor, part, lower=True, check_finite=False)
        for part in (_means(in_series), y[:, None], numbers, numbers * inside)
    )
    basis = np.linalg.qr(means)[0]
    y, both, series = (part - basis @ (basis.T @ part) for part in (y, both, series))
    outside = both - series
    a, b, c = (series**2).sum(0), (outside**2).sum(0), (series * outside).sum(0)
    u, v = y[:, 0] @ series, y[:, 0] @ outside
    freedom = np.full(x.shape[1], len(in_series) - 4.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        determinant = a * b - c**2
        first, second = (b * u - c * v) / determinant, (a * v - c * u) / determinant
        found = {
            "series": _effects(first, b / determinant, freedom),
            "outside": _effects(second, a / determinant, freedom),
            "pooled": _effects((u + v) / (a + b + 2 * c), 1 / (a + b + 2 * c), freedom),
        }
        z = (first - second) / np.sqrt((a + b + 2 * c) / determinant)
    return found, 2 * stats.t.sf(np.abs(z), freedom)


def _effects(effect: np.ndarray, variance: np.ndarray, freedom: np.ndarray) -> FeatureEffects:
    with np.errstate(divide="ignore", invalid="ignore"):
        return FeatureEffects(
            effect, np.sqrt(variance), freedom, 2 * stats.t.sf(np.abs(effect) / np.sqrt(variance), freedom)
        )


def _means(in_series: np.ndarray) -> np.ndarray:
    return np.column_stack([in_series, ~in_series]).astype(float)
