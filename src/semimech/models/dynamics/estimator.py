"""Time courses of a screen: a vector field through which perturbations act, fitted to the effects at all times."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from semimech.data.effects import Effects, effects_of
from semimech.data.inner import inner_effects
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.cellbox.nodes import InputMode, map_nodes
from semimech.models.cellbox.problem import unit_of
from semimech.models.dynamics.cells import populations, refined
from semimech.models.dynamics.choice import Choice, chosen_by, final_fit
from semimech.models.dynamics.evidence import evidence
from semimech.models.dynamics.fitted import FittedCourses
from semimech.models.dynamics.law import Law, NetworkLaw, NetworkParameters, NeuralLaw
from semimech.models.dynamics.learning import free_parameters
from semimech.models.dynamics.objective import CourseObjective, Courses, Mode
from semimech.models.dynamics.population import PopulationObjective
from semimech.models.dynamics.problem import HORIZON, CourseProblem
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
        effects = effects_of(screen, split.train)
        if not len(effects):
            raise UserError("There is no perturbed condition among the training rows: give time courses some to learn.")
        problem = self.problem(screen, effects)
        mode: Mode = "steady" if self.adjoint == "implicit" else ("shooting" if self.shooting else "whole")
        objective = CourseObjective(self.law_on(problem), self.method(problem.times), mode, self.jitter)
        problem.refuse_lost(objective, self.adjoint, seed, LOST)
        pairs = inner_effects(screen, split, self.folds, seed) if self.folds > 1 else []
        choice = chosen_by(self, problem, objective, pairs, seed, monitor)
        parameters, curve = final_fit(self, problem, objective, choice, seed, monitor)
        problem.refuse_lost(objective, self.adjoint, seed, LOST, parameters)
        fitted = self.finish(problem, objective, parameters, curve, choice)
        if self.compare == "means":
            return fitted
        data = populations(problem, split.train, self.cells, seed)
        moved = PopulationObjective(objective.law, objective.method, self.compare)
        return replace(fitted, **refined(moved, parameters, data, self.population_steps, choice.sparsity, monitor))

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
        return FittedCourses(
            kind="cellbox" if isinstance(law, NetworkLaw) else "neural",
            field=(law.field.envelope, law.field.activation.name, law.field.activation.power)
            if isinstance(law, NetworkLaw)
            else (0, "tanh", 1),
            self_loops=isinstance(law, NetworkLaw) and law.self_loops,
            solver=self.solver,
            steady=objective.mode == "steady",
            nodes=problem.nodes,
            seen=problem.effects.conditions,
            times=problem.times * problem.time_unit,
            unit=problem.unit,
            time_unit=problem.time_unit,
            parameters={name: np.asarray(leaf) for name, leaf in parameters._asdict().items()},
            errors=errors,
            residual=choice.residual,
            cells=np.zeros((1, len(problem.nodes.observed))),
            population_error=np.empty(0),
            sparsity=choice.sparsity,
            steps=choice.steps,
            train_error=curve,
            validation_error=choice.validation_error,
        )


def testable(data: Courses, free: NetworkParameters) -> bool:
    """There are more samples than free parameters, and the derivatives of the ones by the others fit into memory."""
    parameters = sum(int(leaf.sum()) for leaf in free)
    samples = int((np.asarray(data.weights) > 0).sum())
    return parameters < samples and parameters * samples <= MOST_SLOPES


@dataclass(frozen=True)
class CellBoxCourses(CourseModel):
    """The CellBox field with both its rates: dx/dt = eps phi(W x + u) - alpha x (envelope 0).

    envelope, activation, power: the form of the law, see `numerics.fields.Field`. The network has q-values from Wald
    tests at the maximum of the likelihood, where there are more samples than parameters. Source: Yuan et al. 2021,
    doi:10.1016/j.cels.2020.11.013; with adjoint sensitivities Ji et al. 2021, arXiv:2104.06467.
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
    """

    name: ClassVar[str] = "neural-courses"
    hidden: int = 32

    @property
    def law(self) -> NeuralLaw:
        """The neural field."""
        return NeuralLaw(self.hidden)
