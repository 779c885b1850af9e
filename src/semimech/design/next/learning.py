"""Learning curves: how fast held-back conditions are predicted, by the order in which the others are measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from semimech.data.condition import Condition
from semimech.design.next.criteria import (
    Additive,
    VarianceReduction,
    committee_spread,
    coverage_of,
    greedy,
)
from semimech.design.next.surrogate import Surrogate, surrogate_of
from semimech.support.progress import Monitor, silent

Order = Literal["random", "variance", "disagreement", "diversity", "oracle"]
RANDOM_ORDERS = 4  # whose mean is what an order is compared with
GROWTH = 1.25  # the weights of the surrogate are fitted again when this much more has been measured
LARGEST_FIT = 150


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured, and what is known beside it.

    values: effects, conditions x features. counts: rows behind each condition. counted: the entries that count, as
    values. features: vectors that describe perturbations (see `design.next.kernel`).
    """

    conditions: tuple[Condition, ...]
    values: np.ndarray
    counts: np.ndarray
    counted: np.ndarray
    features: Mapping[str, np.ndarray] | None = None

    def surrogate(self, rows: np.ndarray, like: Surrogate | None = None) -> Surrogate:
        """What some of the conditions tell of all; `like`: with its weights, if little more is known than it knew."""
        conditions = [self.conditions[i] for i in rows]
        values = np.where(self.counted[rows], self.values[rows], 0.0)
        return surrogate_of(
            conditions, values, counts=self.counts[rows], asked=self.conditions, features=self.features, like=like,
            refit=like is None or len(rows) > GROWTH * len(like.conditions), largest=LARGEST_FIT,
        )  # fmt: skip

    def error(self, surrogate: Surrogate, rows: np.ndarray) -> float:
        """Squared error on conditions as a share of no change."""
        counted, seen = self.counted[rows], self.values[rows]
        wrong = surrogate.predict([self.conditions[i] for i in rows]) - seen
        return float((wrong[counted] ** 2).sum() / (seen[counted] ** 2).sum())


@dataclass(frozen=True, eq=False)
class Division:
    """Numbers of the conditions that are known at first, may be measured, and are held back."""

    known: np.ndarray
    pool: np.ndarray
    held: np.ndarray


@dataclass(frozen=True, eq=False)
class Curves:
    """errors: by order, repeats x steps; numbers: conditions measured at each step. ratio: held back / others."""

    errors: Mapping[str, np.ndarray]
    numbers: np.ndarray
    ratio: float


def learning_curves(
    measured: Measured,
    divisions: Sequence[Division],
    orders: Sequence[Order] = get_args(Order),
    *,
    steps: int = 8,
    seed: int = 0,
    monitor: Monitor = silent,
) -> Curves:
    """Errors on what is held back, while the pool is measured in `steps` batches in each order, for each division.

    random: the mean error of 4 random orders. oracle: it sees all measurements, and takes at each step the one that
    most lowers the very errors that are counted: no order that must choose beforehand can be expected to reach it.
    All pools must have the same size.
    """
    sizes = np.diff(np.linspace(0, len(divisions[0].pool), min(steps, len(divisions[0].pool)) + 1).round().astype(int))
    errors: dict[str, list[np.ndarray]] = {order: [] for order in orders}
    for number, division in enumerate(divisions):
        monitor("learning curves", number, len(divisions))
        first = measured.surrogate(division.known)
        for order in orders:
            many = RANDOM_ORDERS if order == "random" else 1
            found = [_curve(measured, division, order, sizes, first, [seed, number, i]) for i in range(many)]
            errors[order].append(np.mean(found, axis=0))
    monitor("learning curves", len(divisions), len(divisions))
    one = divisions[0]
    ratio = len(one.held) / (len(one.known) + len(one.pool))
    return Curves({order: np.array(found) for order, found in errors.items()}, np.r_[0, np.cumsum(sizes)], ratio)


def _curve(
    measured: Measured, division: Division, order: Order, sizes: np.ndarray, first: Surrogate, seed: Sequence[int]
) -> np.ndarray:
    random = np.random.default_rng([104_287, *seed])
    known, pool, surrogate = division.known, division.pool, first
    errors = [measured.error(surrogate, division.held)]
    for size in sizes:
        chosen = _chosen(measured, surrogate, order, pool, division.held, int(size), random)
        known, pool = np.r_[known, pool[chosen]], np.delete(pool, chosen)
        surrogate = measured.surrogate(known, surrogate)
        errors.append(measured.error(surrogate, division.held))
    return np.array(errors)


def _chosen(
    measured: Measured,
    surrogate: Surrogate,
    order: Order,
    pool: np.ndarray,
    held: np.ndarray,
    size: int,
    random: np.random.Generator,
) -> list[int]:
    """Places in the pool of the next batch."""
    if order == "random":
        return random.permutation(len(pool))[:size].tolist()
    if order == "oracle":
        return _by_oracle(measured, surrogate, pool, held, size)
    inputs = surrogate.kernel.inputs([measured.conditions[i] for i in pool])
    asked = surrogate.kernel.inputs([measured.conditions[i] for i in np.r_[pool, held]])
    if order == "variance":
        criterion: VarianceReduction | Additive = VarianceReduction(surrogate, inputs, asked)
    elif order == "disagreement":
        criterion = Additive(committee_spread(surrogate, inputs, int(random.integers(2**31))))
    else:
        there = (surrogate.mean(part) for part in (asked, inputs, surrogate.inputs))
        return greedy(coverage_of(*there), size, np.ones(len(pool)))[0]
    return greedy(criterion, size, np.ones(len(pool)))[0]


def _by_oracle(measured: Measured, surrogate: Surrogate, pool: np.ndarray, held: np.ndarray, size: int) -> list[int]:
    """Greedy by what each measurement does to the error: mean_t + C_tx (y_x - mean_x) / (C_xx + noise)."""
    both = np.r_[pool, held]
    n = len(pool)
    covariance = surrogate.posterior([measured.conditions[i] for i in both])
    counted = measured.counted[both]
    short = np.where(counted, measured.values[both] - surrogate.predict([measured.conditions[i] for i in both]), 0.0)
    left, chosen = np.ones(n, bool), []
    for _ in range(size):
        share = covariance[n:, :n] / (np.diag(covariance)[:n] + surrogate.typical)
        gain = 2 * (share * (short[n:] @ short[:n].T)).sum(0) - (share**2).sum(0) * (short[:n] ** 2).sum(1)
        best = int(np.argmax(np.where(left, gain, -np.inf)))
        step = covariance[:, best] / (covariance[best, best] + surrogate.typical)
        short = np.where(counted, short - step[:, None] * short[best], 0.0)
        covariance = covariance - np.outer(step, covariance[best])
        left[best] = False
        chosen.append(best)
    return chosen
