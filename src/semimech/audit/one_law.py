"""Effects of features beside one law of the whole structure: what one law everywhere cannot make, differs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, stats

from semimech.audit.feature_effects import EPSILON, FeatureEffects

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
    doi:10.1038/ng.548). The means of series and outside are free. Errors are those of what is left of each compound
    (HC2, after whitening), so that heavy tails and assays of unequal noise raise no alarm.
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
    outside, of_means = both - series, (basis**2).sum(1)[:, None]
    a, b, c = (series**2).sum(0), (outside**2).sum(0), (series * outside).sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        determinant = a * b - c**2
        first, second = (b * series - c * outside) / determinant, (a * outside - c * series) / determinant
        left = y - series * (y.T @ first) - outside * (y.T @ second)
        room = 1 - of_means - series * first - outside * second
        together = both / (both**2).sum(0)
        pooled = _effects(y, together, y - both * (y.T @ together), 1 - of_means - both * together)
    found = {"series": _effects(y, first, left, room), "outside": _effects(y, second, left, room), "pooled": pooled}
    return found, _effects(y, first - second, left, room).p_value


def _effects(y: np.ndarray, weights: np.ndarray, left: np.ndarray, room: np.ndarray) -> FeatureEffects:
    """The effects weights' y (n x k) with HC2 errors: variance sum w^2 e^2 / (1 - h), degrees of freedom (sum w^2)^2 /
    sum w^4: few where few compounds tell of a feature."""
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = (y.T @ weights)[0]
        error = np.sqrt((weights**2 * left**2 / np.where(room > EPSILON, room, np.nan)).sum(0))
        freedom = (weights**2).sum(0) ** 2 / (weights**4).sum(0)
        return FeatureEffects(effect, error, freedom, 2 * stats.t.sf(np.abs(effect) / error, freedom))


def _means(in_series: np.ndarray) -> np.ndarray:
    return np.column_stack([in_series, ~in_series]).astype(float)
