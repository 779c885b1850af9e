"""Flows of vector fields, composed phase by phase: the prediction of a protocol.

F^{t+s} = F^t o F^s under constant conditions and F^0 = identity; flows under different conditions do not commute, to
second order by s t [A, B]. After Kovacevic et al. 2025, arXiv:2501.19178.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import diffrax
import jax
import jax.numpy as jnp
from jax import Array, lax

# dx/dt = f(t, x, args); x and args are any pytrees of arrays, t is hours since the protocol began.
VectorField = Callable[[Any, Any, Any], Any]


@dataclass(frozen=True)
class Integration:
    """How to integrate: any diffrax solver and adjoint, tolerances relative and absolute, steps for each phase."""

    solver: diffrax.AbstractSolver = field(default_factory=diffrax.Tsit5)
    rtol: float = 1e-5
    atol: float = 1e-6
    max_steps: int = 4096
    adjoint: diffrax.AbstractAdjoint = field(default_factory=diffrax.RecursiveCheckpointAdjoint)


class Course(NamedTuple):
    """States at the times asked for (times x the shape of x), NaN where the solver failed or a time is outside.

    end: the state at the end of the last phase. solved: all phases were integrated. steps: solver steps, all phases.
    """

    states: Any
    end: Any
    solved: Array
    steps: Array


def flow(
    vector_field: VectorField,
    start: Any,
    args: Any,
    durations: Array,
    times: Array,
    how: Integration | None = None,
) -> Course:
    """Compose the flows of phases: each is solved from where the last one ended, with its own entry of `args`.

    args: pytree of arrays with a leading axis of phases, the conditions of each phase. durations: (phases,) hours; a
    phase of 0 h is the identity, so that protocols of different length share one shape and one `vmap`. times: hours
    since the beginning, ascending (times,); a time where two phases meet belongs to both. Every phase is traced once.

    >>> decay = lambda t, x, rate: -rate * x
    >>> course = flow(decay, jnp.ones(1), jnp.array([1.0, 0.0]), jnp.array([2.0, 3.0]), jnp.array([0.0, 2.0, 5.0]))
    >>> [round(float(x), 3) for x in course.states[:, 0]]
    [1.0, 0.135, 0.135]
    """
    how = how or Integration()
    ends = jnp.cumsum(durations)
    begins = jnp.concatenate([jnp.zeros(1, ends.dtype), ends[:-1]])

    def phase(carry: tuple[Any, Any, Array, Array], part: tuple[Any, Array, Array]) -> tuple[Any, None]:
        x, states, solved, steps = carry
        phase_args, begin, end = part
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(vector_field),
            how.solver,
            t0=begin,
            t1=end,
            dt0=None,
            y0=x,
            args=phase_args,
            # Times of other phases are saved at this one's ends, and not used.
            saveat=diffrax.SaveAt(subs=[diffrax.SubSaveAt(ts=jnp.clip(times, begin, end)), diffrax.SubSaveAt(t1=True)]),
            stepsize_controller=diffrax.PIDController(rtol=how.rtol, atol=how.atol),
            adjoint=how.adjoint,
            max_steps=how.max_steps,
            throw=False,
        )
        assert solution.ys is not None
        saved, last = solution.ys
        done = solved & (solution.result == diffrax.RESULTS.successful)
        here = (times >= begin) & (times <= end) & done
        states = jax.tree.map(lambda new, old: jnp.where(_along(here, new), new, old), saved, states)
        # What follows a failure is not used, but must start from numbers.
        x = jax.tree.map(lambda new, old: jnp.where(done, new[0], old), last, x)
        return (x, states, done, steps + solution.stats["num_steps"]), None

    unknown = jax.tree.map(lambda leaf: jnp.full((times.shape[0], *leaf.shape), jnp.nan, leaf.dtype), start)
    carry = (start, unknown, jnp.ones((), bool), jnp.zeros((), jnp.int32))
    (end, states, solved, steps), _ = lax.scan(phase, carry, (args, begins, ends))
    end = jax.tree.map(lambda leaf: jnp.where(solved, leaf, jnp.nan), end)
    return Course(states, end, solved, steps)


def _along(mask: Array, values: Array) -> Array:
    """The mask over the first axis, with as many axes as the values."""
    return mask.reshape(mask.shape + (1,) * (values.ndim - 1))


def with_growth(vector_field: VectorField, growth: VectorField) -> VectorField:
    """The field of (x, log w): dx/dt = f(t, x, args), d log w/dt = g(t, x, args), the net growth rate per hour.

    A population is then the weighted cells: a mean over it is sum_i w_i x_i / sum_i w_i.
    """

    def both(t: Any, state: tuple[Any, Any], args: Any) -> tuple[Any, Any]:
        x, _ = state
        return vector_field(t, x, args), growth(t, x, args)

    return both


def weighted_mean(states: Array, log_weights: Array) -> Array:
    """Mean over a population of cells (..., cells, features) with log weights (..., cells)."""
    weights = jax.nn.softmax(log_weights, -1)
    return jnp.sum(weights[..., None] * states, -2)


def commutator(first: VectorField, second: VectorField, x: Array) -> Array:
    """[A, B](x) = DB(x) A(x) - DA(x) B(x), at time 0 and with both fields' args bound; zero where flows commute.

    F_B^t F_A^s x - F_A^s F_B^t x = s t [A, B](x) + third order.
    """
    a, b = (lambda y: first(0.0, y, None)), (lambda y: second(0.0, y, None))
    return jax.jvp(b, (x,), (a(x),))[1] - jax.jvp(a, (x,), (b(x),))[1]
