"""Steady states by fixed point, differentiated by the implicit function theorem, never by unrolling.

Optimistix (0.1) offers `fixed_point` with an implicit adjoint, but one residual for the whole batch, no second start
for the adjoint, which it solves densely: the gradient step at the size of SK-MEL-133 takes 4 times as long from a
cold start, 7 times as long as with both starts warm (benchmarks/gradient_step.py). The loop here stops each
condition by its own residual and starts both solves where the last step ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from semimech.numerics.activations import Activation
from semimech.numerics.fields import System, fixed_point_map

FIXED_POINT, NEWTON = 0, 1
_Iterate = tuple[Array, Array, Array, Array, Array, Array]


@dataclass(frozen=True)
class Solver:
    """How hard to try: the tolerance is on max |f(x) - x| per condition, relative to 1 + max |x|.

    `newton_steps` > 0 sends conditions whose fixed point did not converge to Newton's method; `dense_adjoint` solves
    the adjoint by one factorisation per condition, needed where the map is no contraction. Memory stays O(nodes^2).
    """

    tolerance: float = 1e-6
    max_steps: int = 500
    adjoint_tolerance: float = 1e-6
    newton_steps: int = 30
    dense_adjoint: bool = False


class Solution(NamedTuple):
    """Steady states (conditions x nodes), and for each condition how the solve went.

    converged: bool. steps: iterations used. residual: max |f(x) - x|. method: FIXED_POINT or NEWTON.
    """

    values: Array
    converged: Array
    steps: Array
    residual: Array
    method: Array


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def steady_state(
    solver: Solver, activation: Activation, system: System, start: Array, adjoint_start: Array
) -> Solution:
    """Solve x = gain * phi(W x + inside) + outside with clamps, for every condition of the batch.

    `start` (conditions x nodes) is the first iterate; `adjoint_start` that of the adjoint equation
    (1 - J^T) v = dL/dx. The gradient with respect to `outside` is v itself (zero at clamped nodes): feeding it back
    as the next `adjoint_start` makes training steps cheap. Damping is halved per condition when its residual grows.
    """
    del adjoint_start
    return _solve(solver, activation, system, start)


def _solve(solver: Solver, activation: Activation, system: System, start: Array) -> Solution:
    solution = _damped(solver, activation, system, start)
    if solver.newton_steps == 0:
        return solution
    return lax.cond(
        jnp.all(solution.converged), lambda s: s, lambda s: _newton(solver, activation, system, start, s), solution
    )


def _size(x: Array) -> Array:
    return jnp.max(jnp.abs(x), 1, initial=0.0)


def _damped(solver: Solver, activation: Activation, system: System, start: Array) -> Solution:
    def residual_of(x: Array) -> tuple[Array, Array]:
        image = fixed_point_map(activation, system, x)
        return image, _size(image - x)

    def unfinished(carry: _Iterate) -> Array:
        x, _, residual, _, _, k = carry
        return jnp.any(residual > solver.tolerance * (1 + _size(x))) & (k < solver.max_steps)

    def body(carry: _Iterate) -> _Iterate:
        x, image, residual, damping, steps, k = carry
        active = ~(residual <= solver.tolerance * (1 + _size(x)))
        proposal = x + damping[:, None] * (image - x)
        x = jnp.where(active[:, None], proposal, x)
        image, after = residual_of(x)
        damping = jnp.where(active & (after > residual), jnp.maximum(damping / 2, 1 / 16), damping)
        return x, image, after, damping, steps + active.astype(jnp.int32), k + 1

    image, residual = residual_of(start)
    n = start.shape[0]
    carry = (start, image, residual, jnp.ones(n, start.dtype), jnp.zeros(n, jnp.int32), jnp.zeros((), jnp.int32))
    x, image, residual, _, steps, _ = lax.while_loop(unfinished, body, carry)
    converged = residual <= solver.tolerance * (1 + _size(x))
    # The image is one contraction closer than x and costs nothing more.
    values = jnp.where(converged[:, None], image, x)
    return Solution(values, converged, steps, residual, jnp.full(n, FIXED_POINT))


def _newton(solver: Solver, activation: Activation, system: System, start: Array, before: Solution) -> Solution:
    """Newton on the conditions that are not converged, one at a time; steps are halved until the residual falls."""

    def one(arguments: tuple[Array, ...]) -> tuple[Array, ...]:
        x0, x_before, done, inside, outside, clamped, level = arguments
        alone = System(system.weights, system.gain, inside[None], outside[None], clamped[None], level[None])

        def gap(x: Array) -> Array:
            return fixed_point_map(activation, alone, x[None])[0] - x

        def unfinished(carry: tuple[Array, Array, Array]) -> Array:
            x, size, k = carry
            return (size > solver.tolerance * (1 + jnp.max(jnp.abs(x)))) & (k < solver.newton_steps)

        def body(carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
            x, _, k = carry
            slope = jax.vmap(jax.grad(lambda a: activation(a)))(system.weights @ x + inside) * system.gain
            jacobian = jnp.where(clamped > 0, 0, slope)[:, None] * system.weights - jnp.eye(x.size, dtype=x.dtype)
            step = -jnp.linalg.solve(jacobian, gap(x))
            lengths = 0.5 ** jnp.arange(6, dtype=x.dtype)
            trials = x[None, :] + lengths[:, None] * step[None, :]
            sizes = jnp.max(jnp.abs(jax.vmap(gap)(trials)), 1)
            best = jnp.argmin(jnp.where(jnp.isnan(sizes), jnp.inf, sizes))
            return trials[best], sizes[best], k + 1

        x0 = jnp.where(done, x_before, x0)
        size = jnp.where(done, jnp.zeros((), x0.dtype), jnp.max(jnp.abs(gap(x0))))
        return lax.while_loop(unfinished, body, (x0, size, jnp.zeros((), jnp.int32)))

    x, size, k = lax.map(
        one,
        (start, before.values, before.converged, system.inside, system.outside, system.clamped, system.level),
    )
    better = ~before.converged & (size <= solver.tolerance * (1 + _size(x)))
    return Solution(
        jnp.where(better[:, None], x, before.values),
        before.converged | better,
        before.steps + k,
        jnp.where(better, size, before.residual),
        jnp.where(better, NEWTON, before.method),
    )


def _forward(
    solver: Solver, activation: Activation, system: System, start: Array, adjoint_start: Array
) -> tuple[Solution, tuple[System, Array, Array]]:
    solution = _solve(solver, activation, system, start)
    return solution, (system, solution.values, adjoint_start)


def _backward(
    solver: Solver, activation: Activation, kept: tuple[System, Array, Array], cotangent: Solution
) -> tuple[System, Array, Array]:
    system, x, adjoint_start = kept
    towards = cotangent.values
    _, pull = jax.vjp(lambda system, x: fixed_point_map(activation, system, x), system, x)
    slope = _slopes(activation, system, x)
    solve = _dense_adjoint if solver.dense_adjoint else _neumann
    adjoint = solve(solver, system.weights, slope, towards, adjoint_start)
    return pull(adjoint)[0], jnp.zeros_like(x), jnp.zeros_like(x)


def _slopes(activation: Activation, system: System, x: Array) -> Array:
    """d f_i / d (pre-activation)_i, zero at clamped nodes (conditions x nodes)."""
    before = x @ system.weights.T + system.inside
    _, slope = jax.jvp(activation, (before,), (jnp.ones_like(before),))
    return jnp.where(system.clamped > 0, 0, system.gain[None, :] * slope)


def _neumann(solver: Solver, weights: Array, slope: Array, towards: Array, start: Array) -> Array:
    """v <- dL/dx + J^T v until the change is small against dL/dx."""
    enough = solver.adjoint_tolerance * jnp.max(jnp.abs(towards), initial=0.0)

    def unfinished(carry: tuple[Array, Array, Array]) -> Array:
        _, change, k = carry
        return (change > enough) & (k < solver.max_steps)

    def body(carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        adjoint, _, k = carry
        after = towards + (adjoint * slope) @ weights
        return after, jnp.max(jnp.abs(after - adjoint), initial=0.0), k + 1

    infinite = jnp.full((), jnp.inf, towards.dtype)
    return lax.while_loop(unfinished, body, (start, infinite, jnp.zeros((), jnp.int32)))[0]


def _dense_adjoint(solver: Solver, weights: Array, slope: Array, towards: Array, start: Array) -> Array:
    """One factorisation of 1 - J^T per condition, one condition at a time."""
    del solver, start
    identity = jnp.eye(weights.shape[0], dtype=weights.dtype)
    return lax.map(lambda pair: jnp.linalg.solve(identity - (pair[0][:, None] * weights).T, pair[1]), (slope, towards))


steady_state.defvjp(_forward, _backward)
