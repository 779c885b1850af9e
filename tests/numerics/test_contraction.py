"""The guard against singular values from LAPACK, and that it cannot be silently off."""

import jax.numpy as jnp
import numpy as np
import pytest

from semimech.numerics.contraction import guard, guard_exactly, power_iteration


def start(n: int) -> jnp.ndarray:
    return jnp.full(n, n**-0.5, jnp.float32)


def test_power_iteration_finds_the_largest_singular_value() -> None:
    matrix = np.random.default_rng(0).normal(size=(30, 30)).astype(np.float32)
    sigma, vector = power_iteration(jnp.asarray(matrix), start(30), steps=200)
    assert float(sigma) == pytest.approx(np.linalg.norm(matrix, 2), rel=1e-4)
    assert float(jnp.linalg.norm(vector)) == pytest.approx(1, rel=1e-5)


def test_guard_is_not_silently_off_after_zero_weights() -> None:
    n = 20
    vector, gain = start(n), jnp.ones(n, jnp.float32)
    for _ in range(50):
        factor, vector = guard(jnp.zeros((n, n), jnp.float32), gain, vector, 0.9, 1.0)
        assert float(factor) == 1
    assert float(jnp.linalg.norm(vector)) == pytest.approx(1, rel=1e-5)
    weights = 5 * np.random.default_rng(1).normal(size=(n, n)).astype(np.float32)
    for _ in range(20):
        factor, vector = guard(jnp.asarray(weights), gain, vector, 0.9, 1.0)
        weights = weights * float(factor)
    assert np.linalg.norm(weights, 2) <= 0.9 * 1.01


def test_guard_sees_a_direction_that_the_vector_does_not_have() -> None:
    # The start is exactly orthogonal to the only singular vector of the matrix.
    left = np.array([1.0, -1.0, 0.0, 0.0]) / np.sqrt(2)
    matrix = jnp.asarray(8 * np.outer(left, left), jnp.float32)
    vector = start(4)
    for _ in range(6):
        factor, vector = guard(matrix, jnp.ones(4, jnp.float32), vector, 0.9, 1.0)
    assert float(factor) == pytest.approx(0.9 / 8, rel=1e-3)


@pytest.mark.parametrize("steepest", [1.0, 2.0])
def test_exact_guard(steepest: float) -> None:
    random = np.random.default_rng(2)
    weights, gain = random.normal(size=(9, 9)).astype(np.float32), random.uniform(1, 2, 9).astype(np.float32)
    factor = float(guard_exactly(jnp.asarray(weights), jnp.asarray(gain), 0.9, steepest))
    assert steepest * np.linalg.norm(gain[:, None] * weights * factor, 2) == pytest.approx(0.9, rel=1e-4)
    assert float(guard_exactly(jnp.asarray(weights) * 1e-3, jnp.asarray(gain), 0.9, steepest)) == 1
