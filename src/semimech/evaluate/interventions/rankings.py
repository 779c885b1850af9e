"""Pairs in an order: that of a network, and those that need none and always stand beside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from semimech.data.network import Network
from semimech.data.screen import Screen
from semimech.evaluate.interventions.columns import column_blocks
from semimech.evaluate.interventions.table import InterventionTable
from semimech.evaluate.strength import strength_of


@dataclass(frozen=True, eq=False)
class Ranking:
    """pairs: flat numbers of (source, gene) pairs of a table, the best first; others are no edges."""

    name: str
    pairs: np.ndarray

    def top(self, count: int) -> np.ndarray:
        """The `count` best, or all where there are fewer."""
        return self.pairs[:count]


def ranked(name: str, score: np.ndarray, table: InterventionTable) -> Ranking:
    """The tested pairs with a score above 0, the largest first; equals in the order of the table."""
    score = np.where(table.tested & np.isfinite(score), score, 0.0).ravel()
    order = np.argsort(-score, kind="stable")
    return Ranking(name, order[: int((score > 0).sum())])


def network_ranking(name: str, network: Network, table: InterventionTable) -> tuple[Ranking, np.ndarray]:
    """(the network's edges among the pairs of the table, by `strength_of`; their weights, sources x genes)."""
    source, gene = ({name: i for i, name in enumerate(names)} for names in (table.sources, table.genes))
    edges = network.edges
    row, column = edges["source"].map(source), edges["target"].map(gene)
    inside = (row.notna() & column.notna() & (edges["weight"] != 0)).to_numpy()
    at = (row[inside].to_numpy(int), column[inside].to_numpy(int))
    strength, weights = np.zeros(table.tested.shape), np.zeros(table.tested.shape)
    # The least weight that counts: an edge that is listed is an edge, whatever its score.
    strength[at] = np.maximum(strength_of(edges).to_numpy()[inside], np.finfo(float).tiny)
    weights[at] = edges["weight"].to_numpy()[inside]
    return ranked(name, strength, table), weights


def direct_ranking(train: InterventionTable, table: InterventionTable) -> Ranking:
    """`direct`: pairs by the Wasserstein distance between training cells."""
    place = {name: i for i, name in enumerate(train.sources)}
    score = np.zeros(table.tested.shape)
    known = np.array([name in place for name in table.sources], bool)
    score[known] = train.wasserstein[[place[name] for name in table.sources if name in place]]
    return ranked("direct", score, table)


def correlation_ranking(screen: Screen, rows: np.ndarray, table: InterventionTable) -> Ranking:
    """`|correlation|` over training rows, perturbed or not, on the effect scale; sources not measured have none."""
    column = {name: j for j, name in enumerate(screen.feature_names)}
    measured = [name for name in table.sources if name in column]
    score = np.zeros(table.tested.shape)
    if measured:
        genes = np.array([column[name] for name in table.genes])
        mine = next(values for _, values in column_blocks(screen, rows, np.array([column[name] for name in measured])))
        here = np.array([name in column for name in table.sources])
        score[here] = np.hstack([_correlations(mine, values) for _, values in column_blocks(screen, rows, genes)])
    return ranked("|correlation|", score, table)


def _correlations(a: sp.csc_array, b: sp.csc_array) -> np.ndarray:
    """|Pearson correlation| of sparse columns (columns of a x columns of b), 0 where one does not vary."""
    n = a.shape[0]
    a, b = a.astype(np.float64), b.astype(np.float64)
    centre_a, centre_b = a.mean(0), b.mean(0)
    covariance = (a.T @ b).toarray() / n - np.outer(centre_a, centre_b)
    squares = [np.maximum((each**2).mean(0) - centre**2, 0) for each, centre in ((a, centre_a), (b, centre_b))]
    size = np.sqrt(np.outer(*squares))
    return np.abs(np.divide(covariance, size, out=np.zeros_like(covariance), where=size > 1e-12))
