"""Effects that are few programmes: singular values of the whitened table, shrunk as chance has inflated them."""

from __future__ import annotations

import numpy as np

from semimech.models.effects.noise import Noise


def shrink_rank(values: np.ndarray, noise: Noise) -> np.ndarray:
    """Low-rank estimate of effects (conditions x features).

    The table is whitened, Z = C^-1/2 X diag(v)^-1/2, so that its noise is white, its singular values are shrunk
    (`shrunk_values`), and it is brought back. C holds the noise of shared controls, which would else pass for a
    programme that all conditions have.
    """
    sizes, axes = np.linalg.eigh(noise.covariance)
    varies = noise.variance > 0
    sd = np.sqrt(noise.variance[varies])
    white = (axes / np.sqrt(sizes)) @ (axes.T @ values[:, varies]) / sd
    # By its eigenvectors, as conditions are few: left diag(kept / found) left' white.
    squares, left = np.linalg.eigh(white @ white.T)
    found = np.sqrt(np.maximum(squares, 0))
    share = np.divide(shrunk_values(found, *white.shape), found, out=np.zeros_like(found), where=found > 0)
    back = (axes * np.sqrt(sizes)) @ (axes.T @ (left * share) @ left.T)
    estimate = np.zeros_like(values)
    estimate[:, varies] = back @ white * sd
    return estimate


def shrunk_values(found: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """sqrt((y^2 - b - 1)^2 - 4 b) / y for y > 1 + sqrt(b), else 0: least squared error under white noise of sd 1.

    y are singular values in units of sqrt(longer side), b is the shorter side over the longer. Gavish and Donoho
    2017, doi:10.1109/TIT.2017.2653801.
    """
    longer = max(rows, columns)
    ratio = min(rows, columns) / longer
    y = found / np.sqrt(longer)
    inside = np.maximum((y**2 - ratio - 1) ** 2 - 4 * ratio, 0)
    kept = np.divide(np.sqrt(inside), y, out=np.zeros_like(y), where=y > 1 + np.sqrt(ratio))
    return kept * np.sqrt(longer)
