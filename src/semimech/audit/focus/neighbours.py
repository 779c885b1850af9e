"""k nearest neighbours for every number of outsiders, from one pass over them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from semimech.audit.focus.learner import Predictions, Task


@dataclass(frozen=True)
class Neighbours:
    """The mean of the `k` most similar rows, weighted by similarity; a censored value counts at its bound."""

    k: int = 5

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return "neighbours"

    @property
    def side_by_side(self) -> bool:
        """Repeats may run in threads: NumPy frees them for each other."""
        return True

    def predict(self, task: Task) -> Predictions:
        """The predictions for every N; a row of the training half is left out by having no similarity to itself."""
        test = task.pool.similarity[np.ix_(task.division.test, task.order)]
        train = task.pool.similarity[np.ix_(task.division.train, task.order)]
        train[np.arange(len(train)), np.arange(len(train))] = -np.inf
        targets, ends = task.targets[task.order], len(train) + task.counts
        return Predictions(self._means(test, targets, ends), self._means(train, targets, ends))

    def _means(self, similarity: np.ndarray, targets: np.ndarray, ends: np.ndarray) -> np.ndarray:
        means = np.empty((len(ends), targets.shape[1], len(similarity)))
        nearest, begin = np.empty((len(similarity), 0), dtype=np.int64), 0
        for number, end in enumerate(ends):
            fresh = np.broadcast_to(np.arange(begin, end), (len(similarity), end - begin))
            nearest = np.concatenate([nearest, fresh], axis=1)
            near = np.take_along_axis(similarity, nearest, axis=1)
            if nearest.shape[1] > self.k:
                kept = np.argpartition(-near, self.k - 1, axis=1)[:, : self.k]
                nearest, near = np.take_along_axis(nearest, kept, axis=1), np.take_along_axis(near, kept, axis=1)
            means[number] = _weighted(targets[nearest], near).T
            begin = end
        return means


def _weighted(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """rows x k x targets, weighted over k; open labels have no weight, and where all are open the answer is 0.5."""
    weights = np.clip(np.where(np.isfinite(weights), weights, 0.0), 1e-6, None)[:, :, None] * ~np.isnan(values)
    total = weights.sum(axis=1)
    return np.where(total > 0, (np.nan_to_num(values) * weights).sum(axis=1) / np.where(total > 0, total, 1), 0.5)
