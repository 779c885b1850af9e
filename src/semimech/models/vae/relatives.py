"""Perturbations never given, as mixtures of those that were: whose genes are alike, by a source that is chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from semimech.data.condition import Perturbation
from semimech.data.effects import Effects
from semimech.data.scored import own_columns
from semimech.data.screen import Screen, normalise
from semimech.data.splits import Split
from semimech.models.scm.kinship import influence, shared_neighbours
from semimech.models.scm.selection import choose_kernel, halves, seen_alone

POWERS, NOISES = (1, 2), (0.1, 0.3, 1.0, 3.0, float("inf"))
FEWEST = 4
NOTHING = "nothing that tells it apart: no change is predicted"


@dataclass(frozen=True, eq=False)
class Relatives:
    """Mixtures of seen perturbations that stand for one never given.

    source: in words, what the likeness rests on, '' where none is of use; kernel: likeness of features with the genes
    of the perturbations seen alone (features x seen); own: likeness among these (seen x seen); seen: their numbers;
    power, noise: of the kernel ridge; error: squared error of perturbations left out, as a share of no change.
    targets: the feature of each perturbation's gene, -1 where it is not measured.
    """

    source: str
    kernel: np.ndarray
    own: np.ndarray
    seen: np.ndarray
    power: int
    noise: float
    error: float
    targets: Mapping[str, int]
    features: tuple[str, ...]

    def mixture(self, name: str) -> np.ndarray | None:
        """Weights of the perturbations seen (seen,); None where its gene is not known, or no source is of use."""
        column = self.targets.get(name, self._place.get(name, -1))
        if column < 0 or not self.source or not np.isfinite(self.noise):
            return None
        n = len(self.seen)
        whole = np.block([[self.own, self.kernel[column][:, None]], [self.kernel[column][None, :], np.ones((1, 1))]])
        weights = influence(whole**self.power, np.arange(n), np.array([n]), self.noise)[0]
        return weights if weights.any() else None

    def knowing(self, perturbations: Sequence[Perturbation]) -> Relatives:
        """The same, told which genes further perturbations act on."""
        told = {
            p.name: next((self._place[g] for g in (*p.targets, p.name) if g in self._place), -1)
            for p in perturbations
            if p.name not in self.targets
        }
        return replace(self, targets={**self.targets, **told})

    @cached_property
    def _place(self) -> dict[str, int]:
        return {name: j for j, name in enumerate(self.features)}


def relatives_of(
    screen: Screen,
    split: Split,
    sources: Mapping[str, Callable[[np.ndarray], np.ndarray]],
    perturbations: Sequence[str],
    seed: int,
) -> Relatives:
    """The source with the least error over perturbations left out; none where none beats no change.

    sources: in words, what gives the likeness of all features with the columns it is given (features x columns).
    """
    columns = own_columns(screen)
    targets = {name: int(columns[name][0]) if len(columns.get(name, ())) else -1 for name in perturbations}
    pairs = halves(screen, split, seed)
    alone = [name for name in seen_alone(pairs[0][0]) if targets.get(name, -1) >= 0]
    seen = np.array([perturbations.index(name) for name in alone], int)
    features = screen.feature_names
    best = Relatives("", np.zeros((0, 0)), np.zeros((0, 0)), seen, 1, np.inf, 1.0, targets, features)
    if len(alone) < FEWEST:
        return best
    held = np.array([targets[name] for name in alone])
    own_pairs = [(_only(fit, alone), _only(other, alone)) for fit, other in pairs]
    for words, likeness in sources.items():
        kernel = likeness(held)
        among = kernel[held]
        power, noise, error = choose_kernel(screen, own_pairs, among, POWERS, NOISES)
        if np.isfinite(noise) and error < best.error:
            best = Relatives(words, kernel, among, seen, power, noise, error, targets, features)
    return best


def _only(effects: Effects, names: Sequence[str]) -> Effects:
    """Conditions of one of the perturbations alone, with these as the only ones."""
    kept = np.array([not c.is_combination and c.names[0] in names for c in effects.conditions], bool)
    return replace(effects.take(kept), perturbations=tuple(names))


def coexpression(screen: Screen, rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Correlation of features over the control rows, each centred by its batch."""

    def likeness(columns: np.ndarray) -> np.ndarray:
        control = np.asarray(rows)[screen.is_control[rows]]
        batches, size = screen.batches, int(screen.batches.max()) + 1
        total, n = np.zeros((size, screen.shape[1])), np.bincount(batches[control], minlength=size)
        for numbers, block in screen.blocks(control):
            np.add.at(total, batches[numbers], normalise(block, screen.scale).astype(np.float64))
        mean = total / np.maximum(n, 1)[:, None]
        products, squares = np.zeros((screen.shape[1], len(columns))), np.zeros(screen.shape[1])
        for numbers, block in screen.blocks(control):
            values = normalise(block, screen.scale) - mean[batches[numbers]]
            products += values.T @ values[:, columns]
            squares += (values**2).sum(0)
        scale = np.sqrt(np.where(squares > 0, squares, 1.0))
        return products / scale[:, None] / scale[None, columns]

    return likeness


def by_edges(edges: pd.DataFrame, features: Sequence[str]) -> Callable[[np.ndarray], np.ndarray]:
    """Shared neighbours in a table of edges; only for features that are in it, and those asked for."""

    def likeness(columns: np.ndarray) -> np.ndarray:
        named = set(edges["source"]) | set(edges["target"])
        chosen = [j for j, name in enumerate(features) if name in named or j in set(columns.tolist())]
        place = {j: k for k, j in enumerate(chosen)}
        kernel = shared_neighbours(edges, [features[j] for j in chosen])
        table = np.zeros((len(features), len(columns)))
        table[chosen] = kernel[:, [place[int(j)] for j in columns]]
        return table

    return likeness


def by_regulators(network: np.ndarray, nodes: np.ndarray, features: int) -> Callable[[np.ndarray], np.ndarray]:
    """Cosine of the columns of a network [regulator, target]: who is moved by the same regulators.

    The rows of the two genes themselves do not count: they hold what is asked for. nodes: feature of each node, or -1.
    """

    def likeness(columns: np.ndarray) -> np.ndarray:
        # With a zero diagonal the product of two columns has no own row of either gene in it.
        own = network * (1 - np.eye(len(network)))
        products = own.T @ own
        size = np.sqrt(np.maximum(np.diag(products), 1e-12))
        cosine = products / size[:, None] / size[None, :]
        np.fill_diagonal(cosine, 1.0)
        table = np.zeros((features, len(columns)))
        node_of = {int(j): k for k, j in enumerate(nodes) if j >= 0}
        measured = nodes >= 0
        for k, column in enumerate(columns):
            if int(column) in node_of:
                table[nodes[measured], k] = cosine[measured, node_of[int(column)]]
            table[column, k] = 1.0
        return table

    return likeness
