"""The steady-state term: what rests untreated, stays; after Kovacevic et al. 2025, arXiv:2501.19178.

The field learns a constant push on every node, so that a fit to perturbed courses alone leaves untreated cells free to
move, and every predicted effect inherits that drift. The term holds them, softly or by construction; where they do
move, their measured course is fitted instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from semimech.models.dynamics.law import Given, Law
from semimech.models.dynamics.learning import RATES
from semimech.models.dynamics.objective import FLOOR, CourseObjective, Courses, mean
from semimech.models.fitting import Errors

Form = Literal["trajectory", "field"]
Term = Literal["trajectory", "field", "hard", "controls"]
DECAY = 0.002


class StateCourses(NamedTuple):
    """One member's data: states minus the untreated state at time 0.

    courses: the untreated course comes first; its activity ends with the constant input, 1 everywhere, or 0 everywhere
    for the hard form. strength: lambda of the steady-state term, as a share of the mean squared error ().
    """

    courses: Courses
    strength: Array


def with_untreated(
    courses: Courses, untreated: np.ndarray | None = None, *, strength: float = 0.0, hard: bool = False
) -> StateCourses:
    """The courses of treated conditions with the untreated one before them and a constant input after their others.

    untreated: measured course of the controls (times x nodes, NaN where not measured), fitted as data; None for no such
    data. hard: there is no constant push, so that the field is 0 at the untreated start whatever is learnt.
    """
    dtype = courses.observed.dtype
    seen = np.full(courses.observed.shape[1:], np.nan) if untreated is None else untreated
    measured = jnp.asarray(np.isfinite(seen), dtype)

    def below(first: Any, rest: Array) -> Array:
        return jnp.concatenate([jnp.broadcast_to(jnp.asarray(first, dtype), rest.shape[1:])[None], rest])

    given = Given(*(below(0.0, part) for part in courses.given))
    constant = jnp.full((given.activity.shape[0], 1), 0.0 if hard else 1.0, dtype)
    whole = courses._replace(
        observed=below(np.nan_to_num(seen), courses.observed),
        weights=below(measured, courses.weights),
        validation=below(0.0, courses.validation),
        held_out=below(0.0, courses.held_out),
        given=given._replace(activity=jnp.concatenate([given.activity, constant], 1)),
    )
    return StateCourses(whole, jnp.asarray(strength, dtype))


@dataclass(frozen=True)
class SteadyStateObjective:
    """(1/2) log(M + lambda S + decay |parameters|^2 + FLOOR^2), M the mean squared error.

    S is how far the untreated system moves, a mean over nodes. form: 'trajectory', S = mean_t |F^t x0 - x0|^2, or
    'field', S = |f(x0; no perturbation)|^2. The logarithm changes neither the minimum nor the balance of the parts.
    decay: of a ridge on all parameters but the rates.
    """

    course: CourseObjective
    form: Form = "trajectory"
    decay: float = DECAY

    @property
    def law(self) -> Law:
        """The vector field."""
        return self.course.law

    @property
    def factorises(self) -> bool:
        """Whether a step factorises matrices."""
        return self.course.factorises

    def start(self, parameters: Any, data: StateCourses) -> Array:
        """Nothing is carried from step to step."""
        return jnp.zeros((), data.strength.dtype)

    def movement(self, parameters: Any, data: StateCourses, states: Array) -> Array:
        """S; states: those of all courses (conditions x times x nodes)."""
        if self.form == "trajectory":
            return jnp.mean(states[0] ** 2)
        given = Given(*(part[0] for part in data.courses.given))
        return jnp.mean(self.law.rate(0.0, jnp.zeros_like(states[0, 0]), (parameters, given)) ** 2)

    def gradient(self, parameters: Any, state: Array, data: StateCourses) -> tuple[Any, Array, Errors]:
        """Gradient of the loss, the state as it was, and mean squared errors."""

        def loss(parameters: Any) -> tuple[Array, tuple[Array, Array]]:
            courses = data.courses
            states = self.course.solve(parameters, courses).states
            fitted = mean((states - courses.observed) ** 2, courses.weights)
            validated = mean((states - courses.validation) ** 2, courses.held_out)
            ridge = sum(jnp.sum(leaf**2) for name, leaf in parameters._asdict().items() if name not in RATES)
            total = fitted + data.strength * self.movement(parameters, data, states) + self.decay * ridge
            return 0.5 * jnp.log(total + FLOOR**2), (fitted, validated)

        gradient, errors = jax.grad(loss, has_aux=True)(parameters)
        return gradient, state, Errors(*errors)

    def project(self, parameters: Any, state: Array) -> tuple[Any, Array]:
        """Every value is allowed."""
        return parameters, state

    @partial(jax.jit, static_argnums=0)
    def predict(self, parameters: Any, data: StateCourses) -> Array:
        """States of all courses of every member, the untreated one first (members x conditions x times x nodes)."""
        return jax.vmap(lambda p, d: self.course.solve(p, d.courses).states)(parameters, data)
