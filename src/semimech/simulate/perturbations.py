"""What is done to simulated cells, and how it acts on their law."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

import numpy as np

from semimech.data.condition import GENETIC, Kind, Perturbation
from semimech.data.network import Network
from semimech.support.errors import UserError
from semimech.support.options import require_one_of, require_within

SECTION = "section [[perturbations]]"
STRENGTHS: dict[str, float] = {"knock-out": 1.0, "knock-down": 0.8, "activation": 4.0, "drug": 3.0}
SIGNS = {"knock-out": -1.0, "knock-down": -1.0, "activation": 1.0}


@dataclass(frozen=True)
class Family:
    """Perturbations of one kind; in TOML a section [[perturbations]]. Raises UserError for options that do not fit.

    kind: knock-out (the node is held at its lowest), knock-down (production loses the share `strength` at dose 1),
    activation (production gains `strength` times itself at dose 1), drug (production of the targets changes by
    2^(sign strength d / (ec50 + d)) at dose d). Not given, strength is .8, 4 and 3.
    Which: `nodes`, a perturbation for each, named as the node; or `name` with `targets` {node: sign}; or `count` of
    them drawn from the nodes that send edges, drugs with one or two targets, of which `inhibiting` are inhibited.
    efficiency: of a genetic perturbation, the share of labelled cells that are really edited.
    """

    kind: str = "knock-out"
    nodes: tuple[str, ...] = ()
    name: str = ""
    targets: dict[str, float] = field(default_factory=dict)
    count: int = 0
    inhibiting: float = 0.75
    strength: float = 0.0
    ec50: float = 1.0
    efficiency: float = 1.0
    dose_unit: str = ""

    def __post_init__(self) -> None:
        require_one_of(SECTION, "kind", self.kind, STRENGTHS)
        limits = {
            "count": (self.count, 0.0, 1e6),
            "inhibiting": (self.inhibiting, 0.0, 1.0),
            "strength": (self.strength, 0.0, 0.999 if self.kind == "knock-down" else 100.0),
            "ec50": (self.ec50, 1e-9, 1e9),
            "efficiency": (self.efficiency, 0.01, 1.0),
        }
        require_within(SECTION, limits)
        if sum(map(bool, (self.nodes, self.targets, self.count))) > 1 or bool(self.name) != bool(self.targets):
            raise UserError(f"The {SECTION} needs one of nodes, name with targets, and count: give exactly one.")
        if not all(isinstance(sign, int | float) and sign in (-1, 1) for sign in self.targets.values()):
            raise UserError(f"The targets of {self.name} need the signs -1 or 1: write targets = {{ NODE = -1 }}.")
        if self.kind == "drug" and (self.nodes or self.efficiency < 1):
            raise UserError("A drug needs name and targets, or count, and has no efficiency: correct the section.")


@dataclass(frozen=True, eq=False)
class Action:
    """A perturbation, the part of its family that says how strongly it acts, and its targets as node numbers."""

    perturbation: Perturbation
    family: Family
    targets: np.ndarray
    signs: np.ndarray

    @property
    def is_genetic(self) -> bool:
        """It labels cells, of which only some may be edited."""
        return self.perturbation.kind in GENETIC

    @property
    def strength(self) -> float:
        """That of the family, or of its kind."""
        return self.family.strength or STRENGTHS[self.family.kind]

    def allowed(self, dose: float) -> float:
        """The dose it is given at where `dose` is asked for: genetic perturbations have none above 1."""
        if self.family.kind == "knock-out":
            return 1.0
        return float(f"{min(dose, 1.0) if self.is_genetic else dose:.4g}")

    def push(self, dose: np.ndarray) -> np.ndarray:
        """The log2-fold change of its targets' production at each dose, without the sign."""
        dose, strength = np.abs(dose), self.strength
        if self.family.kind == "drug":
            return strength * dose / (self.family.ec50 + dose)
        if self.family.kind == "activation":
            return np.log2(1 + strength * dose)
        return -np.log2(1 - strength * np.minimum(dose, 1))


def actions_of(families: Sequence[Family], network: Network, random: np.random.Generator) -> tuple[Action, ...]:
    """The perturbations of all families; UserError for unknown nodes and names that stand twice."""
    found: dict[str, Action] = {}
    for family in families:
        for name, targets in _members(family, network, random, found):
            _check(name, targets, network.nodes, found)
            if family.kind == "drug" and name in network.nodes:
                raise UserError(f"The drug {name} has the name of a node of the network: give it another name.")
            perturbation = Perturbation(name, _kind(family), targets, family.dose_unit)
            numbers = np.array([network.nodes.index(node) for node in targets], int)
            found[name] = Action(perturbation, family, numbers, np.array(list(targets.values())))
    if not found:
        raise UserError(f"Nothing is perturbed: add a {SECTION}.")
    return tuple(found.values())


def _kind(family: Family) -> Kind:
    return family.kind  # type: ignore[return-value]


def _members(
    family: Family, network: Network, random: np.random.Generator, found: Mapping[str, Action]
) -> list[tuple[str, dict[str, float]]]:
    if family.targets:
        return [(family.name, family.targets)]
    if family.nodes:
        return [(_free(node, family, found), {node: SIGNS[family.kind]}) for node in family.nodes]
    if not family.count:
        raise UserError(f"A {SECTION} does not say which: give one of nodes, name with targets, and count.")
    pool = [node for node in network.nodes if node in set(network.edges["source"])]
    if family.kind != "drug":
        if family.count > len(pool):
            raise UserError(
                f"{family.count:,} nodes are to be perturbed by {family.kind}, but only {len(pool):,} send edges: "
                "lower count, or name the nodes."
            )
        chosen = sorted(random.choice(len(pool), family.count, replace=False))
        return [(_free(pool[k], family, found), {pool[k]: SIGNS[family.kind]}) for k in chosen]
    if not pool:
        raise UserError("Drugs act on nodes that send edges, and here none does: give them name and targets.")
    before = sum(action.family.kind == "drug" and action.family.count > 0 for action in found.values())
    width = len(str(before + family.count))
    drugs = []
    for k in range(before, before + family.count):
        nodes = random.choice(pool, min(1 + k % 2, len(pool)), replace=False)
        signs = np.where(random.random(len(nodes)) < family.inhibiting, -1.0, 1.0)
        drugs.append((f"drug{k + 1:0{width}d}", dict(zip(map(str, nodes), signs.tolist(), strict=True))))
    return drugs


def _free(node: str, family: Family, found: Mapping[str, Action]) -> str:
    """The node's own name, with the kind where the name is taken by another kind."""
    taken = node in found and found[node].family.kind != family.kind
    return f"{node} {family.kind}" if taken else node


def _check(name: str, targets: Mapping[str, float], nodes: Sequence[str], found: Mapping[str, Action]) -> None:
    if name in found:
        raise UserError(f"The perturbation {name} stands twice: give each another name.")
    for node in targets:
        if node not in nodes:
            near = get_close_matches(node, nodes, 1)
            hint = f"did you mean {near[0]}?" if near else "correct the name."
            raise UserError(f"The perturbation {name} acts on '{node}', which is no node of the network: {hint}")
