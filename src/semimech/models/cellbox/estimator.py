"""CellBox at steady state: a signed network through which perturbations act, with a unique steady state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np

from semimech.data.effects import Effects, effects_of
from semimech.data.inner import inner_effects
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.cellbox.fitted import FittedCellBox
from semimech.models.cellbox.learning import Choice, Penalties, choose, held_out, refit
from semimech.models.cellbox.nodes import InputEdges, InputMode, NodeMap, declared_edges, map_nodes
from semimech.models.cellbox.objective import SteadyStateObjective
from semimech.models.cellbox.prior import EdgePrior, prior_of
from semimech.models.cellbox.problem import Problem, unit_of
from semimech.models.fitting import Trained
from semimech.numerics.activations import Activation, ActivationName
from semimech.numerics.contraction import guard_exactly
from semimech.numerics.fields import Field, effective, gain_of
from semimech.numerics.steady_state import Solver
from semimech.support.errors import UserError
from semimech.support.options import require_one_of
from semimech.support.progress import Monitor, silent

WORDS = {
    "input_mode": get_args(InputMode),
    "input_edges": get_args(InputEdges),
    "prior_names": ("given", "shuffled"),
    "dtype": ("float32", "float64"),
}


@dataclass(frozen=True)
class CellBox:
    """x = s phi(W x + u) per condition, fitted to effects by proximal Adam through the implicit steady state.

    basal_offset: learn a constant b per node, x = s phi(W x + u + b); effects are then x(u) - x(0), with x(0) the
    state at u = 0, and clamps hold a node at its x(0) plus the level. It helps where nodes are not at rest at the
    middle of phi before treatment.

    envelope, activation, power, second_order: the form of the law (see `numerics.fields.Field`).
    input_mode: 'auto' clamps the measured targets of genetic perturbations and drives with the others, 'force'
    drives always, 'clamp' clamps wherever a target is measured. internal_network: False leaves out the
    molecule -> molecule edges, for a nested comparison. input_edges: 'declared' takes the declared targets and their
    weights for the edges from inputs, but for one factor that is learned: a perturbation never given is predicted too.
    sparsity: l1 on edges between nodes; input_share: l1 on edges from inputs, as a share of it; input_ridge: l2 on
    these; values to choose from, responses measured in twice their rms. prior: a table of edges between nodes (CSV,
    TSV, Parquet: source, target and, if known, weight); l1 is multiplied by a factor for the edges it names, with
    their sign where the table has negative weights, and divided by it for all others; prior_factor: values to choose
    from, 1 being no prior; prior_names: 'shuffled' permutes the nodes, for comparison. All these and the number of
    steps are chosen by inner folds of the training rows; where none can be made, the middle of the lists and all
    steps are taken. support_steps: the edges that l1 leaves are fitted again without it (or a prior) for so many
    steps, weak ones are weeded out by l1 over their weight, and the rest fitted a last time: it undoes the shrinkage
    of edges, where there are more data than edges. members: 1 fits all training conditions once; more fit random
    reweightings of them. guard: bound on steepest slope * sigma_max(diag(s) W), below 1; 0 switches it off
    explicitly, and states are then those that integration from x = 0 reaches.
    max_molecules: nodes of the network; where there are more, those with the largest effects are kept and the others
    read out from them.
    Raises UserError for options out of range. Source: Yuan et al. 2021, doi:10.1016/j.cels.2020.11.013.

    Example: `CellBox(members=20).fit(screen, split_screen(screen, "combinations")[0]).network()`.
    """

    name: ClassVar[str] = "cellbox"
    is_baseline: ClassVar[bool] = False
    needs_prior: ClassVar[bool] = False
    envelope: Literal[0, 1, 2] = 0
    activation: ActivationName = "tanh"
    power: int = 1
    second_order: bool = False
    self_loops: bool = False
    input_mode: InputMode = "auto"
    input_edges: InputEdges = "learned"
    internal_network: bool = True
    basal_offset: bool = False
    sparsity: tuple[float, ...] = (1e-4, 1e-3)
    input_share: tuple[float, ...] = (0.0, 1.0)
    input_ridge: tuple[float, ...] = (0.1, 1.0)
    prior: str | None = None
    prior_factor: tuple[float, ...] = (1.0, 0.3, 0.1)
    prior_names: Literal["given", "shuffled"] = "given"
    steps: int = 300
    support_steps: int = 0
    rate: float = 0.01
    members: int = 20
    folds: int = 4
    guard: float = 0.9
    max_molecules: int = 200
    dtype: Literal["float32", "float64"] = "float32"

    def __post_init__(self) -> None:
        for option in ("sparsity", "input_share", "input_ridge"):
            values = tuple(getattr(self, option))
            object.__setattr__(self, option, values)
            if not values or min(values) < 0:
                raise UserError(f"CellBox's option {option} is {values}: give at least one value, none below 0.")
        object.__setattr__(self, "prior_factor", tuple(self.prior_factor))
        if not self.prior_factor or not all(0 < factor <= 1 for factor in self.prior_factor):
            raise UserError(
                f"CellBox's prior_factor is {self.prior_factor}: give values above 0 and up to 1 (no prior)."
            )
        if not 0 <= self.guard < 1:
            raise UserError(f"CellBox's guard is {self.guard}: give a bound below 1, or 0 to switch it off.")
        if self.envelope not in (0, 1, 2):
            raise UserError(f"CellBox's envelope is {self.envelope}: use 0, 1 or 2.")
        _ = self.field  # refuses what its activation cannot be
        for option, allowed in WORDS.items():
            require_one_of("CellBox", option, getattr(self, option), allowed)
        if self.support_steps < 0:
            raise UserError(f"CellBox's option support_steps is {self.support_steps}: give at least 0.")
        if not self.rate > 0:
            raise UserError(f"CellBox's option rate is {self.rate}: give a number above 0.")
        for option in ("steps", "members", "max_molecules"):
            if getattr(self, option) < 1:
                raise UserError(f"CellBox's option {option} is {getattr(self, option)}: give at least 1.")

    @property
    def field(self) -> Field:
        """The form of the law."""
        return Field(self.envelope, Activation(self.activation, self.power), self.second_order)

    @property
    def objective(self) -> SteadyStateObjective:
        """The loss, with the solver that suits the guard."""
        solver = Solver(tolerance=1e-4, max_steps=200, adjoint_tolerance=1e-3, newton_steps=0)
        if self.guard == 0:
            solver = replace(solver, newton_steps=10, dense_adjoint=True)
        return SteadyStateObjective(self.field, solver, self.guard or None, self.self_loops)

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> FittedCellBox:
        """Learn from the training rows: choose penalties and steps by inner folds, then refit on all of them."""
        with jax.enable_x64(self.dtype == "float64"):
            problem = self.problem(screen, split, seed)
            pairs = inner_effects(screen, split, self.folds, seed) if self.folds > 1 else []
            chosen = choose(self, problem, pairs, seed, monitor)
            return self.finish(problem, chosen, refit(self, problem, chosen, seed, monitor))

    def refits(
        self,
        screen: Screen,
        split: Split,
        fitted: FittedCellBox,
        inner: Sequence[Split],
        *,
        seed: int,
        monitor: Monitor,
    ) -> list[np.ndarray]:
        """Effects of the test conditions of each inner split, by one member fitted to the rest as `fitted` was."""
        with jax.enable_x64(self.dtype == "float64"):
            pairs = [(effects_of(screen, each.train), effects_of(screen, each.test)) for each in inner]
            chosen = Penalties(*fitted.penalties), fitted.steps
            return held_out(self, self.problem(screen, split, seed), chosen, pairs, seed, monitor)

    def problem(self, screen: Screen, split: Split, seed: int = 0, effects: Effects | None = None) -> Problem:
        """The training conditions as arrays, which node is what, and what the edge table says of them.

        effects: others to fit than the observed.
        """
        effects = effects_of(screen, split.train) if effects is None else effects
        if not len(effects):
            raise UserError("There is no perturbed condition among the training rows: give CellBox some to learn from.")
        nodes = map_nodes(screen, effects, self.input_mode, self.max_molecules)
        unit = unit_of(effects, nodes.observed)
        dtype = getattr(np, self.dtype)
        prior = self._prior(nodes, seed)
        wiring = declared_edges(screen, nodes) if self.input_edges == "declared" else None
        return Problem(screen, nodes, effects, self.envelope, self.field.activation, unit, dtype, prior, wiring)

    def _prior(self, nodes: NodeMap, seed: int) -> EdgePrior | None:
        self.check_prior()
        if self.prior is None:
            return None
        prior = prior_of(self.prior, nodes)
        return prior.shuffled(seed) if self.prior_names == "shuffled" else prior

    def check_prior(self) -> None:
        """Raise UserError where the model is one that needs an edge table and was given none."""
        if self.needs_prior and self.prior is None:
            raise UserError(f"The model {self.name} needs a table of edges: give --prior EDGES, or its option prior.")

    def finish(self, problem: Problem, chosen: Choice, trained: Trained) -> FittedCellBox:
        """Bring the members to their final form: exact guard, no edge from an input never seen."""
        nodes, field = problem.nodes, self.field
        seen = nodes.doses(problem.effects.conditions).any(0)
        m = len(nodes.molecules)
        internal = []
        for member in range(self.members):
            blocks = jax.tree.map(lambda leaf, i=member: jnp.asarray(leaf[i]), trained.last)
            factor = 1.0
            if self.guard and self.internal_network:
                matrix = effective(field, blocks.internal)
                factor = float(guard_exactly(matrix, gain_of(blocks)[:m], self.guard, field.activation.steepest))
            internal.append(trained.last.internal[member] * np.asarray(factor, problem.dtype))
        return FittedCellBox(
            envelope=self.envelope,
            activation=self.activation,
            power=self.power,
            second_order=self.second_order,
            guard=self.guard,
            nodes=nodes,
            seen=problem.effects.conditions,
            internal=(np.stack(internal) / problem.unit).astype(problem.dtype),
            drive=trained.last.drive * (seen if problem.wiring is None else 1),
            readout=(trained.last.readout / problem.unit).astype(problem.dtype),
            gain=(np.asarray(gain_of(trained.last)) * problem.unit).astype(problem.dtype),
            basal=trained.last.basal,
            prior=problem.prior.said(chosen.penalties.prior_factor) if problem.prior else "",
            declared=problem.wiring is not None,
            penalties=tuple(chosen.penalties),
            steps=chosen.steps,
            train_error=chosen.train_error,
            validation_error=chosen.validation_error,
        )
