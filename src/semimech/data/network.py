"""A signed weighted directed graph over named nodes, with the evidence for each edge."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from semimech.support.errors import UserError, listed

EDGE_COLUMNS = ("source", "target", "weight")
INPUT_ENDING = " (input)"
SCORE = "score"  # a column by which a network says how its edges rank


def input_node(perturbation: str, features: Collection[str]) -> str:
    """The name of the node through which a perturbation acts: its own, with an ending where a feature has that name."""
    return perturbation + INPUT_ENDING if perturbation in features else perturbation


@dataclass(frozen=True, eq=False)
class Network:
    """Nodes, and a long table of edges source -> target.

    `edges` has the columns source, target, weight (signed: the change of the target's input per unit of the
    source) and any columns of evidence: stability (share of resamples that have the edge with this sign), lower and
    upper (90 % interval of the weight over resamples), identifiable, q_value (see `evaluate.evidence`), score (at
    least 0, by which the edges rank where they do not by drive or weight).
    `roles` gives each node its role: molecule, phenotype or input. Raises UserError where an edge names an
    unknown node, stands twice, or has no finite weight.
    """

    nodes: tuple[str, ...]
    edges: pd.DataFrame
    roles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "nodes", tuple(self.nodes))
        object.__setattr__(self, "roles", tuple(self.roles) or ("molecule",) * len(self.nodes))
        object.__setattr__(self, "edges", self._checked(self.edges))

    def _checked(self, edges: pd.DataFrame) -> pd.DataFrame:
        missing = [name for name in EDGE_COLUMNS if name not in edges.columns]
        if missing:
            raise UserError(f"The edge table lacks the column {listed(missing)}: it needs source, target, weight.")
        if len(self.roles) != len(self.nodes) or len(set(self.nodes)) != len(self.nodes):
            raise UserError("A network needs one role for each node and no node twice.")
        edges = edges.reset_index(drop=True).astype({"source": str, "target": str, "weight": float})
        unknown = sorted((set(edges["source"]) | set(edges["target"])) - set(self.nodes))
        if unknown:
            raise UserError(f"The edge table names {listed(unknown)}, not among the nodes: correct or add the names.")
        twice = edges.duplicated(["source", "target"])
        if twice.any():
            first = edges[twice].iloc[0]
            edge = f"{first['source']} -> {first['target']}"
            raise UserError(f"The edge {edge} stands twice in the table: merge the rows.")
        if not np.isfinite(edges["weight"]).all():
            row = int(np.flatnonzero(~np.isfinite(edges["weight"]))[0])
            raise UserError(f"Row {row + 1} of the edge table has no finite weight: correct or remove it.")
        return edges

    @classmethod
    def from_matrix(
        cls,
        weights: np.ndarray,
        nodes: Sequence[str],
        roles: Sequence[str] = (),
        evidence: dict[str, np.ndarray] | None = None,
    ) -> Network:
        """From `weights[target, source]` (nodes x nodes); evidence matrices of the same shape become columns.

        An edge is listed where its weight, or any piece of its evidence, is not zero.
        """
        evidence = evidence or {}
        listed_edges = np.asarray(weights) != 0
        for matrix in evidence.values():
            listed_edges = listed_edges | (np.nan_to_num(matrix) != 0)
        target, source = np.nonzero(listed_edges)
        names = np.asarray(nodes, dtype=object)
        columns = {"source": names[source], "target": names[target], "weight": np.asarray(weights)[target, source]}
        columns |= {name: np.asarray(matrix)[target, source] for name, matrix in evidence.items()}
        edges = pd.DataFrame(columns).sort_values("weight", key=np.abs, ascending=False, kind="stable")
        return cls(tuple(nodes), edges, tuple(roles))

    def matrix(self, column: str = "weight") -> np.ndarray:
        """A column of the edge table as `[target, source]` (nodes x nodes), zero where there is no edge."""
        index = {name: i for i, name in enumerate(self.nodes)}
        matrix = np.zeros((len(self.nodes), len(self.nodes)))
        rows = self.edges["target"].map(index).to_numpy(int)
        columns = self.edges["source"].map(index).to_numpy(int)
        matrix[rows, columns] = self.edges[column].to_numpy(float)
        return matrix
