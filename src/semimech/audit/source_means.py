"""A model that sees where a measurement comes from, and nothing of the molecule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

# From coarse to fine: each level explains what is left of the levels before.
LEVELS = ("source", "year", "target", "endpoint", "document", "assay")
ROUNDS = 3


def source_levels(compounds: pd.DataFrame) -> list[str]:
    """The columns that say where a measurement comes from, and that tell compounds apart."""
    return [name for name in LEVELS if name in compounds and compounds[name].nunique(dropna=False) > 1]


def source_predictions(
    train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, levels: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Predictions for train and test: the mean plus a shrunken mean of what is left for each label of each level.

    A label's mean of n residuals is shrunk by n / (n + within / between), the variances within and between labels by
    moments; labels that were not seen add nothing. Levels are gone through three times (backfitting).
    """
    level, parts = y.mean(), {name: (np.zeros(len(train)), np.zeros(len(test))) for name in levels}
    for _ in range(ROUNDS):
        for name in levels:
            others = sum((parts[other][0] for other in levels if other != name), np.zeros(len(train)))
            parts[name] = _shrunken(train[name], y - level - others, test[name])
    first, second = (sum((part[i] for part in parts.values()), np.zeros(size)) for i, size in
                     ((0, len(train)), (1, len(test))))  # fmt: skip
    return level + first, level + second


def _shrunken(labels: pd.Series, residual: np.ndarray, wanted: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    groups = pd.Series(residual).groupby(labels.to_numpy())
    means, counts = groups.mean(), groups.size()
    left = residual - means.reindex(labels.to_numpy()).fillna(0).to_numpy()
    freedom = max(len(residual) - len(counts), 1)
    within = float(left @ left) / freedom
    between = max(float((counts * means**2).sum() - len(counts) * within) / float(counts.sum()), 0.0)
    shrunken = means * (counts * between / (counts * between + within) if between > 0 else 0.0)
    return tuple(shrunken.reindex(part.to_numpy()).fillna(0).to_numpy() for part in (labels, wanted))
