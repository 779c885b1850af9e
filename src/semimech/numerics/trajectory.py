"""One trajectory with a named solver and a named way to its gradient, and steady states of any vector field.

`checkpoint` differentiates the steps that were made (discretise, then optimise), `backsolve` solves the continuous
adjoint equation back in time, `forward` carries tangents along; steady states have `implicit`, the implicit function
theorem. Chen et al. 2018, arXiv:1806.07366; Kidger 2022, arXiv:2202.02435.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import diffrax
import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.flatten_util import ravel_pytree

from semimech.support.errors import UserError

SolverName = Literal["rk4", "tsit5", "kvaerno5"]
AdjointName = Literal["checkpoint", "backsolve", "forward"]
VectorField = Callable[[Any, Array, Any], Array]  # dx/dt = f(t, x, args), x (nodes,), args any pytree of arrays

SOLVED, TOO_MANY_STEPS, NOT_FINITE = 0, 1, 2
NEWTON_STEPS = 4
WORDS = ("", "the solver needed more steps than allowed", "the solution left the finite numbers")


@dataclass(frozen=True)
class Method:
    """How trajectories are integrated and differentiated.

    solver: 'rk4', `steps` equal steps of the classical Runge-Kutta method between neighbouring times, the fastest for
    training; 'tsit5', adaptive; 'kvaerno5', adaptive and implicit, for stiff fields. adjoint: 'checkpoint',
    'backsolve' (adaptive solvers only) or 'forward', for few parameters. rtol, atol, max_steps: of the adaptive ones.
    Raises UserError for an unknown name, a pair that does not go together or a number that is not positive.
    """

    solver: SolverName = "rk4"
    adjoint: AdjointName = "checkpoint"
    steps: int = 8
    rtol: float = 1e-4
    atol: float = 1e-6
    max_steps: int = 4096

    def __post_init__(self) -> None:
        for what, name, known in (("solver", self.solver, SolverName), ("adjoint", self.adjoint, AdjointName)):
            if name not in get_args(known):
                raise UserError(f"The {what} '{name}' is unknown: use one of {', '.join(get_args(known))}.")
        if self.solver == "rk4" and self.adjoint == "backsolve":
            raise UserError("The adjoint 'backsolve' needs an adaptive solver: use tsit5 or kvaerno5, or checkpoint.")
        for option in ("steps", "rtol", "atol", "max_steps"):
            if getattr(self, option) <= 0:
                raise UserError(f"The option {option} is {getattr(self, option)}: give a number above 0.")


class Trajectory(NamedTuple):
    """states: times x nodes. status: SOLVED, TOO_MANY_STEPS or NOT_FINITE. steps: taken by the solver."""

    states: Array
    status: Array
    steps: Array


def trajectory(method: Method, field: VectorField, start: Array, begin: Array, times: Array, args: Any) -> Trajectory:
    """The states at `times` (ascending) of dx/dt = field(t, x, args) from `start` (nodes,) at the time `begin`.

    States after a failure are not finite. Many at once: see `trajectories`.
    """
    if method.solver != "rk4":
        return _told(*_adaptive(method, field, start, begin, times, args))
    return _told(*_runge_kutta(method, lambda t, x: field(t, x, args), start, begin, times))


def trajectories(
    method: Method, field: VectorField, starts: Array, begin: Array, times: Array, shared: Any, own: Any
) -> Trajectory:
    """`trajectory` of many courses, whose args are (shared, own): each has its own status, and its part of `own`.

    starts: courses x nodes; begin, times: () and (times,), the same for all, or (courses,) and courses x times; leaves
    of `own` lead with the courses. The Runge-Kutta method takes all of them through each step together, as columns: a
    network then acts on them by one matrix product without a transposition, also where many networks are one `vmap`.
    """
    # Times of their own only where they differ: XLA's simplifier goes in circles over those of an adaptive solver.
    axis = 0 if times.ndim == 2 else None
    if method.solver != "rk4":

        def one(start: Array, begin: Array, times: Array, own: Any) -> Trajectory:
            return trajectory(method, field, start, begin, times, (shared, own))

        return jax.vmap(one, (0, axis, axis, 0))(starts, begin, times, own)

    columns = jax.tree.map(lambda leaf: jnp.moveaxis(leaf, 0, -1), own)
    together = jax.vmap(lambda t, x, own: field(t, x, (shared, own)), (axis, -1, -1), -1)
    if axis is None:
        found = _runge_kutta(method, lambda t, x: together(t, x, columns), starts.T, begin, times)
    else:
        ends = times.T[:, None]
        found = _runge_kutta(method, lambda t, x: together(t[0], x, columns), starts.T, begin[None], ends)
    return jax.vmap(_told, (-1, None, None))(*found)


def _told(states: Array, finished: Array, steps: Array) -> Trajectory:
    status = jnp.where(finished, SOLVED, TOO_MANY_STEPS)
    status = jnp.where(finished & ~jnp.all(jnp.isfinite(states)), NOT_FINITE, status)
    return Trajectory(states, status, steps)


def _runge_kutta(
    method: Method, field: Callable[[Array, Array], Array], start: Array, begin: Array, times: Array
) -> tuple[Array, Array, Array]:
    """(states, True, number of steps); `begin` and each of `times` are of a shape that multiplies `start`."""
    befores = jnp.concatenate([begin[None], times[:-1]])

    def interval(x: Array, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        before, after = ends
        dt = (after - before) / method.steps

        def step(x: Array, k: Array) -> tuple[Array, None]:
            t = before + k * dt
            first = field(t, x)
            second = field(t + dt / 2, x + dt / 2 * first)
            third = field(t + dt / 2, x + dt / 2 * second)
            fourth = field(t + dt, x + dt * third)
            return x + dt / 6 * (first + 2 * second + 2 * third + fourth), None

        # Backwards each step is made again: to keep its inside costs more, of memory and, for many networks, of time.
        x, _ = lax.scan(jax.checkpoint(step), x, jnp.arange(method.steps, dtype=x.dtype))
        return x, x

    _, states = lax.scan(interval, start, (befores, times))
    return states, jnp.ones((), bool), jnp.full((), method.steps * times.shape[0])


def _adaptive(
    method: Method, field: VectorField, start: Array, begin: Array, times: Array, args: Any
) -> tuple[Array, Array, Array]:
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(field),
        diffrax.Tsit5() if method.solver == "tsit5" else diffrax.Kvaerno5(),
        t0=begin,
        t1=times[-1],
        dt0=None,
        y0=start,
        args=args,
        saveat=diffrax.SaveAt(ts=times),
        stepsize_controller=diffrax.PIDController(rtol=method.rtol, atol=method.atol),
        adjoint=_adjoint(method),
        max_steps=method.max_steps,
        throw=False,
    )
    assert solution.ys is not None
    return solution.ys, solution.result == diffrax.RESULTS.successful, solution.stats["num_steps"]


def _adjoint(method: Method) -> diffrax.AbstractAdjoint:
    if method.adjoint == "backsolve":
        return diffrax.BacksolveAdjoint()
    return diffrax.ForwardMode() if method.adjoint == "forward" else diffrax.RecursiveCheckpointAdjoint()


def value_and_gradient(method: Method, loss: Callable[[Any], tuple[Array, Any]], parameters: Any) -> tuple[Any, Any]:
    """((loss, extra), gradient) of `loss(parameters) -> (loss, extra)` in the mode that the adjoint needs."""
    if method.adjoint != "forward":
        return jax.value_and_grad(loss, has_aux=True)(parameters)
    flat, restored = ravel_pytree(parameters)
    gradient, _ = jax.jacfwd(lambda x: loss(restored(x)), has_aux=True)(flat)
    return loss(parameters), restored(gradient)


def retrace(method: Method, field: VectorField, start: Array, begin: Array, times: Array, args: Any) -> Array:
    """How badly the trajectory is found again back in time: the largest miss, relative to 1 + max |x|.

    From each state of `times` the field is solved back to the time before. This is what `backsolve` does: where
    decaying modes grow by exp(rate * interval) on the way back, the states it differentiates along are not those of
    the solution. Infinite where a solve fails.
    """
    plain = Method(method.solver, "checkpoint", method.steps, method.rtol, method.atol, method.max_steps)
    there = trajectory(plain, field, start, begin, times, args)
    befores = jnp.concatenate([begin[None], times[:-1]])
    states = jnp.concatenate([start[None], there.states])

    def back(x: Array, after: Array, before: Array) -> Trajectory:
        return trajectory(plain, lambda t, y, args: -field(-t, y, args), x, -after, -before[None], args)

    found = jax.vmap(back)(there.states, times, befores)
    missed = jnp.max(jnp.abs(found.states[:, 0] - states[:-1])) / (1 + jnp.max(jnp.abs(states)))
    solved = jnp.all(found.status == SOLVED) & (there.status == SOLVED)
    return jnp.where(solved, missed, jnp.inf)


class Equilibrium(NamedTuple):
    """state: (nodes,). residual: max |dx/dt| there."""

    state: Array
    residual: Array


def equilibrium(
    field: VectorField, start: Array, horizon: float, steps: int, args: Any, free: Array | None = None
) -> Equilibrium:
    """The steady state that integration from `start` (nodes,) leads to, with the `implicit` gradient.

    `steps` Runge-Kutta steps up to `horizon` choose the branch, Newton steps x - J^-1 f(x) end on it; with x and J held
    fixed the derivative of the last one by the parameters is that of the implicit function theorem, -J^-1 df. Nodes
    that are not `free` (0 or 1 each) stay where they start.
    """
    free = jnp.ones_like(start) if free is None else free
    begun, fixed = lax.stop_gradient((start, args))
    times = jnp.asarray([horizon], start.dtype)
    end = trajectory(Method(steps=steps), field, begun, jnp.zeros((), start.dtype), times, fixed).states[0]

    def step(x: Array, args: Any) -> Array:
        jacobian = jax.jacfwd(lambda x: field(times[0], x, fixed))(x)
        jacobian = lax.stop_gradient(jnp.where(free[:, None] > 0, jacobian, jnp.eye(x.size, dtype=x.dtype)))
        return x - jnp.linalg.solve(jacobian, free * field(times[0], x, args))

    def residual(x: Array) -> Array:
        return jnp.max(jnp.abs(free * field(times[0], x, fixed)))

    def closer(x: Array, _: None) -> tuple[Array, None]:
        after = step(x, fixed)
        return jnp.where(residual(after) < residual(x), after, x), None

    end = lax.stop_gradient(lax.scan(closer, end, None, length=NEWTON_STEPS)[0])
    return Equilibrium(step(end, args), residual(end))
