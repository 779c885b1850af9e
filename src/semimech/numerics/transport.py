"""Distances between two samples of cells that are not paired: energy distance and Sinkhorn divergence."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax

TINY = 1e-12  # keeps the slope of a distance finite at 0


def energy_distance(x: Array, y: Array, kept: Array) -> Array:
    """2 E|x - y| - E|x - x'| - E|y - y'| over pairs of different cells, unbiased, so it may fall below 0.

    x: cells x features; y: cells x features, with `kept` 1 for the cells that count, else 0 (at least two of each).
    Szekely and Rizzo 2013, doi:10.1016/j.jspi.2013.03.018.
    """
    n, m = x.shape[0], kept.sum()
    between = (_distances(x, y) * kept[None, :]).sum() / (n * m)
    within_x = _distances(x, x).sum() / (n * (n - 1))
    within_y = (_distances(y, y) * kept[:, None] * kept[None, :]).sum() / (m * (m - 1))
    return 2 * between - within_x - within_y


def sinkhorn_divergence(x: Array, y: Array, kept: Array, blur: float = 0.1, iterations: int = 50) -> Array:
    """OT(x, y) - (OT(x, x) + OT(y, y)) / 2 with cost |x - y|^2 / 2 and entropy of strength blur^2; at least 0.

    x, y, kept as in `energy_distance`. The gradient is that of the dual value with its potentials held fixed, exact
    where the iterations have converged. Feydy et al. 2019, arXiv:1810.08278.
    """
    even = jnp.full(x.shape[0], 1 / x.shape[0], x.dtype)
    share = kept / kept.sum()
    both = _transport(x, y, even, share, blur, iterations)
    return (
        both - (_transport(x, x, even, even, blur, iterations) + _transport(y, y, share, share, blur, iterations)) / 2
    )


def _transport(x: Array, y: Array, a: Array, b: Array, blur: float, iterations: int) -> Array:
    """The entropic cost of moving the masses a at x to b at y."""
    epsilon = blur**2
    cost = _squares(x, y) / 2
    log_a, log_b = (jnp.log(jnp.maximum(mass, 1e-30)) for mass in (a, b))
    still = lax.stop_gradient(cost)

    def step(potentials: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], None]:
        f, g = potentials
        # Half steps of both at once keep OT(x, x) symmetric.
        new_f = -epsilon * jax.nn.logsumexp((g[None, :] - still) / epsilon + log_b[None, :], 1)
        new_g = -epsilon * jax.nn.logsumexp((f[:, None] - still) / epsilon + log_a[:, None], 0)
        return ((f + new_f) / 2, (g + new_g) / 2), None

    (f, g), _ = lax.scan(step, (jnp.zeros_like(a), jnp.zeros_like(b)), None, length=iterations)
    plan = jnp.exp((f[:, None] + g[None, :] - cost) / epsilon + log_a[:, None] + log_b[None, :])
    return a @ f + b @ g - epsilon * (plan.sum() - 1)


def _squares(x: Array, y: Array) -> Array:
    return ((x[:, None, :] - y[None, :, :]) ** 2).sum(-1)


def _distances(x: Array, y: Array) -> Array:
    return jnp.sqrt(_squares(x, y) + TINY)
