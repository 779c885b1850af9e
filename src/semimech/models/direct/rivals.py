"""What stands beside the do-clamp ridge: the inverse of the response table, and partial correlations of controls."""

from __future__ import annotations

import numpy as np

from semimech.data.covariance import shrunk
from semimech.data.effects import group_moments
from semimech.data.network import SCORE
from semimech.data.screen import Screen, normalise
from semimech.models.direct.clamps import Clamps
from semimech.support.errors import UserError

MOST = 2_000  # features whose partial correlations are taken: it costs their cube


def inverse(clamps: Clamps) -> dict[str, np.ndarray]:
    """Modular response analysis: B_jk = -M_kj / M_jj, M the inverse of R_ij = d_ij / d_ii among measured sources.

    Kholodenko et al. 2002, doi:10.1073/pnas.192442699. Effects on features that were not held are explained by those
    on the sources, B_j = R^-1 d_j.
    """
    rows = {int(s): int(r) for r, s in reversed(np.argwhere(clamps.held & (clamps.held.sum(1, keepdims=True) == 1)))}
    used = np.array([k for k, column in enumerate(clamps.columns) if column >= 0 and k in rows], int)
    if len(used) < 2:
        raise UserError("The inverse of a response table needs two genes that are measured, each perturbed alone.")
    at, columns = np.array([rows[int(k)] for k in used]), clamps.columns[used]
    level = clamps.levels[at, used]
    response = clamps.values[at] / level[:, None]
    response[np.arange(len(used)), columns] = 1.0
    table = np.linalg.pinv(response[:, columns])
    weight = np.zeros((clamps.values.shape[1], len(clamps.sources)))
    weight[:, used] = (table @ response).T
    own = np.diag(table)
    weight[np.ix_(columns, used)] = -np.divide(table, own, out=np.zeros_like(table), where=own != 0).T
    weight[columns, used] = 0
    return {"weight": weight, SCORE: np.abs(weight)}


def partial_correlation(screen: Screen, rows: np.ndarray, clamps: Clamps) -> dict[str, np.ndarray]:
    """-P_jk / sqrt(P_jj P_kk), P the inverse of the shrunken covariance of control rows within batches.

    Among the `MOST` most variable features and the sources; it has no direction. Schaefer and Strimmer 2005,
    doi:10.2202/1544-6115.1175.
    """
    controls = np.sort(rows[screen.is_control[rows]])
    batches = screen.batches
    centre, _, sizes = group_moments(screen, controls, batches, int(batches.max()) + 1)
    freedom = int(np.maximum(sizes - 1, 0).sum())
    if freedom < 3:
        raise UserError("Partial correlations need at least four control rows in a batch: choose another method.")
    measured = clamps.columns[clamps.columns >= 0]
    columns = _chosen(screen, controls, measured)
    scatter = np.zeros((len(columns), len(columns)))
    for numbers, block in screen.blocks(controls):
        left = (normalise(block, screen.scale).astype(np.float64) - centre[batches[numbers]])[:, columns]
        scatter += left.T @ left
    precision = np.linalg.pinv(shrunk(scatter / freedom, freedom), hermitian=True)
    size = np.sqrt(np.diag(precision))
    correlation = -precision / np.outer(size, size)
    weight = np.zeros((screen.shape[1], len(clamps.sources)))
    place = {int(j): i for i, j in enumerate(columns)}
    for k, column in enumerate(clamps.columns):
        if column >= 0:
            weight[columns, k] = correlation[place[int(column)]]
    return {"weight": weight, SCORE: np.abs(weight)}


def _chosen(screen: Screen, controls: np.ndarray, measured: np.ndarray) -> np.ndarray:
    if screen.shape[1] <= MOST:
        return np.arange(screen.shape[1])
    _, variance, _ = group_moments(screen, controls, np.zeros(screen.shape[0], int), 1)
    return np.union1d(np.argsort(-variance[0], kind="stable")[:MOST], measured)
