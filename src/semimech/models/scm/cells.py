"""How features vary together within conditions: what cells alone say about a network."""

from __future__ import annotations

import numpy as np

from semimech.data.effects import Effects, group_moments
from semimech.data.screen import Screen, normalise
from semimech.data.splits import Split

CELLS = 10  # rows a condition needs, in the median, to be called cells
COMPONENTS = 40
MOST_FEATURES = 2000


def within_components(screen: Screen, split: Split, effects: Effects) -> np.ndarray | None:
    """Leading components of the covariance of training rows centred by condition and batch (components x features).

    Their squares sum to 1. None for screens without cells, or with more than 2,000 features.
    """
    if screen.scale == "log-ratio" or np.median(effects.counts) < CELLS or screen.shape[1] > MOST_FEATURES:
        return None
    rows = np.asarray(split.train)
    groups = np.unique(screen.batches * len(screen.conditions) + screen.condition_codes, return_inverse=True)[1]
    centre, _, _ = group_moments(screen, rows, groups, int(groups.max()) + 1)
    products = np.zeros((screen.shape[1],) * 2)
    for numbers, block in screen.blocks(rows):
        values = normalise(block, screen.scale).astype(np.float64) - centre[groups[numbers]]
        products += values.T @ values
    values, vectors = np.linalg.eigh(products)
    leading = slice(None, -COMPONENTS - 1, -1)
    components = (vectors * np.sqrt(np.maximum(values, 0))).T[leading]
    size = float((components**2).sum())
    return components / np.sqrt(size) if size > 0 else None
