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
    level = y.mean()
    codes = {name: _codes(train[name], test[name]) for name in levels}
    parts = {name: (np.zeros(len(train)), np.zeros(len(test))) for name in levels}
    for _ in range(ROUNDS):
        for name in levels:
            others = sum((parts[other][0] for other in levels if other != name), np.zeros(len(train)))
            parts[name] = _shrunken(codes[name][0], y - level - others, codes[name][1])
    first, second = (sum((part[i] for part in parts.values()), np.zeros(size)) for i, size in
                     ((0, len(train)), (1, len(test))))  # fmt: skip
    return level + first, level + second


def _codes(train: pd.Series, test: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the labels of train and test; -1 where missing."""
    codes = pd.factorize(pd.concat([train, test]))[0]
    return codes[: len(train)], codes[len(train) :]


def _shrunken(codes: np.ndarray, residual: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The shrunken mean of each row's label, for train and for the rows wanted; 0 for an unknown label."""
    known, size = codes >= 0, max(codes.max(initial=-1), wanted.max(initial=-1)) + 1
    own, values = codes[known], residual[known]
    counts = np.bincount(own, minlength=size)
    means = np.bincount(own, values, minlength=size) / np.maximum(counts, 1)
    left = values - means[own]
    labels = int(np.count_nonzero(counts))
    within = float(left @ left) / max(len(own) - labels, 1)
    excess = float((counts * means**2).sum()) - labels * within
    between = max(excess / max(len(own), 1), 0.0)
    shrunken = np.append(means * (counts * between / (counts * between + within) if between > 0 else 0.0), 0.0)
    return shrunken[codes], shrunken[wanted]
