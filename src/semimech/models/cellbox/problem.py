"""From effects to the arrays a CellBox fit needs: rows padded to few shapes, weights instead of subsets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from semimech.data.condition import Condition
from semimech.data.effects import Effects
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen
from semimech.models.cellbox.nodes import NodeMap, levels_in
from semimech.models.cellbox.objective import Observations
from semimech.models.cellbox.prior import EdgePrior
from semimech.numerics.activations import Activation

ROW_STEP = 16


@dataclass(frozen=True, eq=False)
class Problem:
    """The training conditions of one split as rows; every fold and member is a weighting of these rows.

    unit: twice the root mean square of the fitted effects, by which all responses are divided, so that penalties
    and learning rates mean the same on every scale of measurement. One unit for all nodes: with one for each, a
    penalty on W favours edges from nodes that hardly move (on the demo screen AUPRC falls from .5 to .2).
    wiring: declared weights of the input edges (molecules x inputs), None where they are learned.
    """

    screen: Screen
    nodes: NodeMap
    effects: Effects
    envelope: int
    activation: Activation
    unit: float
    dtype: type
    prior: EdgePrior | None = None
    wiring: np.ndarray | None = None

    @property
    def rows(self) -> int:
        """Conditions rounded up to a multiple of ROW_STEP, so that folds and partitions share compiled code."""
        return -(-len(self.effects) // ROW_STEP) * ROW_STEP

    def observations(self, fit: Effects, held: Effects | None = None) -> Observations:
        """One member's data (ridge 0): weights are the precision of each condition, 0 where it is not in `fit`.

        The levels of the clamps come from `fit` alone: a held-out condition is not told its own.
        """
        nodes = self.nodes
        row_of = {condition: i for i, condition in enumerate(self.effects.conditions)}
        observed, weights = self._table(fit, row_of)
        weights *= precision(fit, nodes.observed, self.unit, row_of, self.rows)[:, None]
        none = np.zeros_like(observed)
        held_observed, held_weights = self._table(held, row_of) if held is not None else (none, none)
        clamped, level = nodes.clamps(self.effects.conditions, levels_in(self.screen, nodes, fit))
        free = 1 - self._padded(clamped)
        for table in (weights, held_weights):
            table[:, : len(nodes.molecules)] *= free
        arrays = (
            observed,
            weights,
            held_observed,
            held_weights,
            self._padded(activity(nodes, self.effects.conditions, self.envelope, self.activation)),
            1 - free,
            self._padded(level / self.unit),
            np.zeros(()),
        )
        wiring = None if self.wiring is None else jnp.asarray(self.wiring, self.dtype)
        return Observations(*(jnp.asarray(array, self.dtype) for array in arrays))._replace(wiring=wiring)

    def _padded(self, table: np.ndarray) -> np.ndarray:
        return np.pad(table, ((0, self.rows - len(table)), (0, 0)))

    def _table(self, effects: Effects, row_of: dict[Condition, int]) -> tuple[np.ndarray, np.ndarray]:
        """Effects in units of `unit`, and 1 where an entry counts, on the padded rows."""
        columns = self.nodes.observed
        values, counted = np.zeros((2, self.rows, len(columns)))
        numbers = [row_of[condition] for condition in effects.conditions]
        values[numbers] = effects.values[:, columns] / self.unit
        counted[numbers] = scored_entries(self.screen, effects.conditions)[:, columns]
        return values, counted


def precision(
    effects: Effects, columns: np.ndarray, unit: float, row_of: dict[Condition, int], rows: int
) -> np.ndarray:
    """For each row unit^2 / (unit^2 + 4 mean squared standard error); 1 where no error is known, 0 where no data."""
    squared = effects.standard_errors[:, columns].astype(float) ** 2
    known = np.isfinite(squared)
    mean = np.where(known, squared, 0).sum(1) / np.maximum(known.sum(1), 1)
    weights = np.zeros(rows)
    weights[[row_of[condition] for condition in effects.conditions]] = unit**2 / (unit**2 + 4 * mean)
    return weights


def activity(nodes: NodeMap, conditions: Sequence[Condition], envelope: int, activation: Activation) -> np.ndarray:
    """Closed-form steady state of the input nodes at gain 1: phi(u) in envelope 0, u in the others."""
    doses = nodes.doses(conditions)
    return np.asarray(activation(jnp.asarray(doses))) if envelope == 0 else doses


def unit_of(effects: Effects, columns: np.ndarray) -> float:
    """Twice the root mean square of the effects, 1 where all are zero."""
    return 2 * float(np.sqrt((effects.values[:, columns].astype(float) ** 2).mean())) or 1.0
