"""A neural field of states, untreated ones among them: what it is fitted to in a screen, and what it predicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from semimech.data.condition import Condition
from semimech.data.effects import effects_of
from semimech.data.screen import Screen
from semimech.models.base import Prediction, what_it_rests_on
from semimech.models.cellbox.nodes import map_nodes
from semimech.models.cellbox.problem import activity, unit_of
from semimech.models.dynamics.controls import control_course
from semimech.models.dynamics.learning import courses_of, stacked
from semimech.models.dynamics.objective import WORDS, Courses
from semimech.models.dynamics.problem import CourseProblem
from semimech.models.dynamics.steady_state import SteadyStateObjective, with_untreated
from semimech.models.dynamics.table import course_table, timeless
from semimech.numerics.activations import Activation
from semimech.numerics.trajectory import NOT_FINITE
from semimech.support.errors import UserError, listed

MOST_MOLECULES = 100


@dataclass(frozen=True, eq=False)
class States:
    """Courses of states minus the untreated state at time 0, in the units of `problem`.

    untreated: course of the controls (times x nodes), NaN where they were not sampled.
    """

    problem: CourseProblem
    courses: Courses
    untreated: np.ndarray

    @classmethod
    def of(cls, screen: Screen, rows: np.ndarray, moving: bool) -> States:
        """From the rows of a screen. moving: controls move, so that states are effects plus the controls' course.

        Raises UserError where there is nothing to fit, or where it is not known where moving controls are.
        """
        effects = effects_of(screen, rows)
        if not len(effects):
            raise UserError("There is no perturbed condition among the rows: give time courses some to learn.")
        nodes = map_nodes(screen, effects, "auto", MOST_MOLECULES)
        problem = CourseProblem.of(screen, effects, nodes, unit_of(effects, nodes.observed), False)
        start, course = control_course(screen, rows, problem.table.times)
        untreated = course[:, nodes.observed] / problem.unit
        courses = problem.everything()
        if moving:
            _refuse_unknown(problem, untreated)
            shift = untreated
            if screen.scale == "log-ratio":  # its effects are not against controls of the same time
                shift = np.broadcast_to(-start[nodes.observed] / problem.unit, untreated.shape)
            courses = courses._replace(observed=courses.observed + jnp.asarray(shift, courses.observed.dtype)[None])
        return cls(problem, courses, untreated)


def _refuse_unknown(problem: CourseProblem, untreated: np.ndarray) -> None:
    contexts = sorted({course.context for course in problem.table.courses})
    if len(contexts) > 1:
        raise UserError(f"Controls move, and conditions are in the contexts {listed(contexts)}: fit one at a time.")
    lacking = [f"{time:g}" for time, row in zip(problem.table.times, untreated, strict=True) if np.isnan(row).any()]
    if lacking:
        raise UserError(
            f"Controls move, but where they are at the times {listed(lacking)} after time 0 is not known: add control "
            "rows at these times and at time 0."
        )


@dataclass(frozen=True, eq=False)
class FittedStates:
    """A field with its parameters; strength: lambda of the steady-state term it was fitted with."""

    states: States
    objective: SteadyStateObjective
    parameters: Any
    strength: float
    hard: bool

    def predict(self, conditions: Sequence[Condition]) -> Prediction:
        """Effects, the state minus the untreated one of the same time, at the time that each context names.

        At the last time of training where it names none. Perturbations never seen count as no change.
        """
        problem, conditions = self.states.problem, tuple(conditions)
        nodes, unit = problem.nodes, problem.unit
        table = course_table(conditions, float(problem.table.times[-1]))
        mean = np.zeros((len(conditions), len(nodes.features)), np.float32)
        status = [""] * len(conditions)
        if len(table.times):
            states = self._solved(table.courses, table.times / problem.time_unit)
            asked = np.where(table.column[:, None] < 0, 0, (states[1:] - states[:1])[table.row, table.column]) * unit
            finite = np.asarray(np.isfinite(asked).all(axis=1))
            mean[:, nodes.observed] = np.where(finite[:, None], asked, np.nan)
            status = ["" if good else WORDS[NOT_FINITE] for good in finite]
        seen = [timeless(condition) for condition in problem.effects.conditions]
        rests_on = tuple(what_it_rests_on(timeless(condition), seen) for condition in conditions)
        return Prediction(conditions, nodes.features, mean, rests_on=rests_on, status=tuple(status))

    def untreated(self, times: np.ndarray) -> np.ndarray:
        """What the fit says untreated cells move by (times x nodes), in the data's units; times as in the screen."""
        return self._solved((), np.asarray(times) / self.states.problem.time_unit)[0] * self.states.problem.unit

    def _solved(self, courses: tuple[Condition, ...], times: np.ndarray) -> np.ndarray:
        problem = self.states.problem
        nodes = problem.nodes
        held, level = problem.padded(nodes.clamps(courses))
        learnt = nodes.doses(problem.effects.conditions).any(0)
        given = courses_of(
            times,
            np.full((len(courses), len(times), len(nodes.observed)), np.nan),
            activity=activity(nodes, courses, 0, Activation()) * learnt,
            held=held,
            level=level / problem.unit,
        )
        member = with_untreated(given, hard=self.hard)
        parameters = jax.tree.map(lambda leaf: leaf[None], self.parameters)
        return np.asarray(self.objective.predict(parameters, stacked([member])))[0]
