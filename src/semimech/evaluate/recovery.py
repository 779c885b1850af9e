"""How much of a known network was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semimech.data.network import Network
from semimech.evaluate.strength import strength_of
from semimech.support.errors import UserError


@dataclass(frozen=True, eq=False)
class Recovery:
    """Recovery of the true edges by the edges of one network, over all pairs that could be an edge.

    auprc: area under the precision-recall curve; base_rate: what a random order reaches, true edges / pairs.
    sign_accuracy: share of the found true edges whose sign is right, .5 by chance; NaN where none is found, or all
    true weights are 1, as of a gold standard without signs.
    found: true edges that were given a weight, of `edges`; listed: all pairs given a weight; pairs: all pairs.
    recall, precision: the curve, from the strongest edge down; pairs of equal strength enter together.
    """

    name: str
    auprc: float
    base_rate: float
    sign_accuracy: float
    found: int
    edges: int
    listed: int
    pairs: int
    recall: np.ndarray
    precision: np.ndarray


def recovery(network: Network, truth: Network, name: str = "network") -> Recovery:
    """Compare the edges of `network`, by strength, with those of `truth`.

    Strength is that of `strength_of`: |drive| or |weight|, times the stability. The pairs are source ->
    target with no self-loop, no phenotype as a source and no input as a target; a node of the truth that the network
    does not have counts as not found. AUPRC = sum_k (R_k - R_k-1) P_k over the distinct strengths, as in Davis and
    Goadrich 2006, doi:10.1145/1143844.1143874. Raises UserError where the truth has no edge among the pairs.
    """
    weights, strength = _aligned(network, truth)
    true = truth.matrix()
    roles = np.asarray(truth.roles)
    pairs = np.outer(roles != "input", roles != "phenotype") & ~np.eye(len(roles), dtype=bool)
    real = true[pairs] != 0
    if not real.any():
        raise UserError("The true network has no edge that could be found: recovery has no meaning.")
    precision, recall = precision_recall(strength[pairs], real)
    found = real & (weights[pairs] != 0)
    right = np.sign(weights[pairs][found]) == np.sign(true[pairs][found])
    if (true[pairs][real] == 1).all():
        right = right[:0]  # a gold standard of ones has no signs to judge by
    return Recovery(
        name=name,
        auprc=average_precision(precision, recall),
        base_rate=float(real.mean()),
        sign_accuracy=float(right.mean()) if right.size else float("nan"),
        found=int(found.sum()),
        edges=int(real.sum()),
        listed=int(np.count_nonzero(strength[pairs])),
        pairs=int(pairs.sum()),
        recall=recall,
        precision=precision,
    )


def precision_recall(strength: np.ndarray, real: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall (distinct strengths,) when all pairs at least as strong are called edges.

    strength: (pairs,) at least 0; real: (pairs,) bool.
    """
    order = np.argsort(-strength, kind="stable")
    last = np.flatnonzero(np.append(np.diff(strength[order]) != 0, True))
    hits = np.cumsum(real[order])[last]
    return hits / (last + 1), hits / real.sum()


def average_precision(precision: np.ndarray, recall: np.ndarray) -> float:
    """Area under the steps of a precision-recall curve: sum_k (R_k - R_k-1) P_k."""
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def correlation_network(
    values: np.ndarray, features: Sequence[str], design: np.ndarray, perturbations: Sequence[str], roles: Sequence[str]
) -> Network:
    """The simplest guess at a network: every pair weighed by its correlation over conditions, in both directions.

    values: effects (conditions x features); design: doses (conditions x perturbations), seen through tanh.
    `roles` are those of the features; perturbations are inputs. A column that never varies has no edge.
    """
    names = (*features, *(name for name in perturbations if name not in set(features)))
    added = [j for j, name in enumerate(perturbations) if name not in set(features)]
    table = np.hstack([values, np.tanh(design[:, added])]).astype(np.float64)
    table -= table.mean(0)
    size = np.linalg.norm(table, axis=0)
    table = np.divide(table, size, out=np.zeros_like(table), where=size > 0)
    matrix = table.T @ table
    roles = (*roles, *("input" for _ in added))
    possible = np.outer(np.asarray(roles) != "input", np.asarray(roles) != "phenotype")
    np.fill_diagonal(possible, False)
    return Network.from_matrix(np.where(possible, matrix, 0.0), names, roles)


def _aligned(network: Network, truth: Network) -> tuple[np.ndarray, np.ndarray]:
    """Weight and strength of the network's edges on the nodes of the truth, [target, source]."""
    index = [network.nodes.index(node) if node in network.nodes else -1 for node in truth.nodes]
    known = np.array(index) >= 0
    rows = np.array(index)[known]
    weights = np.zeros((len(index), len(index)))
    strength = weights.copy()
    inside = np.ix_(known, known)
    weights[inside] = network.matrix()[np.ix_(rows, rows)]
    ranked = Network(network.nodes, network.edges.assign(strength=strength_of(network.edges)), network.roles)
    strength[inside] = ranked.matrix("strength")[np.ix_(rows, rows)]
    return weights, strength
