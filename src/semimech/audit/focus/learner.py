"""What every learner of the focus curve is: it predicts the test half for each number of outsiders added."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from semimech.audit.focus.division import Division
from semimech.audit.focus.pool import Pool


@dataclass(frozen=True)
class Task:
    """What a learner is given: the pool, one division of it, the numbers of outsiders N, the thresholds."""

    pool: Pool
    division: Division
    counts: np.ndarray
    thresholds: np.ndarray

    @cached_property
    def order(self) -> np.ndarray:
        """Rows to learn from: the training half, then as many outsiders as the largest N."""
        return np.concatenate([self.division.train, self.division.outside[: self.counts[-1]]])

    @cached_property
    def targets(self) -> np.ndarray:
        """Rows of the pool x (T + 1): the label of each threshold (NaN where open), then the value itself."""
        return np.column_stack([self.pool.labels(self.thresholds), self.pool.values])


@dataclass(frozen=True)
class Predictions:
    """`test` and `left_out`, N x (T + 1) x rows: of the test half, and of the training half each from the other rows.

    The last of the T + 1 is the value, the others the confidence that each threshold is reached.
    """

    test: np.ndarray
    left_out: np.ndarray


class Learner(Protocol):
    """A way to learn from a half of the series and N outsiders, for all N."""

    @property
    def name(self) -> str:
        """What it is called in tables."""
        ...

    @property
    def side_by_side(self) -> bool:
        """Whether repeats may run in threads; a learner that may not fills the cores by itself."""
        ...

    def predict(self, task: Task) -> Predictions:
        """The predictions for every N; no value of the test half may be looked at."""
        ...
