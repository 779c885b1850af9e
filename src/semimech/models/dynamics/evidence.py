"""How sure each edge is: the curvature of the likelihood at its maximum, tests and q-values, and what is identified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.flatten_util import ravel_pytree
from scipy import stats

from semimech.models.dynamics.objective import CourseObjective, Courses

DAMPING = 10.0  # by which Levenberg-Marquardt changes its damping
TOLD = 1e-9  # of the largest singular value: directions below it are told by no sample


@dataclass(frozen=True, eq=False)
class Evidence:
    """Maximum-likelihood estimates and their spread, for the parameters that were free.

    estimate, error: trees of the parameters; error is the standard error, infinite where the data do not tell, and NaN
    where the parameter was held. sigma: sd of the noise. freedom: samples less free parameters.
    """

    estimate: Any
    error: Any
    sigma: float
    freedom: int

    def tests(self, name: str = "weights") -> tuple[np.ndarray, np.ndarray]:
        """(p, q) of 'this parameter is 0': two-sided t, and Benjamini-Hochberg over the free ones; NaN where held."""
        estimate, error = (np.asarray(getattr(part, name), float) for part in (self.estimate, self.error))
        p = np.full(estimate.shape, np.nan)
        free = ~np.isnan(error)
        p[free] = 2 * stats.t.sf(np.abs(estimate[free]) / error[free], max(self.freedom, 1))
        q = p.copy()
        q[free] = stats.false_discovery_control(p[free]) if free.any() else p[free]
        return p, q


def evidence(objective: CourseObjective, parameters: Any, data: Courses, free: Any, iterations: int = 30) -> Evidence:
    """Go on to the maximum of the likelihood by Levenberg-Marquardt, without penalty, and measure its curvature there.

    parameters, data: of one member. free: tree of the parameters, True for what is fitted. cov = sigma^2 (J^T J)^-1, J
    the derivatives of the samples, sigma^2 = SSE / (samples - free parameters). In double precision. Penalised
    estimates are pulled to zero and have no such test. Marquardt 1963, doi:10.1137/0111030.
    """
    objective = objective.carrying_tangents()
    with jax.enable_x64(True):
        wide = jax.tree.map(_doubled, parameters)
        courses = jax.tree.map(_doubled, data)
        flat, restored = ravel_pytree(wide)
        chosen = jnp.flatnonzero(ravel_pytree(free)[0])
        problem = _Problem(objective, chosen, wide, courses)
        x, jacobian, residual = problem.least_squares(np.asarray(flat[chosen]), iterations)
        freedom = int((np.asarray(courses.weights) > 0).sum()) - x.size
        sigma2 = float(residual @ residual) / max(freedom, 1)
        error = jnp.full(flat.shape, jnp.nan).at[chosen].set(np.sqrt(sigma2 * inverse_diagonal(jacobian)))
        estimate, errors = (jax.tree.map(np.asarray, restored(part)) for part in (flat.at[chosen].set(x), error))
        return Evidence(estimate, errors, sigma2**0.5, freedom)


def _doubled(leaf: Array) -> Array:
    return leaf if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) else jnp.asarray(leaf, jnp.float64)


def _residual(objective: CourseObjective, x: Array, chosen: Array, parameters: Any, data: Courses) -> Array:
    """sqrt(w) (state - observed), flat; x stands in the `chosen` places of the parameters."""
    flat, restored = ravel_pytree(parameters)
    states = objective.solve(restored(flat.at[chosen].set(x)), data).states
    return jnp.where(data.weights > 0, jnp.sqrt(data.weights) * (states - data.observed), 0).ravel()


_missed = jax.jit(_residual, static_argnums=0)
_slopes = jax.jit(jax.jacfwd(_residual, argnums=1), static_argnums=0)


@dataclass(frozen=True, eq=False)
class _Problem:
    objective: CourseObjective
    chosen: Array
    parameters: Any
    data: Courses

    def missed(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(_missed(self.objective, x, self.chosen, self.parameters, self.data))

    def slopes(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(_slopes(self.objective, x, self.chosen, self.parameters, self.data))

    def least_squares(self, x: np.ndarray, iterations: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(x, Jacobian, residual) at the least squares that x leads to."""
        residual, jacobian, damping = self.missed(x), self.slopes(x), 1e-3
        for _ in range(iterations):
            normal, towards = jacobian.T @ jacobian, jacobian.T @ residual
            scale = np.diag(np.maximum(np.diag(normal), 1e-12 * np.diag(normal).max()))
            before = after = residual @ residual
            while damping < 1e8:
                step = np.linalg.solve(normal + damping * scale, -towards)
                trial = self.missed(x + step)
                if np.isfinite(trial).all() and trial @ trial < before:
                    x, residual, after = x + step, trial, trial @ trial
                    jacobian, damping = self.slopes(x), damping / DAMPING
                    break
                damping *= DAMPING
            if before - after < 1e-6 * before:
                break
        return x, jacobian, residual


def inverse_diagonal(jacobian: np.ndarray) -> np.ndarray:
    """diag((J^T J)^-1); infinite for parameters that lie in directions which no sample depends on."""
    _, sizes, directions = np.linalg.svd(jacobian, full_matrices=False)
    told = sizes > sizes.max() * TOLD
    diagonal = ((directions[told] / sizes[told, None]) ** 2).sum(0)
    silent = 1 - (directions[told] ** 2).sum(0)
    return np.where(silent > 1e-6, np.inf, diagonal)
