"""The do-clamp ridge: which sources act on a feature directly, with errors that know of noise in the regressors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from semimech.models.direct.clamps import Clamps
from semimech.models.direct.denoised import posterior
from semimech.models.direct.solved import Solved

LIKELY = 3.0  # |z| and |t| from which an edge counts when the fit of the others is looked at
CARRIED = 4.0  # times the variance of an effect that must have come through others for its misfit to be seen
FEWEST = 20  # such effects


@dataclass(frozen=True, eq=False)
class Direct:
    """weight, error: of source -> feature (features x sources), NaN where the design does not tell it.

    misfit: by how much, as a share, what reaches a feature through others differs from what the weights say.
    """

    weight: np.ndarray
    error: np.ndarray
    misfit: float

    @property
    def t(self) -> np.ndarray:
        """Weight over error, 0 where it is not told (features x sources)."""
        told = np.isfinite(self.error) & (self.error > 0)
        return np.divide(self.weight, self.error, out=np.zeros_like(self.weight), where=told)


def do_clamp_ridge(clamps: Clamps, ridge: float) -> Direct:
    """Regress each feature j on the sources, over the conditions that leave j free.

    d_ij = sum_{k != j} x_ik B_jk, x_ik the level at which source k is held in condition i, else its own effect there,
    denoised. B = A^-1 X'd, A = X'X + ridge * mean eigenvalue; with H = A^-1 X' and r = d - X B, errors s_i of d and
    s_im of X give var B_k = sum_i H_ki^2 s_i^2 + sum_im (A^-1_km r_i - H_ki B_m)^2 s_im^2. Then once more with
    rho^2 sum_m (B_jm x_im)^2 added to s_i^2, m free in i: no law is linear, and what comes through others is only as
    good as that; rho is estimated from it. Do-operator: Pearl 2009, doi:10.1017/CBO9780511803161.
    """
    levels, errors, passed = _regressors(clamps)
    variance = clamps.errors**2
    found = Direct(*_fitted(clamps, levels, errors, variance, ridge), 0.0)
    misfit, carried = _misfit(clamps, found, passed, variance)
    if not misfit:
        return found
    return Direct(*_fitted(clamps, levels, errors, variance + misfit**2 * carried, ridge), misfit)


def _regressors(clamps: Clamps) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(X, its errors, X where the sources are free), all conditions x sources."""
    measured, free = clamps.columns >= 0, ~clamps.held
    passed, errors = np.zeros_like(clamps.levels), np.zeros_like(clamps.levels)
    columns = clamps.columns[measured]
    known = free & measured & _varies(clamps)
    mean, sd = posterior(*(table[:, columns][known[:, measured]] for table in (clamps.values, clamps.errors)))
    passed[known], errors[known] = mean, sd
    return np.where(free, passed, clamps.levels), errors, passed


def _varies(clamps: Clamps) -> np.ndarray:
    """Where the effect on a source has an error (conditions x sources)."""
    return np.asarray(clamps.errors[:, clamps.columns] > 0)


def _fitted(
    clamps: Clamps, levels: np.ndarray, errors: np.ndarray, variance: np.ndarray, ridge: float
) -> tuple[np.ndarray, np.ndarray]:
    """Weights and their errors (features x sources)."""
    weight, error = np.full((2, clamps.values.shape[1], len(clamps.sources)), np.nan)
    whole = Solved.of(levels, errors**2, ridge)
    own, source = clamps.own, {int(j): k for k, j in enumerate(clamps.columns) if j >= 0}
    touched = own.any(0)
    groups = [np.array([j]) for j in np.flatnonzero(touched)]
    for features in [*groups, np.flatnonzero(~touched)] if not touched.all() else groups:
        left_out = np.flatnonzero(own[:, features[0]])
        part = whole.without(left_out, source[int(features[0])]) if len(left_out) else whole
        told = clamps.held[~own[:, features[0]]].any(0)
        told[source.get(int(features[0]), [])] = False
        b, squared = part.weights(clamps.values[:, features], variance[:, features])
        weight[features], error[features] = np.where(told[:, None], [b, np.sqrt(squared)], np.nan).transpose(0, 2, 1)
    return weight, error


def _misfit(clamps: Clamps, found: Direct, passed: np.ndarray, variance: np.ndarray) -> tuple[float, np.ndarray]:
    """(rho, sum_m (B_jm x_im)^2 over the sources m that are free in condition i, conditions x features).

    Robust: rho^2 is the median of ((d - sum_m B_jm x_im)^2 / .455 - s^2) / sum_m (B_jm x_im)^2 where most of an effect
    must have come through others, so that direct effects, which are few, do not count. Only likely edges carry.
    """
    z = clamps.z
    alone = clamps.held & (clamps.held.sum(1, keepdims=True) == 1)
    seen = np.zeros_like(found.weight)
    for row, source in zip(*np.nonzero(alone), strict=True):
        seen[:, source] = np.maximum(seen[:, source], np.abs(z[row]))
    weight = np.where((np.abs(found.t) > LIKELY) & (seen > LIKELY), np.nan_to_num(found.weight), 0.0)
    carried: np.ndarray = passed**2 @ weight.T**2
    shown = ~clamps.own & (variance > 0) & (carried > CARRIED * variance)
    if shown.sum() < FEWEST:
        return 0.0, carried
    left = (clamps.values - passed @ weight.T)[shown] ** 2
    squared = np.median((left / 0.455 - variance[shown]) / carried[shown])
    return float(np.sqrt(max(squared, 0.0))), carried
