"""Time courses of populations: cells that are measured once each, compared as samples, not one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from semimech.models.dynamics.law import Given, Law
from semimech.models.dynamics.objective import Courses
from semimech.models.fitting import Errors
from semimech.numerics.trajectory import Method, Trajectory, trajectory, value_and_gradient
from semimech.numerics.transport import energy_distance, sinkhorn_divergence

Distance = Literal["energy", "sinkhorn"]


class Populations(NamedTuple):
    """courses: times and what is given; its samples are not used. start: unperturbed cells x nodes.

    cells: conditions x times x cells x nodes, kept: 1 for the cells there are, else 0 (conditions x times x cells).
    """

    courses: Courses
    start: Array
    cells: Array
    kept: Array


@dataclass(frozen=True)
class PopulationObjective:
    """Mean distance between predicted and observed cells, over all conditions and times with at least two cells.

    A cell at x0 moves to x0 + d(t), dd/dt = f(x0 + d; perturbation) - f(x0; nothing), d(0) = 0: unperturbed cells stay
    what they are (the hard form, after Kovacevic et al. 2025, arXiv:2501.19178), so that the spread of the control
    cells is kept and no cell need be followed.
    """

    law: Law
    method: Method = field(default_factory=Method)
    distance: Distance = "energy"

    @property
    def factorises(self) -> bool:
        """Whether a step factorises matrices: those of an implicit solver."""
        return self.method.solver == "kvaerno5"

    def moved(self, parameters: Any, data: Courses, start: Array) -> Trajectory:
        """Displacements d, conditions x cells x times x nodes, each with its status and steps."""

        def one(given: Given, origin: Array) -> Trajectory:
            zero = jnp.zeros_like(origin)
            nothing = Given(zero, jnp.zeros_like(given.activity), zero, zero)

            def rate(t: Any, d: Array, args: Any) -> Array:
                rest = self.law.rate(t, origin, (args, nothing))
                return (1 - given.held) * (self.law.rate(t, origin + d, (args, given)) - rest)

            begin = jnp.zeros((), data.times.dtype)
            return trajectory(self.method, rate, given.level, begin, data.times, parameters)

        return jax.vmap(jax.vmap(one, (None, 0)), (0, None))(data.given, start)

    @partial(jax.jit, static_argnums=0)
    def predict(self, parameters: Any, data: Courses, start: Array) -> Trajectory:
        """Mean displacement over the cells (conditions x times x nodes), the worst status and all steps of each."""
        found = self.moved(parameters, data, start)
        return Trajectory(found.states.mean(1), found.status.max(1), found.steps.sum(1))

    def start(self, parameters: Any, data: Populations) -> Array:
        """Nothing is carried from step to step."""
        return jnp.zeros(())

    def gradient(self, parameters: Any, state: Array, data: Populations) -> tuple[Any, Array, Errors]:
        """Gradient of the mean distance; nothing is held out."""
        measure = energy_distance if self.distance == "energy" else sinkhorn_divergence
        counted = data.kept.sum(-1) >= 2
        kept = jnp.where(counted[..., None], data.kept, 1)

        def loss(parameters: Any) -> tuple[Array, Array]:
            moved = self.moved(parameters, data.courses, data.start).states
            cells = (data.start[None, :, None] + moved).swapaxes(1, 2)
            found = jax.vmap(jax.vmap(measure))(cells, data.cells, kept)
            value = jnp.where(counted, found, 0).sum() / counted.astype(found.dtype).sum()
            return value, value

        (_, value), gradient = value_and_gradient(self.method, loss, parameters)
        return gradient, state, Errors(value, jnp.full_like(value, jnp.nan))

    def project(self, parameters: Any, state: Array) -> tuple[Any, Array]:
        """All parameters are allowed."""
        return parameters, state
