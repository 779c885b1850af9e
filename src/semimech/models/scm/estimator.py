"""The linear interventional SCM: knock-outs as do-clamps in a linear network, able to abstain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

import numpy as np

from semimech.data.effects import Effects, effects_of
from semimech.data.readers.edges import read_edges
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.baselines.fitted import encode
from semimech.models.baselines.ridge import Path, dot
from semimech.models.scm.cells import within_components
from semimech.models.scm.fitted import FittedSCM
from semimech.models.scm.kinship import influence, shared_neighbours
from semimech.models.scm.law import Law, law_of
from semimech.models.scm.selection import (
    Choice,
    above,
    choose_kernel,
    choose_network,
    folds_of,
    halves,
    levels_for,
    noise_size,
    seen_alone,
    unseen_answers,
)
from semimech.models.scm.targets import Columns, held_columns, measured_slopes, rows_that_hold
from semimech.support.errors import UserError, listed
from semimech.support.progress import Monitor, silent

FROM_ZERO = ("within", "floors")


@dataclass(frozen=True)
class LinearSCM:
    """dx = B dx + w with the targets of knock-outs held (the do-operator), B by ridge, in closed form.

    Row j of B regresses node j on the other nodes over the training conditions that do not target j. A perturbation
    seen in training adds the direct input w_p that B leaves of its effects (ridge of `input_penalty` on tanh of the
    dose), so that a single comes back as it was and a combination of knock-outs holds both targets. One never seen
    is f * (state with its target held) + relatives, where f in [0, 1], 0 being 'no change', the ridge's strength,
    the weight of what features of cells vary together `within` conditions, and the floor (one of `floors`, in squared
    norms of the noise of an effect) below which an answer counts as no change, have the least error over targets left
    out. own_shift: at which level an unseen target is held, 'predicted' from the mean relative change of the
    targets seen, or 'given' in `shifts` (perturbation -> effect on its own target at dose 1). edges: a table (CSV, TSV,
    Parquet) of edges between genes; the relatives of a target, by shared neighbours, then pass on what the network
    left unexplained of their effects, in a kernel ridge chosen over perturbations left out. Raises UserError for
    options out of range, and shifts or edges that name nothing of the screen. Do-operator: Pearl 2009,
    doi:10.1017/CBO9780511803161; interventional regression: Hauser and Buehlmann 2015, doi:10.1111/rssb.12071.

    Example: `LinearSCM().fit(screen, split_screen(screen, "perturbations")[0]).predict(conditions)`.
    """

    own_shift: Literal["predicted", "given"] = "predicted"
    shifts: Mapping[str, float] = field(default_factory=dict)
    edges: str | None = None
    strengths: tuple[float, ...] = (0.01, 0.1, 0.3, 1.0, 3.0, 10.0)
    within: tuple[float, ...] = (0.0, 1.0, 10.0)
    floors: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0, 4.0)
    powers: tuple[int, ...] = (1, 2)
    noises: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0, float("inf"))
    input_penalty: float = 1e-3
    folds: int = 40
    network_nodes: int = 400
    name: ClassVar[str] = "scm"
    is_baseline: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.own_shift not in ("predicted", "given"):
            raise UserError(f"The scm's own_shift is '{self.own_shift}': use predicted or given.")
        for option in ("strengths", "within", "floors", "powers", "noises"):
            values = tuple(getattr(self, option))
            object.__setattr__(self, option, values)
            if not values or min(values) < 0 or (min(values) == 0 and option not in FROM_ZERO):
                least = "none below 0" if option in FROM_ZERO else "all above 0"
                raise UserError(f"The scm's option {option} is {values}: give at least one value, {least}.")
        if not self.input_penalty > 0:
            raise UserError(f"The scm's option input_penalty is {self.input_penalty}: give a number above 0.")
        if self.folds < 2 or self.network_nodes < 1:
            raise UserError("The scm's folds must be at least 2, and its network_nodes at least 1.")

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> FittedSCM:
        """Choose strength, factor and kernel with targets left out of the training rows, then fit all of them."""
        effects = effects_of(screen, split.train)
        if not len(effects):
            raise UserError("There is no perturbed condition among the training rows: give the scm some to learn from.")
        columns = held_columns(screen)
        self._check_shifts(screen, columns)
        kernel = self._kernel(screen)
        pairs = halves(screen, split, seed)
        cells = within_components(screen, split, effects) if max(self.within) > 0 else None
        weights = (0.0,) if cells is None else self.within
        options = [Choice(strength, within) for within in weights for strength in self.strengths]
        given = self.own_shift == "given"
        choice = choose_network(screen, pairs, columns, options, self.floors, cells, given, self.folds, seed)
        if kernel is not None:
            power, noise, kin_error = choose_kernel(screen, pairs, kernel, self.powers, self.noises)
            choice = replace(choice, power=power, noise=noise, kin_error=kin_error)
        held = rows_that_hold(effects.conditions, columns)
        law = law_of(effects.values.astype(float), held, choice.strength, cells, choice.within)
        kin, kin_weights, unexplained = self._passed_on(effects, columns, choice, kernel, cells, seed)
        return FittedSCM(
            features=effects.features,
            perturbations=effects.perturbations,
            conditions=effects.conditions,
            effects=law.effects,
            control_mean=effects.control_mean,
            columns=columns,
            slopes=measured_slopes(effects, columns),
            shifts={name: float(value) for name, value in self.shifts.items()},
            penalty=law.penalty,
            inputs=self._inputs(law, effects, columns),
            factor=choice.factor,
            floor=choice.floor * noise_size(effects),
            error=choice.error,
            kin_error=choice.kin_error,
            relatives=kin,
            kin_weights=kin_weights,
            unexplained=unexplained,
            network_nodes=_largest(effects, columns, self.network_nodes),
            folds=self.folds,
            seed=seed,
        )

    def _check_shifts(self, screen: Screen, columns: Columns) -> None:
        wrong = [name for name in self.shifts if not columns.get(name)]
        if wrong:
            raise UserError(
                f"The scm's shifts name {listed(wrong)}, no genetic perturbation with a measured target: "
                "correct or remove it."
            )

    def _kernel(self, screen: Screen) -> np.ndarray | None:
        """Kernel between the perturbations of the screen, then its features, by the edge table."""
        if self.edges is None:
            return None
        table = read_edges(self.edges)
        nodes = [next(iter(p.targets), p.name) for p in screen.perturbations] + list(screen.feature_names)
        if not set(nodes[: len(screen.perturbations)]) & {*table["source"], *table["target"]}:
            raise UserError(
                f"No perturbation of the screen is in the edge table {self.edges} "
                f"({listed(nodes[: len(screen.perturbations)], 3)}): give one with the same names."
            )
        return shared_neighbours(table, nodes)

    def _inputs(self, law: Law, effects: Effects, columns: Columns) -> np.ndarray:
        """Direct inputs of the perturbations (perturbations x features): ridge of what the law leaves."""
        values = effects.values.astype(float)
        left = values - law.explained(values)
        for j, rows in rows_that_hold(effects.conditions, columns).items():
            left[rows, j] = 0  # a held node is held, not driven
        design = encode(effects.conditions, effects.perturbations)
        return design.T @ Path.of(dot(design, design), replace(effects, values=left), "equal").solve(self.input_penalty)

    def _passed_on(
        self,
        effects: Effects,
        columns: Columns,
        choice: Choice,
        kernel: np.ndarray | None,
        cells: np.ndarray | None,
        seed: int,
    ) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
        """What relatives pass on: their names, weights (perturbations, features x relatives), unexplained effects."""
        names = (*effects.perturbations, *effects.features)
        if kernel is None or not np.isfinite(choice.noise):
            nothing = np.zeros((0, len(effects.features)))
            return (), np.zeros((len(names), 0)), nothing
        single = [i for i, condition in enumerate(effects.conditions) if not condition.is_combination]
        left, floor = effects.values.astype(float).copy(), choice.floor * noise_size(effects)
        named = [name for name in seen_alone(effects) if columns[name]]
        for fit, asked in folds_of(effects, named, self.folds, seed) if len(named) > 1 else ():
            levels = list(levels_for(effects, asked, columns, {}, effects))
            answers = unseen_answers(effects, fit, asked, levels, columns, choice, cells)
            left[asked] -= choice.factor * above(answers, floor)
        relatives = tuple(effects.conditions[i].names[0] for i in single)
        known = np.array([names.index(name) for name in relatives], int)
        weights = influence(kernel**choice.power, known, np.arange(len(names)), choice.noise)
        return relatives, weights, left[single]


def _largest(effects: Effects, columns: Columns, most: int) -> np.ndarray:
    """Columns of the nodes a network is drawn of: every target, then those with the largest effects."""
    targets = sorted({j for held in columns.values() for j in held})
    order = np.argsort(-(effects.values**2).sum(0), kind="stable")
    others = [int(j) for j in order if int(j) not in set(targets)]
    return np.array(sorted([*targets, *others[: max(most - len(targets), 0)]]), int)
