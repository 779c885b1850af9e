"""The edges into one node: which of them the conditions can tell apart, and which of them are zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri

from semimech.evaluate.evidence.rank_test import p_values, smallest_roots

LEVEL = 0.05  # of the test that a combination of regressors is more than noise
TIED = 0.05  # share in a combination that cannot be told, above which a coefficient cannot be told either
BENDS = (
    0.0,
    0.2,
    0.3,
    0.4,
    0.5,
    0.6,
    0.7,
    0.8,
    0.88,
    0.95,
)  # largest |y| / s tried for the saturation s of a node; 0: none
BEND_SD = 0.25  # of the prior of the bend, without which noise passes for saturation


@dataclass(frozen=True, eq=False)
class Row:
    """Edges into one node: told apart or not; weight, P value and standard error (NaN if not), (sources,) each.

    independent: how many sources can be told apart at all.
    """

    told: np.ndarray
    weight: np.ndarray
    p_value: np.ndarray
    error: np.ndarray
    independent: int


def edges_into(
    response: np.ndarray, regressors: np.ndarray, between: np.ndarray, within: np.ndarray, noise_freedom: int
) -> Row:
    """Test each coefficient of s atanh(y / s) = X b, with y and X measured with noise.

    response: y (conditions,); regressors: X (conditions x sources); between: covariance of the noise between
    conditions; within: that among response and regressors (1 + sources, square). The saturation s is a further unknown,
    minimised over with b and again without each coefficient, at a penalty (bend / BEND_SD)^2; bend 0 is the linear law.
    """
    n, size = regressors.shape
    if n < size or not size:
        return nothing_told(size, n)
    whiten = np.linalg.inv(np.linalg.cholesky(between))
    kept, told = told_apart(whiten @ regressors, within[1:, 1:])
    columns = np.flatnonzero(kept)
    if not columns.size:
        return nothing_told(size, 0)
    chosen = np.r_[0, 1 + columns]
    tables, covariances = _bent(response, regressors[:, columns], within[np.ix_(chosen, chosen)])
    fits = smallest_roots(whiten @ tables, covariances)
    penalties = (np.array(BENDS) / BEND_SD) ** 2
    best = int(np.argmin(fits.least + penalties))
    held = (fits.without + penalties[:, None]).min(0) - penalties[best]
    gain = np.maximum(held - fits.least[best], 0.0)[1:]
    found = np.full((3, size), np.nan)
    found[0, columns] = -fits.combination[best, 1:] / fits.combination[best, 0]
    found[1, columns] = p_values(gain, fits.plane[best, 1:] - gain, n - len(columns) + 1, noise_freedom)
    found[2, columns] = np.abs(found[0, columns]) / np.sqrt(np.maximum(gain, 1e-12))
    weight, p_value, error = np.where(told, found, np.nan)
    return Row(told, weight, p_value, error, len(columns))


def nothing_told(size: int, independent: int) -> Row:
    """A row with no weight told apart, of which that many could be."""
    unknown = np.full(size, np.nan)
    return Row(np.zeros(size, bool), unknown, unknown, unknown, independent)


def told_apart(table: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(kept, told) of the columns of a table whose rows have independent noise.

    While some combination v of the columns is no more than noise, |Z v|^2 / v'Sv below chi2(rows - columns + 1), the
    column with the largest share in it is dropped, and every column with a share in it cannot be told. kept: columns
    that remain as regressors, with the same span; told: those of them whose coefficient has one value.
    """
    n = len(table)
    kept, told = np.ones((2, table.shape[1]), bool)
    swing = np.sqrt((table**2).mean(0))
    while kept.any():
        columns = np.flatnonzero(kept)
        inverse = np.linalg.inv(np.linalg.cholesky(covariance[np.ix_(columns, columns)]))
        scaled = table[:, columns] @ inverse.T
        values, vectors = np.linalg.eigh(scaled.T @ scaled)
        limits = chdtri(np.maximum(n - len(columns) + 1 + np.arange(len(columns)), 1), LEVEL)
        lost = int(np.argmin(np.append(values <= limits, False)))
        if not lost:
            break
        shares, _ = np.linalg.qr(swing[columns, None] * (inverse.T @ vectors[:, :lost]))
        leverage = np.sqrt((shares**2).sum(1))
        told[columns[leverage > TIED]] = False
        kept[columns[np.argmax(leverage)]] = False
    return kept, told & kept


def _bent(response: np.ndarray, regressors: np.ndarray, within: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tables [y, X] straightened by each saturation, with the mean covariance of their noise.

    With f = 1 - (y / s)^2, the slope at y, rows f [s atanh(y / s), X] keep the noise of y as it is.
    """
    reach = response * np.array(BENDS)[:, None] / max(np.abs(response).max(), 1e-300)
    slope = 1 - reach**2
    straight = np.divide(np.arctanh(reach), reach, out=np.ones_like(reach), where=reach != 0) * response
    tables = np.empty((len(BENDS), len(response), len(within)))
    tables[:, :, 0] = slope * straight
    tables[:, :, 1:] = slope[:, :, None] * regressors
    covariances = np.repeat(within[None], len(BENDS), axis=0)
    covariances[:, 0, 1:] *= slope.mean(1, keepdims=True)
    covariances[:, 1:, 0] *= slope.mean(1, keepdims=True)
    covariances[:, 1:, 1:] *= (slope**2).mean(1)[:, None, None]
    return tables, covariances
