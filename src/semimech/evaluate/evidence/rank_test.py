"""Is a coefficient zero, where the regressors are as noisy as the response? A test by the smallest eigenvalues."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, chdtri, fdtrc, gammaln

BISECTIONS = 40
NODES, WEIGHTS = np.polynomial.legendre.leggauss(64)


@dataclass(frozen=True, eq=False)
class Roots:
    """Smallest noise-scaled squares of tables, over all of their linear combinations and over those without a column.

    least: the smallest eigenvalue of Z'Z against the noise covariance (tables,), of the combination `combination`
    (tables x columns). without: the smallest with the coefficient of a column held at 0; plane: the larger root among
    the combinations of these two only, which tells how strongly the data hold that coefficient (tables x columns).
    """

    least: np.ndarray
    without: np.ndarray
    plane: np.ndarray
    combination: np.ndarray


def smallest_roots(tables: np.ndarray, covariances: np.ndarray) -> Roots:
    """min over v of |Z v|^2 / v'Sv, and the same with v_k = 0 for each k, of each table.

    tables: Z, tables x rows x columns, rows with independent noise of the covariance S (tables x columns x columns).
    With Z'Z = sum_i lambda_i w_i w_i' in the coordinates where S is the identity, the constrained minimum is the root
    between the two smallest lambda of sum_i c_i^2 / (lambda_i - mu) = 0, c the held coordinate in terms of w_i.
    """
    inverse = np.linalg.inv(np.linalg.cholesky(covariances))
    scaled = tables @ inverse.swapaxes(1, 2)
    values, vectors = np.linalg.eigh(scaled.swapaxes(1, 2) @ scaled)
    values = np.maximum(values, 0.0)
    back = inverse.swapaxes(1, 2) @ vectors
    held = back**2
    low, high = (np.repeat(values[:, [i]], values.shape[1], axis=1) for i in (0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            above = (held / (values[:, None, :] - middle[:, :, None])).sum(2) > 0
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        without = (low + high) / 2
        shares = held / (values[:, None, :] - without[:, :, None]) ** 2  # of the held fit, on each eigenvector
        apart = 1 - shares[:, :, 0] / shares.sum(2)
    gain = without - values[:, [0]]
    plane = values[:, [0]] + np.divide(gain, apart, out=np.full_like(gain, np.inf), where=apart > 0)
    return Roots(values[:, 0], without, plane, back[:, :, 0])


def p_values(gain: np.ndarray, strength: np.ndarray, freedom: int, noise_freedom: int) -> np.ndarray:
    """P values of likelihood ratios `gain` for one coefficient, given how strongly the regressors tell it.

    Distribution: (Q1 + Q2 - r + sqrt((Q1 + Q2 + r)^2 - 4 Q2 r)) / 2 with Q1 ~ chi2(1), Q2 ~ chi2(freedom - 1) and
    r = `strength`: chi2(1) where the regressors are strong, chi2(freedom) where they tell nothing. freedom: rows less
    the other coefficients. Gains are first brought from F(1, noise_freedom) to chi2(1), for a covariance that is
    itself estimated. That is the conditional likelihood ratio of Moreira 2003 (Econometrica 71, 1027), in the integral
    of Andrews, Moreira and Stock 2007 (Journal of Econometrics 139, 116). It is exact for one source; with several,
    the others are taken at their best fit, which holds by simulation (benchmarks/edge_evidence.md).

    >>> p_values(np.array([3.841459]), np.array([1e9]), 5, 10**9).round(3)
    array([0.05])
    """
    gain = np.maximum(gain, 1e-12)
    gain = np.maximum(chdtri(1, np.maximum(fdtrc(1, noise_freedom, gain), 1e-300)), 1e-12)
    if freedom < 2:
        return chdtrc(1, gain)
    angle, weight = (NODES + 1) * np.pi / 4, WEIGHTS * np.pi / 4
    constant = np.exp(gammaln(freedom / 2) - gammaln((freedom - 1) / 2)) / np.sqrt(np.pi)
    m, r = gain[:, None], np.clip(strength, 0.0, 1e12)[:, None]
    tail = chdtrc(freedom, (r + m) / (1 + r * np.sin(angle) ** 2 / m))
    return np.clip(2 * constant * (weight * np.cos(angle) ** (freedom - 2) * tail).sum(1), 0.0, 1.0)
