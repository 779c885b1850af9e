"""Counts of conditions in sums, and the negative-binomial law that cells of one condition follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from semimech.data.condition import Condition
from semimech.data.screen import Screen
from semimech.support.errors import UserError

HALF = 0.5  # a count added to sums of counts


@dataclass(frozen=True, eq=False)
class CountSums:
    """What the counts of some rows sum up to.

    conditions: those with perturbed rows in batches that have controls; rows: how many each has (conditions,).
    counts: summed counts (conditions x features); library, library_squared: sums over rows of the rows' totals, and
    of their squares (conditions,). library_by_batch: conditions x batches.
    control_counts: batches x features; control_library, control_squared, control_rows: (batches,).
    dispersion: phi of each feature in var = mu + phi mu^2 within a condition (features,).
    """

    conditions: tuple[Condition, ...]
    rows: np.ndarray
    counts: np.ndarray
    library: np.ndarray
    library_squared: np.ndarray
    library_by_batch: np.ndarray
    control_counts: np.ndarray
    control_library: np.ndarray
    control_squared: np.ndarray
    control_rows: np.ndarray
    dispersion: np.ndarray

    @property
    def control_rates(self) -> np.ndarray:
        """Share of each feature in the counts of all control rows (features,)."""
        return self.control_counts.sum(0) / self.control_library.sum()

    @property
    def expected(self) -> np.ndarray:
        """Counts of each condition's rows at the control rates of their batches (conditions x features)."""
        rates = np.divide(self.control_counts, np.maximum(self.control_library, 1)[:, None])
        return self.library_by_batch @ rates

    @property
    def changes(self) -> np.ndarray:
        """log((counts + 1/2) / (expected + 1/2)), change of the log rate (conditions x features)."""
        return np.log((self.counts + HALF) / (self.expected + HALF))


def count_sums(screen: Screen, rows: np.ndarray) -> CountSums:
    """Sum the counts of rows over conditions, and over the batches of their controls, in one reading.

    phi_g = max(0, sum (x - mu)^2 - sum x) / sum mu^2, mu = library x rate of the condition (of the batch for controls).
    Raises UserError where the screen has no counts, or no control rows.
    """
    if screen.scale != "counts":
        raise UserError(
            f"The screen is on the scale '{screen.scale}', and a count likelihood needs raw counts: read the counts "
            "(for example --layer counts), or choose a model without one."
        )
    rows = np.sort(np.asarray(rows))
    batches, n_batches = screen.batches, int(screen.batches.max()) + 1
    control = screen.is_control
    has_control = np.bincount(batches[rows[control[rows]]], minlength=n_batches) > 0
    if not has_control.any():
        raise UserError("There are no control rows among the rows to learn from: effects need some in every batch.")
    kept = rows[has_control[batches[rows]]]
    present = np.unique(screen.condition_codes[kept[~control[kept]]])
    number = np.full(len(screen.conditions), -1)
    number[present] = np.arange(len(present))
    # Conditions first, then the controls of every batch.
    group = np.where(control, len(present) + batches, number[screen.condition_codes])
    n, f = len(present) + n_batches, screen.shape[1]
    counts, weighted, squares = np.zeros((n, f)), np.zeros((n, f)), np.zeros(f)
    library, library_squared = np.zeros(n), np.zeros(n)
    by_batch = np.zeros((n, n_batches))
    for numbers, block in screen.blocks(kept):
        total = block.sum(1, dtype=np.float64)
        here = group[numbers]
        member = sp.csr_array((np.ones(len(here), np.float32), (here, np.arange(len(here)))), shape=(n, len(here)))
        counts += member @ block
        weighted += (member * total[None, :].astype(np.float32)) @ block
        squares += np.einsum("ij,ij->j", block, block, dtype=np.float64)
        library += np.bincount(here, total, n)
        library_squared += np.bincount(here, total**2, n)
        np.add.at(by_batch, (here, batches[numbers]), total)
    rate = counts / np.maximum(library, 1)[:, None]
    around = squares - (rate * (2 * weighted - rate * library_squared[:, None])).sum(0)
    size = (rate**2 * library_squared[:, None]).sum(0)
    sizes = np.bincount(group[kept], minlength=n)
    around *= len(kept) / max(len(kept) - (sizes > 0).sum(), 1)  # each rate was fitted
    excess = np.maximum(around - counts.sum(0), 0)
    c = len(present)
    return CountSums(
        conditions=tuple(screen.conditions[i] for i in present),
        rows=sizes[:c],
        counts=counts[:c],
        library=library[:c],
        library_squared=library_squared[:c],
        library_by_batch=by_batch[:c],
        control_counts=counts[c:],
        control_library=library[c:],
        control_squared=library_squared[c:],
        control_rows=sizes[c:],
        dispersion=np.divide(excess, size, out=np.zeros(f), where=size > 0),
    )
