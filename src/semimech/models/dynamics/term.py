"""A field fitted to the states of a screen with a steady-state term, or without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np

from semimech.data.effects import Effects, effects_of
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.cellbox.nodes import InputMode
from semimech.models.dynamics.fitted import described
from semimech.models.dynamics.fitted_states import FittedStates
from semimech.models.dynamics.law import Law, NetworkLaw, NeuralLaw
from semimech.models.dynamics.learning import member_of
from semimech.models.dynamics.objective import CourseObjective
from semimech.models.dynamics.states import States
from semimech.models.dynamics.steady_state import Form, StateCourses, SteadyStateObjective, Term, with_untreated
from semimech.models.dynamics.strength import RATE, STEPS, STRENGTHS, chosen_strengths, fit_states
from semimech.numerics.trajectory import Method, SolverName
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, silent

STEP = 0.5  # of the Runge-Kutta method, in units of which the longest course has 5


@dataclass(frozen=True)
class TermFit:
    """How a field of states is fitted: loss = mean squared error + lambda S, by `steps` steps of Adam.

    term: S is mean_t |F^t x0 - x0|^2 ('trajectory') or |f(x0)|^2 ('field') of the untreated system, or 0 by
    construction ('hard'); or the course of the controls is data, without a term ('controls'). plain: the same states
    with lambda = 0, without controls as data. lambda is chosen by `chosen_strengths` among `strengths` / courses.
    """

    term: Term = "trajectory"
    plain: bool = False
    law: Law = field(default_factory=NeuralLaw)
    solver: SolverName = "rk4"
    input_mode: InputMode = "auto"
    max_molecules: int = 100
    strengths: Sequence[float] = STRENGTHS
    steps: int = STEPS
    rate: float = RATE

    def fit(self, screen: Screen, rows: np.ndarray, *, seed: int = 0, monitor: Monitor = silent) -> FittedStates:
        """Learn from the rows; UserError where they hold no courses, or moving controls were not sampled."""
        if self.term not in get_args(Term):
            raise UserError(f"The term '{self.term}' is unknown: use one of {', '.join(get_args(Term))}.")
        states, objective = self._posed(screen, rows)
        values: tuple[float, ...] = (0.0,)
        strength, errors = 0.0, np.full(1, np.nan)
        if self.term == objective.form and not self.plain:
            grid = tuple(sorted({0.0, *self.strengths}))
            free = [with_untreated(states.courses())]
            chosen = chosen_strengths(
                objective, free, [seed], strengths=grid, steps=self.steps, rate=self.rate, alone=True, monitor=monitor
            )
            strength = float(chosen.strengths[0])
            values = tuple(value / len(states.problem.table.courses) for value in grid)
            errors = np.sqrt(chosen.errors[0]) * states.problem.unit
        member = self._member(states, strength)
        trained = fit_states(objective, [member], [seed], steps=self.steps, rate=self.rate, alone=True, monitor=monitor)
        error = trained.train_error[0]
        return FittedStates(
            **described(states.problem, objective.law, self.solver),
            parameters={name: np.asarray(leaf[0]) for name, leaf in trained.last._asdict().items()},
            residual=np.full(len(states.problem.nodes.observed), np.nan),
            steps=len(error) - 1,
            train_error=error,
            term="trajectory" if self.plain else self.term,
            strength=strength,
            strengths=values,
            left_out=errors,
        )

    def refits(
        self, screen: Screen, rows: np.ndarray, strength: float, inner: Sequence[Split], seed: int, monitor: Monitor
    ) -> list[Any]:
        """Parameters of a fit to each inner split of the rows, with the lambda of the whole; controls are all there."""
        states, objective = self._posed(screen, rows)
        members = [self._member(states, strength, effects_of(screen, each.train)) for each in inner]
        seeds = [seed] * len(members)
        trained = fit_states(objective, members, seeds, steps=self.steps, rate=self.rate, alone=True, monitor=monitor)
        return [member_of(trained.last, number) for number in range(len(members))]

    def _posed(self, screen: Screen, rows: np.ndarray) -> tuple[States, SteadyStateObjective]:
        states = States.of(screen, rows, self.term == "controls", self.input_mode, self.max_molecules)
        law = self.law
        form: Form = "field" if self.term == "field" else "trajectory"
        if isinstance(law, NetworkLaw):
            law = NetworkLaw(law.field, law.self_loops, len(states.problem.nodes.molecules))
        gap = float(np.diff(states.problem.times, prepend=0).max())
        course = CourseObjective(law, Method(self.solver, steps=max(2, round(gap / STEP))))
        return states, SteadyStateObjective(course, form)

    def _member(self, states: States, strength: float, effects: Effects | None = None) -> StateCourses:
        untreated = states.untreated if self.term == "controls" and not self.plain else None
        hard = self.term == "hard" and not self.plain
        return with_untreated(states.courses(effects), untreated, strength=strength, hard=hard)
