"""The guard that keeps the steady state unique: the fixed-point map stays a contraction."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array


def power_iteration(matrix: Array, vector: Array, steps: int = 2) -> tuple[Array, Array]:
    """Estimate the largest singular value of `matrix` (n x n) from a persistent unit `vector` (n,).

    A small constant is added at each step: at matrix = 0 the iterate J^T J v would vanish, stay zero for ever, and
    report sigma = 0 whatever the matrix becomes. Returns (sigma, the new unit vector).
    """
    # Incommensurate entries, so that the constant is orthogonal to no singular vector met in practice.
    constant = 1e-6 * (1.5 + jnp.sin(jnp.arange(1, vector.size + 1, dtype=vector.dtype)))
    for _ in range(steps):
        vector = (vector @ matrix.T) @ matrix + constant
        vector = vector / jnp.linalg.norm(vector)
    return jnp.linalg.norm(vector @ matrix.T), vector


def guard(matrix: Array, gain: Array, vector: Array, limit: float, steepest: float) -> tuple[Array, Array]:
    """The factor in (0, 1] that brings steepest * sigma_max(diag(gain) matrix) down to `limit`.

    sigma_max is estimated by two power iterations from `vector`. Returns (factor, vector for the next call).
    """
    sigma, vector = power_iteration(steepest * gain[:, None] * matrix, vector)
    return _factor(sigma, limit), vector


def guard_exactly(matrix: Array, gain: Array, limit: float, steepest: float) -> Array:
    """The same factor with sigma_max from a singular value decomposition, for the end of training."""
    return _factor(steepest * jnp.linalg.norm(gain[:, None] * matrix, 2), limit)


def _factor(sigma: Array, limit: float) -> Array:
    return jnp.minimum(1, limit / jnp.maximum(sigma, jnp.finfo(sigma.dtype).tiny))
