"""Sums over random draws, one draw at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

Each = Callable[[Any, Any, Any], Array]


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def sum_over_draws(function: Each, shared: Any, draws: Any, fixed: Any) -> Array:
    """sum over k of function(shared, draws[k], fixed), a number for each k, and its gradient, one k after the other.

    What is made of a draw is used up, gradient included, before the next: it stays in the cache, and memory does not
    grow with the number of draws. shared, draws (leading axis k), fixed: any trees of arrays; fixed has no gradient.
    """
    return lax.map(lambda own: function(shared, own, fixed), draws).sum(0)


def _forward(function: Each, shared: Any, draws: Any, fixed: Any) -> tuple[Array, tuple[Any, Any]]:
    def add(total: Any, own: Any) -> tuple[Any, Any]:
        value, (by_shared, by_own) = jax.value_and_grad(function, argnums=(0, 1))(shared, own, fixed)
        return jax.tree.map(jnp.add, total, (value, by_shared)), by_own

    some = jax.tree.map(lambda leaf: leaf[0], draws)
    zero = jnp.zeros((), jax.eval_shape(function, shared, some, fixed).dtype)
    (value, by_shared), by_draws = lax.scan(add, (zero, jax.tree.map(jnp.zeros_like, shared)), draws)
    return value, (by_shared, by_draws)


def _backward(function: Each, slopes: tuple[Any, Any], given: Array) -> tuple[Any, Any, None]:
    by_shared, by_draws = jax.tree.map(lambda slope: given * slope, slopes)
    return by_shared, by_draws, None


sum_over_draws.defvjp(_forward, _backward)
