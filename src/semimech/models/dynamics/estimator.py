"""Time courses of a screen: a vector field through which perturbations act, fitted to the effects at all times."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from semimech.data.effects import Effects, effects_of
from semimech.data.inner import inner_effects
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.cellbox.nodes import InputMode, map_nodes
from semimech.models.cellbox.problem import unit_of
from semimech.models.dynamics.cells import populations, refined
from semimech.models.dynamics.choice import Choice, chosen_by, final_fits
from semimech.models.dynamics.evidence import evidence
from semimech.models.dynamics.fitted import FittedCourses, described
from semimech.models.dynamics.fitted_states import FittedStates
from semimech.models.dynamics.law import Law, NetworkLaw, NetworkParameters, NeuralLaw
from semimech.models.dynamics.learning import free_parameters
from semimech.models.dynamics.objective import CourseObjective, Courses, Mode
from semimech.models.dynamics.population import PopulationObjective
from semimech.models.dynamics.problem import HORIZON, CourseProblem
from semimech.models.dynamics.steady_state import Term
from semimech.models.dynamics.term import TermFit
from semimech.numerics.activations import Activation, ActivationName
from semimech.numerics.fields import Field
from semimech.numerics.trajectory import AdjointName, Method, SolverName
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, silent

STEP = 0.25  # of the Runge-Kutta method, in units of which the longest course has HORIZON
MOST_SLOPES = 20_000_000  # derivatives of samples by parameters: beyond it edges are not tested
LOST = 0.01  # share of the largest state by which `backsolve` may miss it on the way back


@dataclass(frozen=True)
class CourseModel(ABC):
    """What both models of time courses share: dx/dt = f(x; perturbation), x(0) = 0, fitted to effects at all times.

    x is the effect against the control rows of the same time and batch, so that drift of the controls is subtracted.
    Courses are conditions that differ only in obs["time"] (any unit); x(0) = 0 is the time of the perturbation.
    input_mode: as in CellBox. solver, adjoint: see `numerics.trajectory.Method`; 'implicit' takes the last time of each
    course for infinity. shooting: fit every interval from the sample before it. jitter: random horizons (STEER).
    compare: 'means' of conditions, or cells as unpaired samples by 'energy' distance or 'sinkhorn' divergence (`cells`
    drawn for each condition and time), for `population_steps` steps from the fit to means.
    sparsity: values of lambda of the Laplace prior to choose from by inner folds of the training rows, with the number
    of steps. Raises UserError for options out of range, screens without times, and `backsolve` over intervals that it
    cannot retrace.
    """

    is_baseline: ClassVar[bool] = False
    input_mode: InputMode = "auto"
    solver: SolverName = "rk4"
    adjoint: AdjointName | Literal["implicit"] = "checkpoint"
    shooting: bool = False
    jitter: float = 0.0
    steps: int = 800
    rate: float = 0.05
    folds: int = 4
    max_molecules: int = 100
    sparsity: tuple[float, ...] = (1.5, 15.0)
    compare: Literal["means", "energy", "sinkhorn"] = "means"
    cells: int = 32
    population_steps: int = 200

    def __post_init__(self) -> None:
        object.__setattr__(self, "sparsity", tuple(self.sparsity))
        if not self.sparsity or min(self.sparsity) < 0:
            raise UserError(f"The option sparsity is {self.sparsity}: give at least one value, none below 0.")
        if not 0 <= self.jitter < 1:
            raise UserError(f"The option jitter is {self.jitter}: give a share of the interval from 0 to below 1.")
        if self.steps < 1 or self.max_molecules < 1 or self.rate <= 0:
            raise UserError("The options steps, max_molecules and rate of a time course need numbers above 0.")
        if self.adjoint not in (*get_args(AdjointName), "implicit"):
            raise UserError(f"The adjoint '{self.adjoint}' is unknown: checkpoint, backsolve, forward or implicit.")
        if self.compare not in ("means", "energy", "sinkhorn"):
            raise UserError(f"The option compare is '{self.compare}': use means, energy or sinkhorn.")
        if self.compare != "means" and (self.cells < 2 or self.shooting or self.adjoint == "implicit"):
            raise UserError("Populations need at least 2 cells, and neither shooting nor the adjoint implicit.")
        self.method(np.array([HORIZON]))

    @property
    @abstractmethod
    def law(self) -> Law:
        """The vector field."""

    def method(self, times: np.ndarray) -> Method:
        """The solver, with as many Runge-Kutta steps between samples as the longest gap needs."""
        gap = float(np.diff(times, prepend=0).max())
        adjoint = "checkpoint" if self.adjoint == "implicit" else self.adjoint
        rtol = 1e-6 if adjoint == "backsolve" else 1e-4  # its errors grow on the way back
        return Method(self.solver, adjoint, max(2, round(gap / STEP)), rtol, rtol / 100)

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> FittedCourses:
        """Learn from the training rows: penalty and steps by inner folds, then all of them; then test the edges."""
        problem, objective = self._posed(screen, split)
        problem.refuse_lost(objective, self.adjoint, seed, LOST)
        pairs = inner_effects(screen, split, self.folds, seed) if self.folds > 1 else []
        choice = chosen_by(self, problem, objective, pairs, seed, monitor)
        data = problem.courses(problem.effects, None, seed)
        settings = (choice.sparsity, choice.steps)
        (parameters, curve), *_ = final_fits(self, problem, objective, settings, [data], seed, monitor)
        problem.refuse_lost(objective, self.adjoint, seed, LOST, parameters)
        fitted = self.finish(problem, objective, parameters, curve, choice)
        if self.compare == "means":
            return fitted
        drawn = populations(problem, split.train, self.cells, seed)
        moved = PopulationObjective(objective.law, objective.method, self.compare)
        return replace(fitted, **refined(moved, parameters, drawn, self.population_steps, choice.sparsity, monitor))

    def refits(
        self,
        screen: Screen,
        split: Split,
        fitted: FittedCourses,
        inner: Sequence[Split],
        *,
        seed: int,
        monitor: Monitor,
    ) -> list[np.ndarray]:
        """Effects of the test conditions of each inner split, by a fit to the rest as `fitted` was."""
        if self.compare != "means":
            asked = [effects_of(screen, each.test).conditions for each in inner]
            whole = [self.fit(screen, each, seed=seed) for each in inner]
            return [each.predict(conditions).mean for each, conditions in zip(whole, asked, strict=True)]
        problem, objective = self._posed(screen, split)
        data = [problem.courses(effects_of(screen, each.train), None, seed) for each in inner]
        settings = (fitted.sparsity, fitted.steps)
        found = final_fits(self, problem, objective, settings, data, seed, monitor)
        return fitted.held_out(screen, inner, [parameters for parameters, _ in found])

    def _posed(self, screen: Screen, split: Split) -> tuple[CourseProblem, CourseObjective]:
        effects = effects_of(screen, split.train)
        if not len(effects):
            raise UserError("There is no perturbed condition among the training rows: give time courses some to learn.")
        problem = self.problem(screen, effects)
        mode: Mode = "steady" if self.adjoint == "implicit" else ("shooting" if self.shooting else "whole")
        return problem, CourseObjective(self.law_on(problem), self.method(problem.times), mode, self.jitter)

    def problem(self, screen: Screen, effects: Effects) -> CourseProblem:
        """The training courses as arrays."""
        nodes = map_nodes(screen, effects, self.input_mode, self.max_molecules)
        steady = self.adjoint == "implicit"
        return CourseProblem.of(screen, effects, nodes, unit_of(effects, nodes.observed), steady)

    def law_on(self, problem: CourseProblem) -> Law:
        """The law with as many senders as there are molecules."""
        law = self.law
        molecules = len(problem.nodes.molecules)
        return NetworkLaw(law.field, law.self_loops, molecules) if isinstance(law, NetworkLaw) else law

    def finish(
        self, problem: CourseProblem, objective: CourseObjective, parameters: Any, curve: np.ndarray, choice: Choice
    ) -> FittedCourses:
        """Parameters with their evidence, in the units of the data."""
        errors: dict[str, np.ndarray] = {}
        law = objective.law
        data = problem.everything()
        if isinstance(law, NetworkLaw) and testable(data, free := free_parameters(law, parameters)):
            data = objective.weighed(parameters, data) if objective.mode == "shooting" else data
            told = evidence(objective, parameters, data, free, 10)
            errors = {name: np.asarray(value) for name, value in told.error._asdict().items()}
            errors["q"] = told.tests()[1]
        told_of = {
            "steady": objective.mode == "steady",
            "parameters": {name: np.asarray(leaf) for name, leaf in parameters._asdict().items()},
            "errors": errors,
            "residual": choice.residual,
            "sparsity": choice.sparsity,
            "steps": choice.steps,
            "train_error": curve,
            "validation_error": choice.validation_error,
        }
        return FittedCourses(**described(problem, law, self.solver) | told_of)


def testable(data: Courses, free: NetworkParameters) -> bool:
    """There are more samples than free parameters, and the derivatives of the ones by the others fit into memory."""
    parameters = sum(int(leaf.sum()) for leaf in free)
    samples = int((np.asarray(data.weights) > 0).sum())
    return parameters < samples and parameters * samples <= MOST_SLOPES


@dataclass(frozen=True)
class CellBoxCourses(CourseModel):
    """The CellBox field with both its rates: dx/dt = eps phi(W x + u) - alpha x (envelope 0).

    envelope, activation, power: the form of the law, see `numerics.fields.Field`. The network has q-values from tests
    at the maximum of the likelihood, see `evidence`, where there are more samples than parameters. Source: Yuan et al.
    2021, doi:10.1016/j.cels.2020.11.013; with adjoint sensitivities Ji et al. 2021, arXiv:2104.06467.
    """

    name: ClassVar[str] = "cellbox-courses"
    envelope: Literal[0, 1, 2] = 0
    activation: ActivationName = "tanh"
    power: int = 1
    self_loops: bool = False

    @property
    def law(self) -> NetworkLaw:
        """The CellBox field."""
        return NetworkLaw(Field(self.envelope, Activation(self.activation, self.power)), self.self_loops)


@dataclass(frozen=True)
class NeuralCourses(CourseModel):
    """A neural ODE that relaxes: dx/dt = g(x, a) - g(0, 0) - alpha x, g linear plus one hidden layer of `hidden` units.

    Without perturbation x = 0 is a steady state whatever was learnt. Chen et al. 2018, arXiv:1806.07366.
    steady_state: 'off', or what holds untreated cells in a field that has a constant push as well: 'trajectory',
    'field', 'hard' or 'controls', see `TermFit`, which trains by rules of its own: of the other options, hidden,
    solver, input_mode and max_molecules have a part. After Kovacevic et al. 2025, arXiv:2501.19178.
    """

    name: ClassVar[str] = "neural-courses"
    is_plain: ClassVar[bool] = False
    sparsity: tuple[float, ...] = (0.0,)  # there are no edges to be sparse
    hidden: int = 32
    steady_state: Literal["off", Term] = "off"

    def __post_init__(self) -> None:
        super().__post_init__()
        known = get_args(Term)
        if self.steady_state not in ("off", *known):
            raise UserError(f"The steady-state term '{self.steady_state}' is unknown: use {', '.join(known)} or off.")
        if self.steady_state != "off":
            self._refuse_unused()

    @property
    def law(self) -> NeuralLaw:
        """The neural field."""
        return NeuralLaw(self.hidden)

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> FittedCourses:
        """Learn from the training rows, as `CourseModel` does or with the steady-state term."""
        if self.steady_state == "off":
            return super().fit(screen, split, seed=seed, monitor=monitor)
        return self._term(self.steady_state).fit(screen, split.train, seed=seed, monitor=monitor)

    def refits(
        self,
        screen: Screen,
        split: Split,
        fitted: FittedCourses,
        inner: Sequence[Split],
        *,
        seed: int,
        monitor: Monitor,
    ) -> list[np.ndarray]:
        """Effects of the test conditions of each inner split, by a fit to the rest as `fitted` was."""
        if self.steady_state == "off":
            return super().refits(screen, split, fitted, inner, seed=seed, monitor=monitor)
        assert isinstance(fitted, FittedStates)
        term = self._term(self.steady_state)
        return fitted.held_out(screen, inner, term.refits(screen, split.train, fitted.strength, inner, seed, monitor))

    def _term(self, term: Term) -> TermFit:
        return TermFit(term, self.is_plain, self.law, self.solver, self.input_mode, self.max_molecules)

    def _refuse_unused(self) -> None:
        usable = ("hidden", "steady_state", "solver", "input_mode", "max_molecules")
        for option in fields(self):
            if option.name not in usable and getattr(self, option.name) != option.default:
                raise UserError(
                    f"The option {option.name} has no part in a fit with a steady-state term: leave it out, or the "
                    f"term; {', '.join(usable[2:])} and hidden can be given."
                )


@dataclass(frozen=True)
class NeuralCoursesWithoutTerm(NeuralCourses):
    """The same states and the same training with lambda = 0 and without controls as data: what the term adds."""

    name: ClassVar[str] = "neural-courses-no-term"
    is_plain: ClassVar[bool] = True

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> FittedCourses:
        """Learn from the training rows; UserError where there is no term that it is to be compared with."""
        self.check_term()
        return super().fit(screen, split, seed=seed, monitor=monitor)

    def check_term(self) -> None:
        """Raise UserError where no term is named that it is to be compared with."""
        if self.steady_state == "off":
            raise UserError(f"{self.name} stands beside neural-courses with a steady-state term: give --steady-state.")
