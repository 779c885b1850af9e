"""The maximum of the likelihood of time courses: Levenberg-Marquardt on their samples, all or some parameters free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.flatten_util import ravel_pytree

from semimech.models.dynamics.objective import CourseObjective, Courses

DAMPING = 10.0  # by which Levenberg-Marquardt changes its damping
MOST_DAMPING = 1e8
SETTLED = 1e-6  # share of the squares by which another iteration has to lower them


class Optimum(NamedTuple):
    """x: (parameters,). jacobian: samples x moving parameters, residual: (samples,), both at x."""

    x: np.ndarray
    jacobian: np.ndarray
    residual: np.ndarray

    @property
    def squares(self) -> float:
        """Sum of the squared residuals."""
        return float(self.residual @ self.residual)


def _residual(objective: CourseObjective, x: Array, chosen: Array, parameters: Any, data: Courses) -> Array:
    """sqrt(w) (state - observed), flat; x stands in the `chosen` places of the parameters."""
    flat, restored = ravel_pytree(parameters)
    states = objective.solve(restored(flat.at[chosen].set(x)), data).states
    return jnp.where(data.weights > 0, jnp.sqrt(data.weights) * (states - data.observed), 0).ravel()


_missed = jax.jit(_residual, static_argnums=0)
_slopes = jax.jit(jax.jacfwd(_residual, argnums=1), static_argnums=0)


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """The samples of one member as a function of the parameters in the `chosen` places of the flat tree.

    The objective carries tangents; parameters and data are of one member, in double precision.
    """

    objective: CourseObjective
    chosen: Array
    parameters: Any
    data: Courses

    def missed(self, x: np.ndarray) -> np.ndarray:
        """Residuals at x (samples,)."""
        return np.asarray(_missed(self.objective, x, self.chosen, self.parameters, self.data))

    def slopes(self, x: np.ndarray) -> np.ndarray:
        """Their derivatives (samples x parameters)."""
        return np.asarray(_slopes(self.objective, x, self.chosen, self.parameters, self.data))

    def solved(self, x: np.ndarray, iterations: int, moving: np.ndarray | None = None) -> Optimum:
        """The least squares that x leads to; parameters that are not `moving` stay. Marquardt, doi:10.1137/0111030."""
        moving = np.ones(x.size, bool) if moving is None else moving
        now, damping = Optimum(x, self.slopes(x)[:, moving], self.missed(x)), 1e-3
        for _ in range(iterations):
            normal, towards = now.jacobian.T @ now.jacobian, now.jacobian.T @ now.residual
            scale = np.diag(np.maximum(np.diag(normal), 1e-12 * np.diag(normal).max()))
            before = now.squares
            while damping < MOST_DAMPING:
                trial = now.x.copy()
                trial[moving] -= np.linalg.solve(normal + damping * scale, towards)
                missed = self.missed(trial)
                if np.isfinite(missed).all() and missed @ missed < before:
                    now, damping = Optimum(trial, self.slopes(trial)[:, moving], missed), damping / DAMPING
                    break
                damping *= DAMPING
            if before - now.squares < SETTLED * before:
                break
        return now
