"""Some rows and features of a screen, where all of them would be too many."""

from __future__ import annotations

import numpy as np

from semimech.data.effects import group_moments
from semimech.data.screen import Screen, normalise


def sampled(codes: np.ndarray, rows: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    """At most `size` of the rows of each code (codes of the given rows), ascending."""
    order = random.permutation(len(rows))
    ordered = codes[order]
    by_code = np.argsort(ordered, kind="stable")
    starts = np.searchsorted(ordered[by_code], ordered[by_code])
    kept = np.arange(len(rows)) - starts < size
    return np.sort(rows[order[by_code[kept]]])


def most_variable(screen: Screen, rows: np.ndarray, count: int) -> np.ndarray:
    """The `count` features of the largest variance among the given rows, where there are too many (columns)."""
    if screen.shape[1] <= count:
        return np.arange(screen.shape[1])
    _, variance, _ = group_moments(screen, rows, np.zeros(screen.shape[0], int), 1)
    return np.sort(np.argsort(-variance[0], kind="stable")[:count])


def read_rows(screen: Screen, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows in order, and their values on the effect scale (rows x columns)."""
    distinct = np.unique(rows)
    values = np.empty((distinct.size, columns.size), np.float32)
    for numbers, block in screen.blocks(distinct):
        values[np.searchsorted(distinct, numbers)] = normalise(block, screen.scale)[:, columns]
    return distinct, values
