"""What a focus curve is measured on: a series and everything outside it, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from semimech.support.errors import UserError

LEAST_SERIES = 20
LEAST_OF_A_CLASS = 6
BELOW, EXACT, ABOVE = -1, 0, 1
ROUNDING = 1e-9


@dataclass(frozen=True)
class Pool:
    """Rows inside and outside a series, their similarity and what was measured.

    `similarity` n x n is a positive definite kernel with ones on its diagonal (Tanimoto of fingerprints, a correlation
    of cell contexts); `values` n is what is predicted (-log10 of molar activity, or an effect); `relation` n says
    whether the true value is known to lie BELOW (-1) or ABOVE (1) it, or is EXACT (0); `in_series` n is a mask;
    `features` n x f, or None, serves learners that want more than the similarity; `near` n x n, or None, is by what
    outsiders (rows) are sorted against the series (columns) where that is not the similarity.

    Raises UserError for shapes that differ, values that are not finite, and a series of fewer than 20 rows.
    """

    similarity: np.ndarray
    values: np.ndarray
    relation: np.ndarray
    in_series: np.ndarray
    features: np.ndarray | None = None
    near: np.ndarray | None = None

    def __post_init__(self) -> None:
        n = len(self.values)
        if self.similarity.shape != (n, n) or any(len(one) != n for one in (self.relation, self.in_series)):
            raise UserError(f"The similarity is {self.similarity.shape}, the values are {n}: give one row for each.")
        if self.features is not None and len(self.features) != n:
            raise UserError(f"There are {len(self.features)} rows of features and {n} values: give one row for each.")
        if self.near is not None and self.near.shape != (n, n):
            raise UserError(f"The nearness is {self.near.shape}, the values are {n}: give one row for each.")
        bad = np.flatnonzero(~np.isfinite(self.values))
        if len(bad):
            raise UserError(f"Row {bad[0]} has no finite value ({len(bad):,} such rows): leave these rows out.")
        if self.size < LEAST_SERIES:
            raise UserError(
                f"The series has {self.size} rows, too few to learn from one half and judge on the other: choose a "
                f"series of at least {LEAST_SERIES}."
            )
        if not (self.relation[self.in_series] == EXACT).any():
            raise UserError("Every value of the series is censored (> or <): give measured values.")

    @cached_property
    def size(self) -> int:
        """Rows in the series."""
        return int(np.count_nonzero(self.in_series))

    @cached_property
    def outside(self) -> np.ndarray:
        """The rows outside the series."""
        return np.flatnonzero(~self.in_series)

    def labels(self, thresholds: np.ndarray) -> np.ndarray:
        """n x T: 1 where the value reaches the threshold, 0 where not, NaN where censoring leaves it open."""
        reaches = self.values[:, None] >= thresholds - ROUNDING
        relation = self.relation[:, None]
        below_is_open = (relation == BELOW) & (self.values[:, None] > thresholds + ROUNDING)
        above_is_open = (relation == ABOVE) & ~reaches
        labels = np.where(relation == BELOW, 0.0, reaches.astype(float))
        return np.where(below_is_open | above_is_open, np.nan, labels)

    def quantiles(self, count: int) -> np.ndarray:
        """At most `count` thresholds between the 20th and 80th percentile of the series, rising, all `judgeable`."""
        exact = self.values[self.in_series & (self.relation == EXACT)]
        found = np.unique(np.quantile(exact, np.linspace(0.2, 0.8, count) if count > 1 else [0.5]))
        return found[self.judgeable(found)]

    def judgeable(self, thresholds: np.ndarray) -> np.ndarray:
        """Mask of the thresholds with at least 6 compounds of the series on either side."""
        labels = self.labels(thresholds)[self.in_series]
        return np.minimum((labels == 0).sum(axis=0), (labels == 1).sum(axis=0)) >= LEAST_OF_A_CLASS
