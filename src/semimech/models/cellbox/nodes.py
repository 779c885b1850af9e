"""How perturbations act on the nodes of a CellBox network: by role and name, never by column order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from semimech.data.condition import GENETIC, Condition, Perturbation, design_matrix
from semimech.data.effects import Effects
from semimech.data.screen import Screen
from semimech.support.errors import UserError

InputMode = Literal["auto", "force", "clamp"]
InputEdges = Literal["learned", "declared"]


@dataclass(frozen=True, eq=False)
class NodeMap:
    """Which feature is which node, and what each perturbation does.

    molecules, readouts: columns of the features in the implicit block and in the read-out. inputs: perturbations
    that act through an input node of their own; input_features: the column where that node is measured, else -1.
    clamped, clamp_targets, clamp_levels: one entry for each (perturbation, molecule) held at a level; the target is
    a position in `molecules`. measured: the clamped perturbations whose level was seen in training.
    """

    features: tuple[str, ...]
    roles: tuple[str, ...]
    molecules: np.ndarray
    readouts: np.ndarray
    inputs: tuple[str, ...]
    input_features: np.ndarray
    clamped: tuple[str, ...]
    clamp_targets: np.ndarray
    clamp_levels: np.ndarray
    measured: tuple[str, ...]

    @property
    def observed(self) -> np.ndarray:
        """Columns of the nodes that are fitted: the molecules, then the read-outs."""
        return np.concatenate([self.molecules, self.readouts])

    def doses(self, conditions: Sequence[Condition]) -> np.ndarray:
        """Signed doses of the input nodes (conditions x inputs)."""
        return design_matrix(conditions, self.inputs)

    def clamps(
        self, conditions: Sequence[Condition], levels: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """(clamped 0/1, level), conditions x molecules; `levels` replaces the kept ones."""
        levels = self.clamp_levels if levels is None else levels
        clamped = np.zeros((len(conditions), len(self.molecules)), np.float32)
        level = np.zeros_like(clamped)
        for row, condition in enumerate(conditions):
            for name, target, value in zip(self.clamped, self.clamp_targets, levels, strict=True):
                if name in condition.names:
                    clamped[row, target] = 1
                    level[row, target] = value
        return clamped, level


def map_nodes(screen: Screen, effects: Effects, mode: InputMode, max_molecules: int) -> NodeMap:
    """Give each feature its block and each perturbation its way of acting.

    A perturbation with a feature of role input and its name drives through that node. In mode auto a genetic one,
    in mode clamp any, whose target is a measured molecule holds the target at its measured effect. Everything else
    drives through an input node that nobody measured. Where there are more molecules than `max_molecules`, those
    with the largest mean square effect in training (and all targets) are kept; the others are read out from them.
    """
    roles = tuple(screen.features["role"])
    names = screen.feature_names
    column = {name: j for j, name in enumerate(names)}
    targets = {p.name: _clamp_targets(p, column, roles, mode) for p in screen.perturbations}
    molecules = _molecules(roles, effects, {j for columns in targets.values() for j in columns}, max_molecules)
    chosen = set(molecules.tolist())
    position = {j: i for i, j in enumerate(molecules.tolist())}
    entries = [(name, j) for name, columns in targets.items() for j in columns]
    inputs = tuple(name for name, columns in targets.items() if not columns)
    levels, measured = _levels(screen, effects, entries)
    return NodeMap(
        features=names,
        roles=roles,
        molecules=molecules,
        readouts=np.array([j for j, role in enumerate(roles) if role != "input" and j not in chosen], int),
        inputs=inputs,
        input_features=np.array(
            [column[n] if n in column and roles[column[n]] == "input" else -1 for n in inputs], int
        ),
        clamped=tuple(name for name, _ in entries),
        clamp_targets=np.array([position[j] for _, j in entries], int),
        clamp_levels=levels,
        measured=measured,
    )


def declared_edges(screen: Screen, nodes: NodeMap) -> np.ndarray:
    """Declared weights of the inputs on their targets (molecules x inputs).

    Raises UserError where an input declares no target among the molecules of the network.
    """
    position = {nodes.features[j]: i for i, j in enumerate(nodes.molecules.tolist())}
    targets = {p.name: p.targets for p in screen.perturbations}
    edges = np.zeros((len(nodes.molecules), len(nodes.inputs)), np.float32)
    for column, name in enumerate(nodes.inputs):
        for target, weight in targets[name].items():
            if target in position:
                edges[position[target], column] = weight
        if not edges[:, column].any():
            raise UserError(
                f"CellBox's input_edges is 'declared', but '{name}' has no declared target among the measured "
                "molecules: annotate it, or use 'learned'."
            )
    return edges


def levels_in(screen: Screen, nodes: NodeMap, effects: Effects) -> np.ndarray:
    """The levels of the clamps from other effects alone: what was not seen there is assumed, as in a prediction."""
    entries = list(zip(nodes.clamped, nodes.molecules[nodes.clamp_targets].tolist(), strict=True))
    return _levels(screen, effects, entries)[0]


def own_shifts(effects: Effects, entries: Sequence[tuple[str, int]]) -> dict[tuple[str, int], float]:
    """Mean effect of each perturbation on its target column, over single conditions where there are any."""
    found = {}
    for name, j in entries:
        given = [i for i, condition in enumerate(effects.conditions) if name in condition.names]
        alone = [i for i in given if not effects.conditions[i].is_combination]
        if given:
            found[name, j] = float(np.mean(effects.values[alone or given, j]))
    return found


def _clamp_targets(
    perturbation: Perturbation, column: Mapping[str, int], roles: Sequence[str], mode: InputMode
) -> tuple[int, ...]:
    own = column.get(perturbation.name)
    if mode == "force" or (own is not None and roles[own] == "input"):
        return ()
    if mode == "auto" and perturbation.kind not in GENETIC:
        return ()
    columns = (column[name] for name in perturbation.targets if name in column)
    return tuple(j for j in columns if roles[j] == "molecule")


def _molecules(roles: Sequence[str], effects: Effects, needed: set[int], most: int) -> np.ndarray:
    columns = np.array([j for j, role in enumerate(roles) if role == "molecule"], int)
    if len(columns) <= most:
        return columns
    strength = (effects.values[:, columns].astype(float) ** 2).mean(0)
    strength[np.isin(columns, list(needed))] = np.inf
    kept = np.argsort(-strength, kind="stable")[: max(most, len(needed))]
    return np.sort(columns[kept])


def _levels(screen: Screen, effects: Effects, entries: Sequence[tuple[str, int]]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Measured own shifts; for the unseen, a knock-out has none left, others get the median shift of their kind."""
    kinds = {p.name: p.kind for p in screen.perturbations}
    own = own_shifts(effects, entries)
    levels = []
    for name, j in entries:
        alike = [shift for (other, _), shift in own.items() if kinds[other] == kinds[name]]
        if (name, j) in own:
            levels.append(own[name, j])
        elif kinds[name] == "knock-out" and effects.control_mean[j] > 0:
            levels.append(-float(effects.control_mean[j]))
        elif alike:
            levels.append(float(np.median(alike)))
        else:
            extreme = np.max if kinds[name] == "activation" else np.min
            levels.append(float(extreme(effects.values[:, j], initial=0.0)))
    return np.array(levels, np.float32), tuple(sorted({name for name, _ in own}))
