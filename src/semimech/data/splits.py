"""What is held out, and the question each way of holding out asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from semimech.data.screen import Screen
from semimech.support.errors import UserError


@dataclass(frozen=True, eq=False)
class Split:
    """Rows to learn from and rows to be judged on.

    Control rows are split like any other, so that the controls behind the reference are disjoint from those that
    were learnt from. Validation rows are carved from `train` only (see `inner_effects`).
    """

    name: str
    fold: str
    seed: int
    train: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class SplitKind:
    """A way of holding out: its name, what it holds out, the question it asks, and the function that does it."""

    name: str
    holds_out: str
    asks: str
    folds: Callable[[Screen, np.random.Generator], Iterable[tuple[str, np.ndarray]]]
    is_random: bool = False


def split_screen(screen: Screen, name: str, *, seed: int = 0, partitions: int = 1) -> tuple[Split, ...]:
    """The folds of the split `name`; random kinds give `partitions` of them, the others one for each thing held out.

    Raises UserError where the name is unknown or the screen cannot be asked that question.
    """
    kinds = {kind.name: kind for kind in SPLITS}
    if name not in kinds:
        raise UserError(f"The split '{name}' is unknown: use one of {', '.join(kinds)}.")
    kind = kinds[name]
    found: list[Split] = []
    for number in range(partitions if kind.is_random else 1):
        random = np.random.default_rng([seed, number])
        for fold, held_out in kind.folds(screen, random):
            label = f"partition {number + 1}" if kind.is_random else fold
            found.append(_with_controls(screen, kind.name, label, seed, held_out, random))
    if not found or not all(split.test.size and split.train.size for split in found):
        raise UserError(f"The split '{name}' cannot be made: the screen has nothing that holds out {kind.holds_out}.")
    return tuple(found)


def possible_splits(screen: Screen) -> tuple[str, ...]:
    """The names of the splits that can be made of this screen."""
    possible = []
    for kind in SPLITS:
        held = [mask for _, mask in kind.folds(screen, np.random.default_rng(0))]
        if held and all(mask.any() and (~mask & ~screen.is_control).any() for mask in held):
            possible.append(kind.name)
    return tuple(possible)


def _with_controls(
    screen: Screen, name: str, fold: str, seed: int, held_out: np.ndarray, random: np.random.Generator
) -> Split:
    """Add half of the control rows of every batch to each side."""
    test = held_out & ~screen.is_control
    train = ~held_out & ~screen.is_control
    to_test = stratified_half(screen.batches, screen.batches, screen.is_control, random)
    test |= to_test
    train |= screen.is_control & ~to_test
    return Split(name, fold, seed, np.flatnonzero(train), np.flatnonzero(test))


def stratified_half(
    groups: np.ndarray, strata: np.ndarray, among: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """A random half of the rows `among` (mask): half of every group, spread evenly over the strata within it.

    Groups and strata are integer codes of all rows. The half that is given gets the fewer rows of an odd group, so
    nothing of a group of one.
    """
    rows = random.permutation(np.flatnonzero(among))
    if not len(rows):
        return np.zeros(len(among), bool)
    # Strata in random order, so that with one row for each the half is not always of the same strata.
    rank = random.permutation(int(strata.max()) + 1)[strata[rows]]
    rows = rows[np.lexsort((rank, groups[rows]))]
    ordered = groups[rows]
    first = np.r_[True, ordered[1:] != ordered[:-1]]
    position = np.arange(len(rows)) - np.maximum.accumulate(np.where(first, np.arange(len(rows)), 0))
    chosen = np.zeros(len(among), bool)
    chosen[rows[position % 2 == 1]] = True
    return chosen


def _given(screen: Screen) -> np.ndarray:
    """Which perturbations each condition has (conditions x perturbations, bool), whatever the dose and context."""
    column = {name: j for j, name in enumerate(screen.perturbation_names)}
    given = np.zeros((len(screen.conditions), len(column)), bool)
    for i, condition in enumerate(screen.conditions):
        given[i, [column[name] for name in condition.names]] = True
    return given


def _rows(screen: Screen, conditions: np.ndarray) -> np.ndarray:
    return conditions[screen.condition_codes]


def _cells(screen: Screen, random: np.random.Generator) -> Iterable[tuple[str, np.ndarray]]:
    treated = [not condition.is_control for condition in screen.conditions]
    if np.median(np.bincount(screen.condition_codes)[treated]) >= 4:
        yield "cells", stratified_half(screen.condition_codes, screen.batches, ~screen.is_control, random)


def _conditions(screen: Screen, random: np.random.Generator) -> Iterable[tuple[str, np.ndarray]]:
    doses = pd.factorize(np.array([str(condition.doses) for condition in screen.conditions], dtype=object))[0]
    groups = np.unique(doses[[not condition.is_control for condition in screen.conditions]])
    if len(groups) > 1:
        chosen = random.permutation(groups)[: int(np.ceil(0.3 * len(groups)))]
        yield "conditions", _rows(screen, np.isin(doses, chosen))


def _combinations(screen: Screen, _: np.random.Generator) -> Iterable[tuple[str, np.ndarray]]:
    held = np.array([condition.is_combination for condition in screen.conditions])
    if held.any():
        yield "all combinations", _rows(screen, held)


def _leave_one_out(singles_kept: bool) -> Callable[[Screen, np.random.Generator], Iterable[tuple[str, np.ndarray]]]:
    def folds(screen: Screen, _: np.random.Generator) -> Iterable[tuple[str, np.ndarray]]:
        given = _given(screen)
        for j, name in enumerate(screen.perturbation_names):
            held = given[:, j] & (given.sum(1) > 1) if singles_kept else given[:, j]
            if held.any():
                yield f"without {name}", _rows(screen, held)

    return folds


def _perturbations(screen: Screen, random: np.random.Generator) -> Iterable[tuple[str, np.ndarray]]:
    given = _given(screen)
    used = np.flatnonzero(given.any(0))
    if len(used) > 2:
        chosen = random.permutation(used)[: int(np.ceil(0.3 * len(used)))]
        yield "perturbations", _rows(screen, np.any(given[:, chosen], axis=1))


def _context(screen: Screen, _: np.random.Generator) -> Iterable[tuple[str, np.ndarray]]:
    column = next((c for c in ("context", "medium", "batch") if c in screen.obs and screen.obs[c].nunique() > 1), None)
    if column is not None:
        values = screen.obs[column].astype(str).to_numpy(object)
        for value in np.unique(values):
            yield value if value.startswith(column) else f"{column} {value}", (values == value) & ~screen.is_control


def _time(screen: Screen, _: np.random.Generator) -> Iterable[tuple[str, np.ndarray]]:
    if "time" in screen.obs and screen.obs["time"].nunique() > 1 and pd.api.types.is_numeric_dtype(screen.obs["time"]):
        times = screen.obs["time"].to_numpy(float)
        last = np.unique(times)[-1]
        yield f"time {last:g}", (times == last) & ~screen.is_control


def _dose(screen: Screen, _: np.random.Generator) -> Iterable[tuple[str, np.ndarray]]:
    strength = np.abs(screen.design.tocsc())
    held = np.zeros(screen.shape[0], bool)
    for j in range(strength.shape[1]):
        part = slice(strength.indptr[j], strength.indptr[j + 1])
        doses, rows = strength.data[part], strength.indices[part]
        if len(np.unique(doses)) > 1:
            held[rows[doses == doses.max()]] = True
    if held.any():
        yield "highest dose", held


SPLITS: tuple[SplitKind, ...] = (
    SplitKind("cells", "half of the rows of every condition", "denoising", _cells, is_random=True),
    SplitKind("conditions", "three in ten of the conditions", "interpolation", _conditions, is_random=True),
    SplitKind("combinations", "every combination; the singles are in training", "composition", _combinations),
    SplitKind(
        "leave-one-out",
        "every combination with one perturbation; its singles are kept",
        "extrapolation",
        _leave_one_out(singles_kept=True),
    ),
    SplitKind(
        "leave-one-out-complete",
        "every condition with one perturbation",
        "unseen perturbation",
        _leave_one_out(singles_kept=False),
    ),
    SplitKind(
        "perturbations",
        "three in ten of the perturbations entirely",
        "unseen perturbation",
        _perturbations,
        is_random=True,
    ),
    SplitKind("context", "the perturbed rows of one cell line, medium or batch", "transfer", _context),
    SplitKind("time", "the last time", "extrapolation", _time),
    SplitKind("dose", "the highest dose of each perturbation", "extrapolation", _dose),
)
