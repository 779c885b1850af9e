"""How far the same mechanisms come back when some compounds are left out."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from semimech.audit.mechanisms.experts import experts, one_law
from semimech.audit.mechanisms.space import Space
from semimech.support.optional import require
from semimech.support.progress import Monitor, silent

SHARE = 0.8


def stability(
    space: Space, assigned: np.ndarray, count: int, resamples: int, starts: int, seed: int, monitor: Monitor = silent
) -> tuple[np.ndarray, np.ndarray]:
    """Adjusted Rand index of each resample with `assigned` (n,), and the share of them that agree on each compound.

    A resample is 80 % of the compounds, fitted anew; its mechanisms are named by the assignment that overlaps most.
    """
    metrics = require("sklearn.metrics", extra="chem")
    indices, agreed, drawn = np.ones(resamples), np.zeros(len(space)), np.zeros(len(space))
    for number in range(resamples):
        monitor("resamples", number, resamples)
        rng = np.random.default_rng([seed, number])
        rows = np.sort(rng.permutation(len(space))[: round(SHARE * len(space))])
        part = space.take(rows)
        found = experts(part, count, one_law(part), starts, rng).memberships.argmax(1)
        indices[number] = metrics.adjusted_rand_score(assigned[rows], found)
        agreed[rows] += matched(found, assigned[rows], count) == assigned[rows]
        drawn[rows] += 1
    return indices, np.divide(agreed, drawn, out=np.ones(len(space)), where=drawn > 0)


def matched(found: np.ndarray, wanted: np.ndarray, count: int) -> np.ndarray:
    """The labels found (n,), renamed so that they agree with those wanted (n,) on as many as can be.

    >>> matched(np.array([0, 0, 1, 2]), np.array([2, 2, 0, 1]), 3).tolist()
    [2, 2, 0, 1]
    """
    table = np.zeros((count, count))
    np.add.at(table, (found, wanted), 1)
    rows, columns = linear_sum_assignment(-table)
    names = np.zeros(count, int)
    names[rows] = columns
    return names[found]
