"""From P values to q-values: the false discovery rate at which an edge would be called."""

from __future__ import annotations

import numpy as np


def q_values(p: np.ndarray, *, split: float = 0.5) -> np.ndarray:
    """q-values of an array of P values of any shape; NaN entries were not tested and stay NaN.

    q_(i) = min over j >= i of pi0 m p_(j) / j, with pi0 = min(1, (1 + #{p > split}) / (m (1 - split))) the share of
    true nulls. Source: Storey 2002, doi:10.1111/1467-9868.00346.

    >>> q_values(np.array([0.001, 0.5, np.nan, 0.9])).round(3)
    array([0.003, 0.75 ,   nan, 0.9  ])
    """
    found = np.full(p.shape, np.nan)
    tested = np.isfinite(p)
    values = p[tested]
    size = len(values)
    if not size:
        return found
    null = min(1.0, (1 + (values > split).sum()) / (size * (1 - split)))
    order = np.argsort(values)
    ranked = null * size * values[order] / np.arange(1, size + 1)
    ranked = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    placed = np.empty(size)
    placed[order] = ranked
    found[tested] = placed
    return found
