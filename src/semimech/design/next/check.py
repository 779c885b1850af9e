"""Whether an order would have paid: learning curves on the very conditions that a run has measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd
from scipy import stats

from semimech.design.next.candidates import Kind
from semimech.design.next.criteria import CriterionName
from semimech.design.next.learning import Curves, Division, Measured, Order, learning_curves
from semimech.support.progress import Monitor, silent

LEAST = 12  # conditions of a kind, fewer cannot be divided
REPEATS = 20
MOST = 240  # conditions in a check
HELD_SHARE = 1 / 3
FIRST_SINGLES = 4
PLURAL = {"pairs": "combinations", "singles": "perturbations", "doses": "doses of perturbations given alone"}


@dataclass(frozen=True)
class Difference:
    """A mean difference with its 95 % interval, as a share of what it is compared with."""

    mean: float
    lower: float
    upper: float

    @property
    def verdict(self) -> str:
        """What the interval allows to say of errors."""
        if self.upper < 0:
            return "better than random"
        return "worse than random" if self.lower > 0 else "no better than random"

    def __str__(self) -> str:
        return f"{100 * self.mean:+.1f} % ({100 * self.lower:+.1f} to {100 * self.upper:+.1f})"


@dataclass(frozen=True, eq=False)
class Check:
    """Learning curves of a kind of condition; None where there are too few of them (`found`)."""

    kind: Kind
    found: int
    curves: Curves | None

    @property
    def learns(self) -> Difference | None:
        """How the error with everything measured differs from that at the beginning."""
        if self.curves is None:
            return None
        errors = self.curves.errors["random"]
        return difference(errors[:, -1], errors[:, 0], self.curves.ratio)

    def against_random(self, order: Order) -> Difference:
        """The mean error on the way of an order, against that of random orders."""
        assert self.curves is not None
        way = {name: errors[:, 1:-1].mean(1) for name, errors in self.curves.errors.items()}
        return difference(way[order], way["random"], self.curves.ratio)

    def sentence(self, criterion: CriterionName) -> str:
        """Whether the criterion has beaten random orders here, with its interval."""
        what = PLURAL[self.kind]
        learns = self.learns
        if learns is None:
            return (
                f"Whether this order is better than random cannot be told from this run: it has {self.found} measured "
                f"{what}, and {LEAST} are needed."
            )
        assert self.curves is not None
        found = self.against_random(criterion)
        if learns.upper >= 0 <= found.upper:
            return (
                f"No better than random here: measuring more {what} cannot be shown to make held-back ones easier to "
                f"predict (error {learns}, 95 % interval), and no order can be expected to help."
            )
        others = [name for name in self.curves.errors if name not in (criterion, "random", "oracle")]
        beside = "".join(f", {name} {self.against_random(name)}" for name in others)  # type: ignore[arg-type]
        return (
            f"{found.verdict.capitalize()} here: on measured {what}, the error on held-back ones on the way was "
            f"{found} against random orders ({len(self.curves.errors[criterion])} repeats, 95 % interval){beside}; "
            f"an oracle that sees all measurements reaches {self.against_random('oracle')}."
        )

    def table(self) -> pd.DataFrame:
        """order, measured, error (mean over repeats), difference, lower, upper (share of random's at that number)."""
        if self.curves is None:
            return pd.DataFrame(columns=["order", "measured", "error", "difference", "lower", "upper"])
        rows = []
        for order, errors in self.curves.errors.items():
            for step, number in enumerate(self.curves.numbers):
                found = difference(errors[:, step], self.curves.errors["random"][:, step], self.curves.ratio)
                rows.append((order, number, errors[:, step].mean(), found.mean, found.lower, found.upper))
        return pd.DataFrame(rows, columns=["order", "measured", "error", "difference", "lower", "upper"])


def check_orders(
    measured: Measured,
    kind: Kind,
    orders: Sequence[Order] = get_args(Order),
    *,
    repeats: int = REPEATS,
    steps: int = 8,
    seed: int = 0,
    monitor: Monitor = silent,
) -> Check:
    """Hold back a third of the measured conditions of a kind, measure the others in each order, `repeats` times.

    pairs: every condition that is no combination is known at first. singles: four perturbations are. doses: one dose of
    each perturbation is, and all else.
    """
    divisions = [_division(measured, kind, np.random.default_rng([seed, number, 15_731])) for number in range(repeats)]
    found = len(_of_kind(measured, kind))
    if found < LEAST or not divisions or len(divisions[0].pool) < 4:
        return Check(kind, found, None)
    return Check(kind, found, learning_curves(measured, divisions, orders, steps=steps, seed=seed, monitor=monitor))


def difference(errors: np.ndarray, others: np.ndarray, ratio: float = 0.0) -> Difference:
    """Mean of paired differences of errors (repeats,) as a share of the mean of the others, with a 95 % interval.

    t interval with the variance times 1/n + ratio, ratio = held back / others in repeats that divide the same data anew
    (Nadeau and Bengio 2003, doi:10.1023/A:1024068626366); 0 for repeats that are independent.
    """
    apart = errors - others
    n, size = len(apart), others.mean()
    spread = apart.std(ddof=1) * np.sqrt(1 / n + ratio) * stats.t.ppf(0.975, n - 1)
    return Difference(*(float(value / size) for value in (apart.mean(), apart.mean() - spread, apart.mean() + spread)))


def _of_kind(measured: Measured, kind: Kind) -> np.ndarray:
    """Numbers of the conditions of a kind."""
    conditions = measured.conditions
    if kind == "pairs":
        return np.flatnonzero([condition.is_combination for condition in conditions])
    alone = [i for i, condition in enumerate(conditions) if len(condition.names) == 1]
    names = [conditions[i].names[0] for i in alone]
    if kind == "singles":
        return np.array([i for k, i in enumerate(alone) if names[k] not in names[:k]], int)
    return np.array([i for i, name in zip(alone, names, strict=True) if names.count(name) > 1], int)


def _division(measured: Measured, kind: Kind, random: np.random.Generator) -> Division:
    """A random third held back, the rest to be measured; see `check_orders`."""
    drawn = random.permutation(_of_kind(measured, kind))
    every = np.arange(len(measured.conditions))
    known = np.setdiff1d(every, drawn)
    if kind == "singles":
        known, drawn = drawn[:FIRST_SINGLES], drawn[FIRST_SINGLES:]
    elif kind == "doses":
        names = [measured.conditions[i].names[0] for i in drawn]
        first = np.array([names.index(name) == k for k, name in enumerate(names)], dtype=bool)
        known, drawn = np.r_[known, drawn[first]], drawn[~first]
    drawn = drawn[:MOST]
    held = round(HELD_SHARE * len(drawn))
    return Division(known, drawn[held:], drawn[:held])
