"""Mechanisms found beside mechanisms that are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from semimech.audit.mechanisms.held_out import Divided, HeldOut, compared
from semimech.support.errors import UserError
from semimech.support.optional import require

PERMUTATIONS = 999
LEAST_OF_A_LABEL = 20
MOST_LABELS = 8
OTHERS = "others"


@dataclass(frozen=True, eq=False)
class Known:
    """What the given labels say.

    names: the labels, rare ones (fewer than 20 compounds) as others. gain, error, p: of the log-density per held-out
    compound when each label has a law of its own, over one law. agreement: adjusted Rand index with the mechanisms
    found, p_agreement over permutations of the labels; structure: the index of as many clusters of similar structures
    with the labels: what a mechanism is worth that only says which compounds look alike.
    """

    names: tuple[str, ...]
    gain: float
    error: float
    p: float
    agreement: float
    p_agreement: float
    structure: float


def known_labels(labels: pd.Series) -> pd.Series:
    """Labels with rare ones, and all but the eight commonest, put together; a missing one is of the others.

    Raises UserError where they do not tell two classes of at least 20 compounds apart.
    """
    text = labels.astype("string").fillna("").str.strip().replace("", OTHERS)
    counts = text.value_counts()
    common = counts.index[counts >= LEAST_OF_A_LABEL][:MOST_LABELS]
    text = text.where(text.isin(common), OTHERS)
    if (text.value_counts() >= LEAST_OF_A_LABEL).sum() < 2:
        raise UserError(
            f"The labels tell no two classes of at least {LEAST_OF_A_LABEL} compounds apart: name another column."
        )
    return text


def compare(
    held: HeldOut | Divided, labels: np.ndarray, assigned: np.ndarray, clusters: np.ndarray, seed: int = 0
) -> Known:
    """The labels (n,) beside the mechanisms found and beside clusters of structure (numbers, n)."""
    numbers, names = pd.factorize(labels, sort=True)
    gain, error, p = compared(held.labelled_densities(numbers), held.densities(1), held.space)
    index = require("sklearn.metrics", extra="chem").adjusted_rand_score
    rng, agreement = np.random.default_rng(seed), float(index(numbers, assigned))
    by_chance = [index(rng.permutation(numbers), assigned) for _ in range(PERMUTATIONS)]
    reached = np.count_nonzero(np.array(by_chance) >= agreement - 1e-12)
    p_agreement = (1 + reached) / (1 + PERMUTATIONS)
    return Known(tuple(map(str, names)), gain, error, p, agreement, p_agreement, float(index(numbers, clusters)))
