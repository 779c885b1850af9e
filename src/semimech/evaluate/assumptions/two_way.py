"""A table of conditions by batches with unequal numbers of rows: what an additive model leaves of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp


class TwoWay:
    """A two-way layout of rows, with unequal numbers: sums of squares by weighted regression of its cell means."""

    def __init__(self, condition: np.ndarray, batch: np.ndarray, cell: np.ndarray) -> None:
        self.condition, self.batch, self.cell = condition, batch, cell
        self.size = np.bincount(cell).astype(float)
        first = np.unique(cell, return_index=True)[1]
        self.of_cell = condition[first]
        design = np.concatenate([np.eye(condition.max() + 1)[self.of_cell], np.eye(batch.max() + 1)[batch[first]]], 1)
        left, values, _ = np.linalg.svd(np.sqrt(self.size)[:, None] * design, full_matrices=False)
        self.basis = left[:, values > 1e-9 * values[0]]
        self.freedom = len(self.size) - self.basis.shape[1]
        n = len(cell)
        self.sums = sp.csr_array((np.ones(n), (cell, np.arange(n))), shape=(len(self.size), n))

    def means(self, values: np.ndarray) -> np.ndarray:
        """Means of the cells of the table, times the root of their numbers (cells x components)."""
        return (self.sums @ values) / np.sqrt(self.size)[:, None]

    def within(self, values: np.ndarray) -> np.ndarray:
        """Pooled variance of rows about the mean of their cell (components,)."""
        centred = values - (self.means(values) / np.sqrt(self.size)[:, None])[self.cell]
        return np.maximum((centred**2).sum(0) / max(len(values) - len(self.size), 1), 1e-12)

    def additive(self, values: np.ndarray) -> np.ndarray:
        """Fit of condition + batch at each row."""
        fitted = self.basis @ (self.basis.T @ self.means(values))
        return (fitted / np.sqrt(self.size)[:, None])[self.cell]

    def left_over(self, values: np.ndarray) -> np.ndarray:
        """What condition + batch leaves of the means (cells x components)."""
        means = self.means(values)
        return means - self.basis @ (self.basis.T @ means)

    def interaction(self, values: np.ndarray) -> float:
        """Sum of squares of condition x batch over all components."""
        return float((self.left_over(values) ** 2).sum())

    def by_condition(self, values: np.ndarray, labels: list[str]) -> pd.Series:
        """Root mean square difference between batches of each condition, freed of noise (largest first)."""
        left = self.left_over(values)
        square = (left**2).mean(1) - (1 - (self.basis**2).sum(1))  # residuals have variance 1
        total = pd.Series(square / self.size).groupby(self.of_cell).mean()
        return np.sqrt(total.clip(lower=0)).set_axis(labels).sort_values(ascending=False)
