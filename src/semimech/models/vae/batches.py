"""Cells as mini-batches for the device, with what was done to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from semimech.data.minibatches import chunks
from semimech.data.screen import BLOCK_BYTES, Screen
from semimech.models.vae.closed import ClosedForm
from semimech.models.vae.form import Minibatch


@dataclass(frozen=True, eq=False)
class Cells:
    """The rows of a screen as mini-batches of `size`, whatever they are stored in.

    index, dose: rows x most perturbations given together; failing: of all rows of the screen.
    """

    screen: Screen
    rows: np.ndarray
    size: int
    index: np.ndarray
    dose: np.ndarray
    failing: np.ndarray

    @classmethod
    def of(cls, screen: Screen, rows: np.ndarray, size: int, closed: ClosedForm, passes: np.ndarray) -> Cells:
        """From a screen, and the closed form of its training rows for the usual doses."""
        indptr = screen.design.indptr
        most = max(1, int(np.diff(indptr).max()))
        index, dose = np.zeros((screen.shape[0], most), np.int32), np.zeros((screen.shape[0], most), np.float32)
        row = np.repeat(np.arange(screen.shape[0]), np.diff(indptr))
        slot = np.arange(len(row)) - indptr[row]
        index[row, slot] = screen.design.indices
        dose[row, slot] = screen.design.data / closed.dosage[screen.design.indices]
        return cls(screen, np.asarray(rows), size, index, dose, (~passes).astype(np.float32))

    def epoch(self, random: np.random.Generator, limit: int = BLOCK_BYTES) -> Iterator[Minibatch]:
        """Every row once; each item holds several mini-batches along a leading axis."""
        for chunk in chunks(self.screen, self.rows, self.size, random, limit=limit):
            rows, present = np.maximum(chunk.rows, 0), chunk.rows >= 0
            parts = (
                chunk.values,
                np.maximum(chunk.values.sum(2), 1),
                self.index[rows],
                self.dose[rows] * present[:, :, None],
                self.screen.condition_codes[rows].astype(np.int32),
                present.astype(np.float32),
                self.failing[rows] * present,
                self.screen.batches[rows[:, 0]].astype(np.int32),
            )
            yield Minibatch(*(jnp.asarray(part) for part in parts))
