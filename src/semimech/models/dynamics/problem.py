"""The training courses of one split as arrays, in units in which rates and weights are about 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from semimech.data.effects import Effects
from semimech.data.screen import Screen
from semimech.models.cellbox.nodes import NodeMap
from semimech.models.cellbox.problem import activity
from semimech.models.dynamics.law import NetworkLaw
from semimech.models.dynamics.learning import courses_of, first_guess
from semimech.models.dynamics.objective import CourseObjective, Courses
from semimech.models.dynamics.table import CourseTable, course_table, sampled
from semimech.numerics.activations import Activation
from semimech.numerics.trajectory import retrace
from semimech.support.errors import UserError

HORIZON = 5.0  # the last time, in units of time: a decay of 1 comes to rest within it


@dataclass(frozen=True, eq=False)
class CourseProblem:
    """unit: twice the root mean square effect; time_unit: last time / HORIZON. Arrays are in these units.

    values, weights: conditions of `effects` x nodes (molecules, then read-outs).
    """

    screen: Screen
    effects: Effects
    nodes: NodeMap
    unit: float
    table: CourseTable
    time_unit: float

    @classmethod
    def of(cls, screen: Screen, effects: Effects, nodes: NodeMap, unit: float, steady: bool) -> CourseProblem:
        """Times are read from the contexts; for a steady state the last one of each course stands for infinity."""
        table = course_table(effects.conditions, 1.0 if steady else None)
        if steady:
            last = np.full(len(table.courses), -1)
            np.maximum.at(last, table.row, table.column)
            table = CourseTable(table.courses, np.ones(1), table.row, np.where(table.column == last[table.row], 0, -1))
        if not len(table.times):
            raise UserError("No condition has a time above 0: give obs['time'] as the time since the perturbation.")
        return cls(screen, effects, nodes, unit, table, float(table.times[-1]) / HORIZON)

    @property
    def times(self) -> np.ndarray:
        """Scaled times (times,)."""
        return self.table.times / self.time_unit

    def everything(self) -> Courses:
        """All training conditions, nothing held out."""
        return self.courses(self.effects)

    def courses(self, fit: Effects, held: Effects | None = None, seed: int = 0) -> Courses:
        """Courses with the weights of `fit`; the conditions of `held` are what the validation error is of."""
        nodes, conditions = self.nodes, self.table.courses
        clamped, level = self.padded(nodes.clamps(conditions))
        observed, weights = self._sampled(fit)
        validation, held_out = self._sampled(held) if held is not None else (observed, np.zeros_like(weights))
        free = 1 - clamped[:, None, :]
        return courses_of(
            self.times,
            observed,
            activity=activity(nodes, conditions, 0, Activation()),
            held=clamped,
            level=level / self.unit,
            weights=weights * free,
            validation=validation,
            held_out=held_out * free,
            seed=seed,
        )

    def _sampled(self, effects: Effects) -> tuple[np.ndarray, np.ndarray]:
        """Values (NaN where none) and weights, courses x times x nodes."""
        place = {condition: i for i, condition in enumerate(self.effects.conditions)}
        values, weights = np.full((2, len(place), len(self.nodes.observed)), np.nan)
        rows = [place[condition] for condition in effects.conditions]
        values[rows], weights[rows] = sampled(self.screen, effects, self.nodes.observed, self.unit)
        return self.table.filled(values), np.nan_to_num(self.table.filled(weights))

    def padded(self, tables: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Tables over the molecules with zeros for the read-outs."""
        readouts = ((0, 0), (0, len(self.nodes.readouts)))
        return np.pad(tables[0], readouts), np.pad(tables[1], readouts)

    def guess(self, objective: CourseObjective, data: Courses, seed: int) -> Any:
        """Where training starts."""
        inputs = len(self.nodes.inputs)
        if isinstance(objective.law, NetworkLaw):
            return first_guess(objective.law, data, inputs, seed)
        return objective.law.start(len(self.nodes.observed), inputs, seed)

    def refuse_lost(
        self, objective: CourseObjective, adjoint: str, seed: int, limit: float, parameters: Any | None = None
    ) -> None:
        """Raise UserError where `backsolve` is asked for and does not find its way back."""
        if adjoint != "backsolve":
            return
        data = self.everything()
        parameters = self.guess(objective, data, seed) if parameters is None else parameters

        def miss(start: Any, given: Any) -> Any:
            field, begin = objective.law.rate, jnp.zeros((), data.times.dtype)
            return retrace(objective.method, field, start, begin, data.times, (parameters, given))

        found = np.asarray(jax.jit(jax.vmap(miss))(data.given.level, data.given))
        if not found.max() <= limit:
            worst = self.table.courses[int(found.argmax())].label
            raise UserError(
                f"The adjoint 'backsolve' is unstable here: solved back in time, the course of {worst} is missed by "
                f"{found.max():.2g} of its size; use the adjoint checkpoint."
            )
