"""The scores of one repeat: on the test half, and on left-out rows of the training half to choose N by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from semimech.audit.focus.learner import Learner, Task
from semimech.audit.focus.readings import classified, concordance, error


@dataclass(frozen=True)
class Repeat:
    """`outer` and `inner` 3 readings x T x N; the regressions 2 x N: concordance, mean squared error.

    The inner scores see the training half only, so what is chosen by them can be reported on the outer ones. (The
    inner recalibrated score is of the rows its cut-off was chosen on: comparable between N, but too good.)
    """

    outer: np.ndarray
    inner: np.ndarray
    outer_regression: np.ndarray
    inner_regression: np.ndarray


def score(task: Task, learner: Learner) -> Repeat:
    """The scores of a learner in one repeat."""
    pool, train, test = task.pool, task.division.train, task.division.test
    found = learner.predict(task)
    labels, own = task.targets[test, :-1], task.targets[train, :-1]
    test_confidence, own_confidence = found.test[:, :-1], found.left_out[:, :-1]
    return Repeat(
        classified(test_confidence, labels, own_confidence, own),
        classified(own_confidence, own, own_confidence, own),
        _regression(found.test[:, -1], pool.values[test], pool.relation[test]),
        _regression(found.left_out[:, -1], pool.values[train], pool.relation[train]),
    )


def _regression(predicted: np.ndarray, values: np.ndarray, relation: np.ndarray) -> np.ndarray:
    scores = np.stack([concordance(predicted, values, relation), error(predicted, values, relation)])
    # A learner without a regressor leaves the value open.
    return np.where(np.isnan(predicted).any(axis=1), np.nan, scores)
