"""Time integration: fixed-step Heun (the original's way, kept as reference) and adaptive Tsit5."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import diffrax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

Rate = Callable[[Array], Array]


def heun(rate: Rate, start: Array, steps: int, dt: float) -> Array:
    """The state after `steps` steps of Heun's method: x <- x + dt (f(x) + f(x + dt f(x))) / 2."""

    def step(x: Array, _: None) -> tuple[Array, None]:
        slope = rate(x)
        return x + dt / 2 * (slope + rate(x + dt * slope)), None

    return lax.scan(step, start, None, length=steps)[0]


class Settled(NamedTuple):
    """Where integration ended (conditions x nodes), max |dx/dt| there, and whether that is small (conditions,)."""

    values: Array
    residual: Array
    converged: Array


def settle(rate: Rate, start: Array, until: float = 200.0, tolerance: float = 1e-5) -> Settled:
    """Integrate dx/dt = rate(x) from `start` with Tsit5 until it stands still or t = `until`.

    Which steady state is reached depends on the start only: this is the way for multistable systems.
    """
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, x, args: rate(x)),
        diffrax.Tsit5(),
        t0=0.0,
        t1=until,
        dt0=None,
        y0=start,
        stepsize_controller=diffrax.PIDController(rtol=tolerance, atol=tolerance),
        event=diffrax.Event(diffrax.steady_state_event(rtol=tolerance / 10, atol=tolerance / 10)),
        max_steps=16_384,
        throw=False,
    )
    assert solution.ys is not None
    values = solution.ys[-1]
    residual = jnp.max(jnp.abs(rate(values)), 1)
    return Settled(values, residual, residual <= 10 * tolerance * (1 + jnp.max(jnp.abs(values), 1)))


def branches(ends: np.ndarray, tolerance: float = 1e-2) -> np.ndarray:
    """Number the distinct steady states reached from several starts (starts x conditions x nodes).

    Branch 0 is that of the first start; a new number is given where an end differs from all earlier ones of the
    same condition by more than `tolerance` in some node. Returns starts x conditions.
    """
    ends = np.asarray(ends)
    found = np.zeros(ends.shape[:2], int)
    for condition in range(ends.shape[1]):
        known: list[np.ndarray] = []
        for start, end in enumerate(ends[:, condition]):
            near = [i for i, other in enumerate(known) if np.max(np.abs(end - other)) <= tolerance]
            if not near:
                known.append(end)
            found[start, condition] = near[0] if near else len(known) - 1
    return found
