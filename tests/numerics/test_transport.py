"""Energy distance against a loop, Sinkhorn divergence against plain scaling, gradients against differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from semimech.numerics.transport import energy_distance, sinkhorn_divergence


def samples() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.normal(size=(6, 2)), random.normal(size=(8, 2)) + 1, np.array([1.0] * 6 + [0.0] * 2)


def test_energy_distance_is_that_of_all_pairs() -> None:
    x, y, kept = samples()

    def mean(a: np.ndarray, b: np.ndarray, same: bool) -> float:
        found = [np.linalg.norm(p - q) for i, p in enumerate(a) for j, q in enumerate(b) if not (same and i == j)]
        return float(np.mean(found))

    expected = 2 * mean(x, y[:6], False) - mean(x, x, True) - mean(y[:6], y[:6], True)
    with jax.enable_x64(True):
        assert float(energy_distance(*map(jnp.asarray, (x, y, kept)))) == pytest.approx(expected, abs=1e-5)


def plain_sinkhorn(x: np.ndarray, y: np.ndarray, epsilon: float) -> float:
    """<P, C> + epsilon KL(P | a b) by scaling rows and columns in turn."""
    cost = ((x[:, None] - y[None]) ** 2).sum(-1) / 2
    a, b = (np.full(len(part), 1 / len(part)) for part in (x, y))
    kernel, u, v = np.exp(-cost / epsilon), np.ones(len(x)), np.ones(len(y))
    for _ in range(3000):
        u, v = 1 / (kernel @ (v * b)), 1 / (kernel.T @ (u * a))
        v = 1 / (kernel.T @ (u * a))
    plan = u[:, None] * kernel * v * np.outer(a, b)
    return float((plan * cost).sum() + epsilon * (plan * np.log(plan / np.outer(a, b))).sum())


def test_sinkhorn_divergence_is_that_of_plain_scaling() -> None:
    x, y, kept = samples()
    between, within_x, within_y = (plain_sinkhorn(*pair, 0.25) for pair in ((x, y[:6]), (x, x), (y[:6], y[:6])))
    with jax.enable_x64(True):
        found = sinkhorn_divergence(*map(jnp.asarray, (x, y, kept)), blur=0.5, iterations=500)
        assert float(found) == pytest.approx(between - (within_x + within_y) / 2, rel=1e-5)
        assert float(sinkhorn_divergence(*map(jnp.asarray, (x, x, np.ones(6))))) == pytest.approx(0, abs=1e-9)


def test_gradients_agree_with_differences() -> None:
    x, y, kept = samples()
    with jax.enable_x64(True):
        parts = [jnp.asarray(part) for part in (x, y, kept)]
        for distance in (energy_distance, lambda x, y, kept: sinkhorn_divergence(x, y, kept, 0.5, 300)):
            gradient = np.asarray(jax.grad(distance)(*parts))
            step = np.zeros_like(x)
            step[2, 1] = 1e-5
            slope = (float(distance(x + step, *parts[1:])) - float(distance(x - step, *parts[1:]))) / 2e-5
            assert gradient[2, 1] == pytest.approx(slope, rel=1e-4)
