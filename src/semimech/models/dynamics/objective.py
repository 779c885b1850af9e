"""The loss of time courses: profile likelihood of the samples, whole courses or one interval at a time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from semimech.models.dynamics.law import Given, Law
from semimech.models.fitting import Errors
from semimech.numerics.trajectory import (
    SOLVED,
    Method,
    Trajectory,
    equilibrium,
    trajectories,
    trajectory,
    value_and_gradient,
)
from semimech.numerics.trajectory import WORDS as SOLVER_WORDS

FLOOR = 1e-4  # of the data's scale: below it a better fit is worth nothing more
STEADY_STEPS_PER_UNIT = 2
NOT_SETTLED = 3  # beside the statuses of a trajectory
WORDS = (*SOLVER_WORDS, "no steady state was reached")

Mode = Literal["whole", "shooting", "steady"]


class Courses(NamedTuple):
    """One member's data.

    times: ascending (times,). observed, weights: what is fitted; validation, held_out: values and weights that the
    validation error is of; conditions x times x nodes. given: see `Given`, with a leading axis of conditions. key:
    of the jitter.
    """

    times: Array
    observed: Array
    weights: Array
    validation: Array
    held_out: Array
    given: Given
    key: Array


@dataclass(frozen=True)
class CourseObjective:
    """(1/2) log(sum w (x - observed)^2 / sum w + FLOOR^2), the Gaussian likelihood with its noise profiled out.

    Per sample it is -log p at the best sigma, so that an l1 penalty of lambda / samples is a Laplace prior of scale
    1 / lambda on each weight, whatever the noise. mode: 'whole' integrates from the start over all times; 'shooting'
    starts every interval at the sample before it (multiple shooting with the samples as nodes), for multistable
    systems: Bock and Plitt 1984, doi:10.1016/S1474-6670(17)61205-9; 'steady' takes the times for infinity.
    jitter: each step integrates over an interval of random length, (1 + jitter U(-1, 1)) times the true one: STEER,
    Ghosh et al. 2020, arXiv:2006.10711.
    """

    law: Law
    method: Method = field(default_factory=Method)
    mode: Mode = "whole"
    jitter: float = 0.0
    horizon: float = 40.0

    @property
    def factorises(self) -> bool:
        """Whether a step factorises matrices: Newton's for steady states, or those of an implicit solver."""
        return self.mode == "steady" or self.method.solver == "kvaerno5"

    def start(self, parameters: Any, data: Courses) -> Array:
        """The key of the jitter."""
        return data.key

    def solve(self, parameters: Any, data: Courses, stretch: Array | None = None) -> Trajectory:
        """States of all conditions (conditions x times x nodes), each with its status and steps."""
        times = data.times if stretch is None else data.times * stretch
        if self.mode == "steady":
            return self._steady(parameters, data)
        if self.mode == "shooting":
            starts, begins, ends, given = self._intervals(times, data)
            found = self._courses(parameters, starts, begins, ends, given)
            shape = data.observed.shape
            status, steps = (part.reshape(shape[:2]) for part in (found.status, found.steps))
            return Trajectory(found.states.reshape(shape), status.max(1), steps.sum(1))
        origin = data.given.level
        return self._courses(parameters, origin, jnp.zeros((), times.dtype), times, data.given)

    def _courses(self, parameters: Any, starts: Array, begin: Array, times: Array, given: Given) -> Trajectory:
        law = self.law
        constants = jax.vmap(law.constants, (None, 0))(parameters, given)
        return trajectories(self.method, law.moves, starts, begin, times, law.matrices(parameters), constants)

    def _steady(self, parameters: Any, data: Courses) -> Trajectory:
        def one(start: Array, given: Given) -> Trajectory:
            steps = int(STEADY_STEPS_PER_UNIT * self.horizon)
            found = equilibrium(self.law.rate, start, self.horizon, steps, (parameters, given), 1 - given.held)
            bad = ~(found.residual <= 1e-3 * (1 + jnp.max(jnp.abs(found.state))))
            states = jnp.broadcast_to(found.state, (data.times.shape[0], start.size))
            return Trajectory(states, jnp.where(bad, NOT_SETTLED, SOLVED), jnp.full((), steps))

        return jax.vmap(one)(data.given.level, data.given)

    @staticmethod
    def _intervals(times: Array, data: Courses) -> tuple[Array, Array, Array, Given]:
        """(starts, begins, ends, given): from every sample to the next as a course, condition by condition."""
        conditions, samples, nodes = data.observed.shape
        origin = data.given.level
        starts = jnp.concatenate([origin[:, None], data.observed[:, :-1]], 1).reshape(-1, nodes)
        befores = jnp.concatenate([jnp.zeros(1, times.dtype), times[:-1]])
        given = jax.tree.map(lambda leaf: jnp.repeat(leaf, samples, 0), data.given)
        return starts, jnp.tile(befores, conditions), jnp.tile(times, conditions)[:, None], given

    @partial(jax.jit, static_argnums=0)
    def weighed(self, parameters: Any, data: Courses) -> Courses:
        """For 'shooting': every sample weighed by 1 / (1 + sum_j (d state_i / d start_j)^2).

        An interval that begins at a measured sample begins with its noise, which an unstable field magnifies: the
        error of what it leads to has 1 + that sum times the variance of a measurement. The first interval begins at
        the known start.
        """
        method = self.carrying_tangents().method

        def slope(start: Array, begin: Array, times: Array, given: Given) -> Array:
            def end(x: Array) -> Array:
                return trajectory(method, self.law.rate, x, begin, times, (parameters, given)).states[0]

            return (jax.jacfwd(end)(start) ** 2).sum(1)

        magnified = jax.vmap(slope)(*self._intervals(data.times, data)).reshape(data.observed.shape)
        return data._replace(weights=data.weights / (1 + magnified.at[:, 0].set(0)))

    def carrying_tangents(self) -> CourseObjective:
        """The same with the forward adjoint and without jitter, for derivatives by Jacobians."""
        return replace(self, method=replace(self.method, adjoint="forward"), jitter=0.0)

    @partial(jax.jit, static_argnums=0)
    def predict(self, parameters: Any, data: Courses) -> Trajectory:
        """`solve`, compiled."""
        return self.solve(parameters, data)

    def gradient(self, parameters: Any, key: Array, data: Courses) -> tuple[Any, Array, Errors]:
        """Gradient of the loss without its penalties, the next key, and mean squared errors."""
        stretch = None
        if self.jitter:
            key, now = jax.random.split(key)
            stretch = 1 + self.jitter * jax.random.uniform(now, (), data.times.dtype, -1, 1)

        def loss(parameters: Any) -> tuple[Array, tuple[Array, Array]]:
            states = self.solve(parameters, data, stretch).states
            fitted = mean((states - data.observed) ** 2, data.weights)
            validated = mean((states - data.validation) ** 2, data.held_out)
            return 0.5 * jnp.log(fitted + FLOOR**2), (fitted, validated)

        (_, errors), gradient = value_and_gradient(self.method, loss, parameters)
        return gradient, key, Errors(*errors)

    def project(self, parameters: Any, key: Array) -> tuple[Any, Array]:
        """Loops that the law does not have stay at zero: they have no gradient."""
        return parameters, key


def mean(squared: Array, weights: Array) -> Array:
    """Weighted mean; entries of weight 0 do not count, even where they are not finite."""
    return jnp.where(weights > 0, weights * squared, 0).sum() / weights.sum()
