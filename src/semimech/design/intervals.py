"""Intervals of variances: a mean square less what noise gives it, with the degrees of freedom that it really has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL = 0.95
FEWEST = 8  # clusters whose scatter tells a variance
DOUBT = 0.2  # how often the correlation of features may be larger than it is taken to be


@dataclass(frozen=True, eq=False)
class Square:
    """A component as a mean square less noise: sum of totals / sum of scales - noise.

    total: clusters x features; scale: (clusters,); noise: (features,). Clusters are what repeats: groups, arms or
    batches. freedom: degrees of freedom of the mean square of one feature (features,). alike: 1 / (features that count)
    as they are correlated, used where clusters are too few to show it by their scatter.
    noise_freedom: degrees of freedom of the variance that the noise was computed from.
    """

    total: np.ndarray
    scale: np.ndarray
    noise: np.ndarray
    freedom: np.ndarray
    alike: float = 1.0
    noise_freedom: float = float("inf")

    @property
    def mean_square(self) -> np.ndarray:
        """Noise included (features,)."""
        return self.total.sum(0) / self.scale.sum()

    @property
    def value(self) -> np.ndarray:
        """The component, not below 0 (features,)."""
        return np.maximum(self.mean_square - self.noise, 0.0)

    def bounds(self) -> np.ndarray:
        """95 % interval of each feature (2 x features)."""
        return np.stack(_bounds(self.mean_square, self.freedom, self.noise, self.noise_freedom))

    def pooled(self) -> tuple[float, float, float]:
        """Mean over features with its 95 % interval.

        Before it is cut at 0, so that a component that is not there is not found in half of the features.
        """
        square = self.mean_square
        mean, noise = float(square.mean()), float(self.noise.mean())
        lower, upper = _bounds(np.array(mean), self._pooled_freedom(square), np.array(noise), self.noise_freedom)
        return max(mean - noise, 0.0), float(lower), float(upper)

    def _pooled_freedom(self, square: np.ndarray) -> float:
        """2 M^2 / Var(M) of the mean M over features."""
        mean = square.mean()
        if mean <= 0:
            return 1.0
        apart = (2 * square**2 / self.freedom).sum() / len(square) ** 2  # features on their own
        count = len(self.scale)
        if count < FEWEST:
            together = 2 * mean**2 / np.median(self.freedom)
            return float(2 * mean**2 / max(apart, together * self.alike))
        left = self.total.mean(1) - mean * self.scale
        variance = count / (count - 1) * (left**2).sum() / self.scale.sum() ** 2
        return float(2 * mean**2 / max(variance + apart, 1e-300))


def _bounds(
    square: np.ndarray, freedom: np.ndarray | float, noise: np.ndarray, noise_freedom: float
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of E(square) - noise from those of both: the distances to their bounds add as squares.

    Burdick and Graybill 1992, doi:10.1201/9781482277142; degrees of freedom by Satterthwaite 1946,
    doi:10.2307/3002019.
    """
    low, high = _chi_square(square, freedom)
    noise_low, noise_high = _chi_square(noise, noise_freedom) if np.isfinite(noise_freedom) else (noise, noise)
    lower = square - noise - np.hypot(square - low, noise_high - noise)
    upper = square - noise + np.hypot(high - square, noise - noise_low)
    return np.maximum(lower, 0.0), np.maximum(upper, 0.0)


def _chi_square(square: np.ndarray, freedom: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    tails = stats.chi2.ppf((1 + LEVEL) / 2, freedom), stats.chi2.ppf((1 - LEVEL) / 2, freedom)
    return square * freedom / tails[0], square * freedom / tails[1]


def alikeness(deviations: np.ndarray) -> float:
    """tr(S^2) / tr(S)^2 of the covariance S of features, from independent deviations (d x features); at most 1.

    The mean of (z_i z_j)^2 / |z_i|^2 |z_j|^2 over pairs, of which few exist: raised so far that it is too
    small in one case of five only: few batches are not believed to show that features are independent.
    """
    products = deviations @ deviations.T
    i, j = np.triu_indices(len(deviations), 1)
    lengths = (np.diag(products)[i] * np.diag(products)[j]).sum()
    if not len(i) or lengths <= 0:
        return 1.0
    doubt = len(i) / stats.chi2.ppf(DOUBT, len(i))
    return float(min(1.0, doubt * (products[i, j] ** 2).sum() / lengths))
