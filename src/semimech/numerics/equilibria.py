"""Equilibria of vector fields: from many starts, under clamps, and whether they attract."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from semimech.numerics.flow import VectorField, commutator
from semimech.numerics.integrate import branches, settle

NEWTON_STEPS = 3


class Equilibria(NamedTuple):
    """The distinct attracting equilibria that were reached (found x nodes), and what became of each start.

    leading: the largest real part of an eigenvalue of the free nodes' Jacobian (found,), negative where the equilibrium
    attracts. reached: for each start the number of its equilibrium, -1 where it did not come to rest (starts,).
    """

    values: np.ndarray
    leading: np.ndarray
    reached: np.ndarray

    @property
    def is_unique(self) -> bool:
        """Every start came to rest in one and the same equilibrium, and it attracts."""
        return len(self.values) == 1 and bool((self.reached == 0).all()) and bool((self.leading < 0).all())


def clamped(vector_field: VectorField, held: Array) -> VectorField:
    """The field with the nodes of `held` (nodes,; 1 or 0) standing still where they start: the do-operator."""
    return lambda t, x, args: jnp.where(held > 0, 0.0, vector_field(t, x, args)).astype(x.dtype)


def equilibria(
    vector_field: VectorField,
    args: Any,
    starts: Array,
    held: Array | None = None,
    *,
    until: float = 200.0,
    tolerance: float = 1e-5,
) -> Equilibria:
    """Integrate dx/dt = f(0, x, args) from each start (starts x nodes) until it rests, and polish by Newton's method.

    held: nodes that are clamped at their value in the starts (nodes,). until: time by which a start must rest. Only
    attracting equilibria are reached so; one that no start leads to is not found. The field must be hashable: each
    field and shape is compiled once.
    """
    held = jnp.zeros(starts.shape[1], starts.dtype) if held is None else held
    ends, converged, jacobians = (
        np.asarray(part) for part in _rested(vector_field, until, tolerance, args, starts, held)
    )
    rested = converged & np.isfinite(ends).all(1)
    reached = np.full(len(ends), -1)
    reached[rested] = branches(ends[rested][:, None])[:, 0]
    first = [int(np.flatnonzero(reached == number)[0]) for number in range(reached.max(initial=-1) + 1)]
    free = np.flatnonzero(np.asarray(held) == 0)
    leading = [np.linalg.eigvals(one[np.ix_(free, free)]).real.max(initial=-np.inf) for one in jacobians[first]]
    return Equilibria(ends[first], np.array(leading), reached)


@partial(jax.jit, static_argnums=(0, 1, 2))
def _rested(
    vector_field: VectorField, until: float, tolerance: float, args: Any, starts: Array, held: Array
) -> tuple[Array, Array, Array]:
    """Where each start ends, whether it rests there, and the Jacobian there (starts x nodes x nodes)."""
    field = clamped(vector_field, held)

    def rate(x: Array) -> Array:
        return field(0.0, x, args)

    settled = settle(jax.vmap(rate), starts, until, tolerance).values
    ends = jax.vmap(lambda x: _polished(rate, x, held == 0))(settled)
    # An explicit solver keeps a stiff system trembling about its rest; Newton's steps from a cycle lead far away.
    near = jnp.max(jnp.abs(ends - settled), 1) <= tolerance**0.5 * (1 + jnp.max(jnp.abs(ends), 1))
    still = jnp.max(jnp.abs(jax.vmap(rate)(ends)), 1) <= tolerance * (1 + jnp.max(jnp.abs(ends), 1))
    return ends, near & still, jax.vmap(jax.jacfwd(rate))(ends)


def _polished(rate: Callable[[Array], Array], end: Array, free: Array) -> Array:
    """A few Newton steps on the free nodes; a step that does not bring f nearer to zero is not taken."""

    def step(x: Array, _: None) -> tuple[Array, None]:
        jacobian = jnp.where(free[:, None], jax.jacfwd(rate)(x), jnp.eye(x.shape[0], dtype=x.dtype))
        proposal = x - jnp.linalg.solve(jacobian, rate(x))
        nearer = jnp.max(jnp.abs(rate(proposal))) < jnp.max(jnp.abs(rate(x)))
        return jnp.where(nearer, proposal, x), None

    return jax.lax.scan(step, end, None, length=NEWTON_STEPS)[0]


def commutator_norm(vector_field: VectorField, first: Any, second: Any, states: Array) -> Array:
    """How far two conditions are from commuting: 0 where they do, at most 1 (scalar).

    sum |[A, B](x)| / sum (|DB A| + |DA B|) over the states (states x nodes), A = f(0, ., first), B = f(0, ., second).
    """
    a, b = (lambda t, x, _, args=args: vector_field(t, x, args) for args in (first, second))

    def parts(x: Array) -> tuple[Array, Array]:
        forward = jax.jvp(lambda y: b(0.0, y, None), (x,), (a(0.0, x, None),))[1]
        backward = jax.jvp(lambda y: a(0.0, y, None), (x,), (b(0.0, x, None),))[1]
        return jnp.linalg.norm(commutator(a, b, x)), jnp.linalg.norm(forward) + jnp.linalg.norm(backward)

    bracket, whole = jax.vmap(parts)(states)
    return jnp.sum(bracket) / jnp.maximum(jnp.sum(whole), jnp.finfo(states.dtype).tiny)
