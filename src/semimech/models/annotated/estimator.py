"""CellBox told what its perturbations hit: for perturbations that were never given, and for few conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
import numpy as np

from semimech.data.effects import Effects, effects_of
from semimech.data.inner import inner_effects
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.annotated.fitted import FittedAnnotated
from semimech.models.annotated.learning import Learning, Learnt
from semimech.models.annotated.linear import Kick, LinearLaw, Setting
from semimech.models.annotated.objective import AnnotatedObjective
from semimech.models.cellbox.nodes import map_nodes
from semimech.models.cellbox.problem import Problem, unit_of
from semimech.models.knowledge import Knowledge, Mixture
from semimech.numerics.activations import Activation
from semimech.numerics.contraction import guard_exactly
from semimech.support.errors import UserError
from semimech.support.options import require_one_of
from semimech.support.progress import Monitor, silent

# The first is where nothing can choose. (0, 0) is the ridge: perturbations have nothing in common.
MIXTURES = ((0.3, 0.6), (0.3, 0.3), (0.15, 0.6), (0.5, 0.3), (0.5, 0.0), (0.15, 0.15), (0.0, 0.0))
WORDS = {"kick": ("auto", "dose", "tanh"), "annotation": ("given", "permuted"), "dtype": ("float32", "float64")}


@dataclass(frozen=True)
class AnnotatedCellBox:
    """x = s tanh((A x + b) / s), b = sum_d t_d Phi_d Z + g * sum_d k_d targets_d.

    t_d is tanh(dose) in the usual direction, Phi_d = [sqrt a, sqrt b pathways_d, sqrt(1 - a - b) one-hot_d]: what all
    perturbations share, what a pathway shares, and a perturbation's own part; k_d, the kick on the annotated
    targets, is t_d or the dose. A perturbation that was never given keeps the shared and pathway parts and its
    kick. Molecules are the implicit block, x = s tanh((A x + b) / s); the others are read out from them. Minimised is
    sum w (x - observed)^2 + l_F |Z|^2 + l_A (|A|^2 + |H|^2) + weak priors on g and s, with sigma_max(A) <= guard.

    mixtures (a, b), mixed_ridge (l_F), network_ridge (l_A on unit-variance responses; infinity: no network) and kick
    are chosen by inner folds that leave out perturbations (one at a time where there are no more than `folds`), the
    first two and the last in closed form without network. internal_network: False leaves A and H out. annotation:
    'permuted' gives each perturbation the annotation of another, as a control. max_molecules: as in `CellBox`.
    Raises UserError for options out of range. Law: Yuan et al. 2021, doi:10.1016/j.cels.2020.11.013.

    Example: `AnnotatedCellBox().fit(screen, split_screen(screen, "leave-one-out-complete")[0])`.
    """

    name: ClassVar[str] = "cellbox-annotated"
    is_baseline: ClassVar[bool] = False
    mixtures: tuple[Mixture, ...] = MIXTURES
    mixed_ridge: tuple[float, ...] = (0.1, 0.3, 1.0)
    network_ridge: tuple[float, ...] = (10.0, 100.0, float("inf"))
    kick: Literal["auto", "dose", "tanh"] = "auto"
    annotation: Literal["given", "permuted"] = "given"
    internal_network: bool = True
    steps: int = 300
    rate: float = 0.02
    folds: int = 12
    guard: float = 0.85
    max_molecules: int = 400
    dtype: Literal["float32", "float64"] = "float32"

    def __post_init__(self) -> None:
        object.__setattr__(self, "mixtures", tuple((float(a), float(b)) for a, b in self.mixtures))
        for option in ("mixed_ridge", "network_ridge"):
            object.__setattr__(self, option, tuple(float(value) for value in getattr(self, option)))
            if not getattr(self, option) or min(getattr(self, option)) <= 0:
                raise UserError(f"{self.name}'s option {option} needs at least one value, all above 0.")
        if not self.mixtures or any(min(each) < 0 or sum(each) > 1 for each in self.mixtures):
            raise UserError(f"{self.name}'s mixtures need pairs (a, b) of shares that are not below 0 with a + b <= 1.")
        if not 0 < self.guard < 1:
            raise UserError(f"{self.name}'s guard is {self.guard}: give a bound between 0 and 1.")
        for option, allowed in WORDS.items():
            require_one_of(self.name, option, getattr(self, option), allowed)
        if not self.rate > 0:
            raise UserError(f"{self.name}'s option rate is {self.rate}: give a number above 0.")
        for option in ("steps", "max_molecules"):
            if getattr(self, option) < 1:
                raise UserError(f"{self.name}'s option {option} is {getattr(self, option)}: give at least 1.")

    @property
    def objective(self) -> AnnotatedObjective:
        """The loss."""
        return AnnotatedObjective(self.guard)

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> FittedAnnotated:
        """Choose the settings by inner folds of the training rows, then fit all of them."""
        effects = effects_of(screen, split.train)
        if not len(effects):
            raise UserError(f"There is no perturbed condition among the training rows for {self.name} to learn from.")
        knowledge = Knowledge.of(screen)
        if not knowledge.is_annotated.any():
            raise UserError(f"No perturbation has a target or a pathway for {self.name}: give --annotations FILE.")
        if self.annotation == "permuted":
            knowledge = knowledge.permuted(seed)
        with jax.enable_x64(self.dtype == "float64"):
            learning = self._learning(screen, effects, knowledge, monitor)
            by_perturbation = inner_effects(screen, split, self.folds, seed, question="perturbations")
            if _asks_for_unseen(screen, split) and by_perturbation:
                learnt = learning.learn(by_perturbation, ())
            else:
                learnt = learning.learn(inner_effects(screen, split, 5, seed, question="conditions"), by_perturbation)
        return self._finished(learning.problem, knowledge, learnt)

    def refits(
        self,
        screen: Screen,
        split: Split,
        fitted: FittedAnnotated,
        inner: Sequence[Split],
        *,
        seed: int,
        monitor: Monitor,
    ) -> list[np.ndarray]:
        """Effects of the test conditions of each inner split, by a fit of the rest at the settings of `fitted`."""
        with jax.enable_x64(self.dtype == "float64"):
            learning = self._learning(screen, effects_of(screen, split.train), fitted.knowledge, monitor)
            mixed_ridge, network_ridge = fitted.penalties
            setting = Setting(fitted.mixture, mixed_ridge, fitted.kick_kind)
            pairs = [(effects_of(screen, each.train), effects_of(screen, each.test)) for each in inner]
            return learning.held_out(setting, network_ridge, pairs)

    def _learning(self, screen: Screen, effects: Effects, knowledge: Knowledge, monitor: Monitor) -> Learning:
        """The training conditions as arrays, and which node is what."""
        nodes = map_nodes(screen, effects, "force", self.max_molecules)
        unit = unit_of(effects, nodes.observed)
        problem = Problem(screen, nodes, effects, 0, Activation(), unit, getattr(np, self.dtype))
        law = LinearLaw.of(knowledge, effects.conditions, nodes.observed, problem.rows, self.objective.kick_prior)
        return Learning(self, problem, law, monitor)

    def _finished(self, problem: Problem, knowledge: Knowledge, learnt: Learnt) -> FittedAnnotated:
        """Guard exactly; the settings that were chosen."""
        parts, nodes = learnt.parts, problem.nodes
        ones = jnp.ones(len(nodes.molecules), parts.network.dtype)
        factor = np.asarray(guard_exactly(jnp.asarray(parts.network), ones, self.guard, 1.0))
        kick: Kick = learnt.setting.kick
        return FittedAnnotated(
            nodes=nodes,
            knowledge=knowledge,
            mixture=learnt.setting.mixture,
            kick_kind=kick,
            unit=problem.unit,
            seen=problem.effects.conditions,
            network_weights=np.asarray(parts.network) * factor,
            readout=np.asarray(parts.readout),
            mixed=np.asarray(parts.mixed),
            kick=np.asarray(parts.kick),
            saturation=np.asarray(parts.saturation),
            inner_network=np.asarray(learnt.inner.network),
            inner_readout=np.asarray(learnt.inner.readout),
            penalties=(learnt.setting.mixed_ridge, learnt.network_ridge),
            train_error=learnt.train_error,
            validation_error=learnt.validation_error,
        )


@dataclass(frozen=True)
class AnnotatedWithoutNetwork(AnnotatedCellBox):
    """`AnnotatedCellBox` with no edges between nodes: what the network adds is the difference to this."""

    name: ClassVar[str] = "cellbox-annotated-no-network"
    internal_network: bool = False


@dataclass(frozen=True)
class PermutedAnnotation(AnnotatedCellBox):
    """`AnnotatedCellBox` told the annotations of other perturbations: what they are worth is the difference to this."""

    name: ClassVar[str] = "cellbox-annotated-permuted"
    annotation: Literal["given", "permuted"] = "permuted"


def _asks_for_unseen(screen: Screen, split: Split) -> bool:
    """A test condition has a perturbation that no training row has; without test rows that is what is asked for."""
    given = screen.design != 0
    learnt = given[np.sort(split.train)].sum(0) > 0
    asked = given[np.sort(split.test)].sum(0) > 0
    return bool(not split.test.size or (asked & ~learnt).any())
