"""Courses of states, untreated ones among them: what a field with a steady-state term is fitted to in a screen."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from semimech.data.effects import Effects, effects_of
from semimech.data.screen import Screen
from semimech.models.cellbox.nodes import InputMode, map_nodes
from semimech.models.cellbox.problem import unit_of
from semimech.models.dynamics.controls import control_course
from semimech.models.dynamics.objective import Courses
from semimech.models.dynamics.problem import CourseProblem
from semimech.support.errors import UserError, listed


@dataclass(frozen=True, eq=False)
class States:
    """Courses of states minus the untreated state at time 0, in the units of `problem`.

    untreated: course of the controls (times x nodes), NaN where they were not sampled. shift: what states are more than
    effects (times x nodes).
    """

    problem: CourseProblem
    untreated: np.ndarray
    shift: np.ndarray

    @classmethod
    def of(
        cls, screen: Screen, rows: np.ndarray, moving: bool, input_mode: InputMode = "auto", max_molecules: int = 100
    ) -> States:
        """From the rows of a screen. moving: controls move, so that states are effects plus the controls' course.

        Raises UserError where there is nothing to fit, or where it is not known where moving controls are.
        """
        effects = effects_of(screen, rows)
        if not len(effects):
            raise UserError("There is no perturbed condition among the rows: give time courses some to learn.")
        nodes = map_nodes(screen, effects, input_mode, max_molecules)
        problem = CourseProblem.of(screen, effects, nodes, unit_of(effects, nodes.observed), False)
        start, course = control_course(screen, rows, problem.table.times)
        untreated = course[:, nodes.observed] / problem.unit
        shift = np.zeros_like(untreated)
        if moving:
            _refuse_unknown(problem, untreated)
            shift = untreated
            if screen.scale == "log-ratio":  # its effects are not against controls of the same time
                shift = np.broadcast_to(-start[nodes.observed] / problem.unit, untreated.shape)
        return cls(problem, untreated, shift)

    def courses(self, effects: Effects | None = None) -> Courses:
        """All training conditions, or those of `effects` alone."""
        found = self.problem.courses(self.problem.effects if effects is None else effects)
        return found._replace(observed=found.observed + jnp.asarray(self.shift, found.observed.dtype)[None])


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
