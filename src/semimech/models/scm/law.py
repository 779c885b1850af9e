"""The linear law of an interventional SCM in closed form: n x n matrices for n conditions, whatever the nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg as sl


@dataclass(frozen=True, eq=False)
class Law:
    """x = B x + u, where each row of B is the ridge of one node on all others over the conditions it is free in.

    B_j = argmin sum_{c in C_j} (x_cj - sum_{k != j} B_jk x_ck)^2 + penalty |B_j|^2, C_j the conditions that do not
    target node j. effects: n conditions x p nodes. own: for each targeted node the rows that target it, which are
    left out of C_j (further rows of effects belong to no condition). B is never formed to predict: with M = (X X' +
    penalty)^-1, v = X x and M_j = M without the rows of j, a free node is x_j = X_j' M_j v + w_j, w_j = (1 - X_j'
    M_j X_j) u_j, so v solves n equations.
    """

    effects: np.ndarray
    own: Mapping[int, Sequence[int]]
    penalty: float

    @cached_property
    def _inverse(self) -> np.ndarray:
        """M, conditions x conditions."""
        gram = self.effects @ self.effects.T
        return np.linalg.inv(gram + self.penalty * np.eye(len(gram)))

    @cached_property
    def targeted(self) -> np.ndarray:
        """The nodes that some condition targets, sorted."""
        return np.array(sorted(self.own), int)

    @cached_property
    def _corrections(self) -> list[tuple[np.ndarray, list[int]]]:
        """For each targeted node (c, rows) with X_j' (M - M_j) = c' M[rows]: the inverse without those rows."""
        found = []
        for j in self.targeted:
            rows = list(self.own[int(j)])
            inner = self._inverse[np.ix_(rows, rows)]
            found.append((np.linalg.solve(inner, self._inverse[rows] @ self.effects[:, j]), rows))
        return found

    @cached_property
    def _targeted_rows(self) -> np.ndarray:
        """M_j X_j of the targeted nodes (targeted x conditions)."""
        plain = (self._inverse @ self.effects[:, self.targeted]).T
        for i, (c, rows) in enumerate(self._corrections):
            plain[i] -= c @ self._inverse[rows]
        return plain

    @cached_property
    def _factors(self) -> tuple[np.ndarray, np.ndarray]:
        """LU factors of I - sum_j X_j X_j' M_j = penalty M + sum over targeted X_j c_j' M[rows of j]."""
        system = self.penalty * self._inverse
        if self.own:
            taken = np.stack([c @ self._inverse[rows] for c, rows in self._corrections])
            system = system + self.effects[:, self.targeted] @ taken
        return sl.lu_factor(system)

    def rows_of(self, nodes: np.ndarray) -> np.ndarray:
        """M_j X_j of any nodes (nodes x conditions)."""
        rows = (self._inverse @ self.effects[:, nodes]).T
        place = {int(j): i for i, j in enumerate(self.targeted)}
        for i, j in enumerate(nodes):
            if int(j) in place:
                rows[i] = self._targeted_rows[place[int(j)]]
        return rows

    def explained(self, states: np.ndarray) -> np.ndarray:
        """X_j' M_j X x of every node for states x (states x nodes): what the law makes of them, own part aside."""
        dual = states @ self.effects.T
        values = dual @ self._inverse @ self.effects
        values[:, self.targeted] = dual @ self._targeted_rows.T
        return values

    def solve(self, clamped: np.ndarray, levels: np.ndarray, inputs: np.ndarray | None = None) -> np.ndarray:
        """The state x (nodes,) with the nodes `clamped` held at `levels`, the others driven by w (`inputs`, nodes)."""
        drive = np.zeros(self.effects.shape[1]) if inputs is None else np.array(inputs, float)
        drive[clamped] = levels
        start = sl.lu_solve(self._factors, self.effects @ drive)
        if len(clamped):
            # A clamped node does not follow its row: rank one for each, over the factors of the free system.
            columns = sl.lu_solve(self._factors, self.effects[:, clamped])
            rows = self.rows_of(clamped)
            start = start - columns @ np.linalg.solve(np.eye(len(clamped)) + rows @ columns, rows @ start)
        state = start @ self._inverse @ self.effects
        state[self.targeted] = self._targeted_rows @ start
        state = state + drive
        state[clamped] = levels
        return state

    def matrix(self, nodes: np.ndarray) -> np.ndarray:
        """B[target, source] among the given nodes."""
        rows = self.rows_of(nodes)
        weights = rows @ self.effects[:, nodes]
        own = np.diag(weights).copy()
        np.fill_diagonal(weights, 0)
        return weights / (1 - own)[:, None]


def law_of(
    effects: np.ndarray,
    own: Mapping[int, Sequence[int]],
    strength: float,
    cells: np.ndarray | None = None,
    within: float = 0.0,
) -> Law:
    """The law whose penalty is `strength` times the mean squared norm of the effects.

    `cells` (components x nodes, squares summing to 1) are further rows that no perturbation is behind, with `within`
    times the weight of all effects.
    """
    total = float((effects**2).sum())
    size = total / max(len(effects), 1)
    rows = effects if cells is None or within == 0 else np.vstack([effects, np.sqrt(within * total) * cells])
    return Law(rows, own, strength * size if size > 0 else 1.0)
