"""Rows of a screen as points in a few dimensions, chosen without a look at what was done to them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from semimech.data.sampling import most_variable, read_rows
from semimech.data.screen import Screen

COMPONENTS = 20
FEATURES = 500


class Latent(NamedTuple):
    """scores: rows x components; standardised: rows x kept features, mean 0 and sd 1; features: their names."""

    scores: np.ndarray
    standardised: np.ndarray
    features: tuple[str, ...]


def latent_of(screen: Screen, rows: np.ndarray) -> Latent:
    """Principal components of the standardised features of the given rows (ascending), on the effect scale."""
    columns = most_variable(screen, rows, FEATURES)
    _, values = read_rows(screen, rows, columns)
    values = values.astype(np.float64)
    spread = values.std(0)
    kept = spread > 1e-6
    standardised = (values[:, kept] - values[:, kept].mean(0)) / spread[kept]
    count = min(COMPONENTS, len(rows) // 3, int(kept.sum()))
    left, size, _ = np.linalg.svd(standardised, full_matrices=False)
    names = tuple(np.asarray(screen.feature_names, object)[columns[kept]])
    return Latent(left[:, :count] * size[:count], standardised, names)
