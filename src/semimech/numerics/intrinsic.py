"""Cells that follow a stochastic differential equation through the phases of a protocol."""

from __future__ import annotations

from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import lineax
from jax import Array, lax

from semimech.numerics.flow import VectorField


def stochastic_end(
    drift: VectorField,
    spread: VectorField,
    start: Array,
    args: Any,
    durations: Array,
    key: Array,
    step: float,
    begin: float = 0.0,
) -> Array:
    """The state of one cell after all phases of dx = f(t, x, args) dt + g(t, x, args) dW, each node its own noise.

    Euler-Maruyama with steps of `step` hours (weak order 1, strong order 1/2), Ito. start: (nodes,). args: pytree with
    a leading axis of phases. durations: (phases,) hours; a phase of 0 h is the identity. begin: hours at which the
    first phase begins. vmap it over cells, each with its own key.

    >>> import jax.random as jr
    >>> still = lambda t, x, args: jnp.zeros_like(x)
    >>> stochastic_end(still, still, jnp.ones(2), jnp.zeros(1), jnp.ones(1), jr.key(0), 0.1).tolist()
    [1.0, 1.0]
    """
    ends = begin + jnp.cumsum(durations)
    begins = jnp.concatenate([jnp.full(1, begin, ends.dtype), ends[:-1]])

    def phase(x: Array, part: tuple[Any, Array, Array, Array]) -> tuple[Array, None]:
        phase_args, first, last, phase_key = part
        path = diffrax.UnsafeBrownianPath(x.shape, phase_key)
        terms: Any = diffrax.MultiTerm(
            diffrax.ODETerm(drift),
            diffrax.ControlTerm(lambda t, y, a: lineax.DiagonalLinearOperator(spread(t, y, a)), path),
        )
        solution = diffrax.diffeqsolve(
            terms,
            diffrax.Euler(),
            t0=first,
            t1=last,
            dt0=step,
            y0=x,
            args=phase_args,
            saveat=diffrax.SaveAt(t1=True),
            adjoint=diffrax.DirectAdjoint(),
            max_steps=None,
        )
        assert solution.ys is not None
        # A phase of no time has no step, and its end is not saved.
        return jnp.where(last > first, solution.ys[0], x), None

    keys = jax.random.split(key, durations.shape[0])
    return lax.scan(phase, start, (args, begins, ends, keys))[0]
