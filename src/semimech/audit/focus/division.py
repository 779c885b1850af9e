"""One repeat of the protocol: a random half of the series to learn from, outsiders nearest to it first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from semimech.audit.focus.pool import Pool

Ordering = Literal["mean", "max"]


@dataclass(frozen=True)
class Division:
    """Rows of one repeat: `train` and `test` halves of the series, and `outside`, nearest to the training half first.

    `seed` is the repeat's own, for learners that draw.
    """

    train: np.ndarray
    test: np.ndarray
    outside: np.ndarray
    seed: int


def divide(pool: Pool, repeat: int, *, ordering: Ordering, seed: int, eligible: np.ndarray | None = None) -> Division:
    """The division of a repeat: it depends on `seed` and `repeat` alone, whatever ran before.

    Outsiders (of the mask `eligible`, all where None) are sorted by their mean or largest similarity to the training
    half; no label takes part, and nothing of the test half.
    """
    generator = np.random.default_rng([seed, repeat])
    series = generator.permutation(np.flatnonzero(pool.in_series))
    half = len(series) // 2
    train, test = np.sort(series[:half]), np.sort(series[half:])
    outside = pool.outside if eligible is None else pool.outside[eligible[pool.outside]]
    near = (pool.similarity if pool.near is None else pool.near)[np.ix_(outside, train)]
    closeness = near.mean(axis=1) if ordering == "mean" else near.max(axis=1)
    return Division(
        train, test, outside[np.argsort(-closeness, kind="stable")], int(generator.integers(np.iinfo(np.int32).max))
    )


def counts(available: int, step: int) -> np.ndarray:
    """How many outsiders are added: 0, step, 2 step, ..., all."""
    return np.unique(np.append(np.arange(0, available, step), available))
