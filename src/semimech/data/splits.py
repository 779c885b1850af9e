"""What is held out, and the question each way of holding out asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from semimech.data.screen import Screen
from semimech.support.errors import UserError, listed


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
    """A way of holding out: its name, what it holds out, the question it asks, and the function that does it.

    lacking: what a screen is missing of which `folds` makes nothing. suits: whether the split asks its question of
    the screen; one that does not can still be asked for by name.
    """

    name: str
    holds_out: str
    asks: str
    folds: Callable[[Screen, np.random.Generator], Iterable[tuple[str, np.ndarray]]]
    lacking: str
    is_random: bool = False
    suits: Callable[[Screen], bool] = lambda screen: True


def split_screen(screen: Screen, name: str, *, seed: int = 0, partitions: int = 1) -> tuple[Split, ...]:
    """The folds of the split `name`; random kinds give `partitions` of them, the others one for each thing held out.

    Raises UserError where the name is unknown, or where a side would have no perturbed rows or (but for log-ratios,
    which are effects already) no control rows.
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
    lacking = _lacking(screen, kind, found)
    if lacking:
        others = possible_splits(screen)
        remedy = f"use {listed(others)}" if others else "no other split of this screen can be made either"
        raise UserError(f"The split '{name}' cannot be made: {lacking}; {remedy}.")
    return tuple(found)


def possible_splits(screen: Screen) -> tuple[str, ...]:
    """The names of the splits that can be made of this screen and ask their question of it."""
    possible = []
    for kind in SPLITS:
        random = np.random.default_rng(0)
        found = [_with_controls(screen, kind.name, fold, 0, held, random) for fold, held in kind.folds(screen, random)]
        if not _lacking(screen, kind, found) and kind.suits(screen):
            possible.append(kind.name)
    return tuple(possible)


def _lacking(screen: Screen, kind: SplitKind, found: list[Split]) -> str:
    """Why these folds cannot be judged: "" where each side has perturbed rows, and control rows where needed."""
    if not found:
        return f"the screen has {kind.lacking}"
    control = screen.is_control
    for split in found:
        where = f"in the fold '{split.fold}' " if len(found) > 1 else ""
        for side, verb in ((split.train, "to learn from"), (split.test, "to be judged on")):
            if control[side].all():
                return f"{where}no perturbed rows would be left {verb}"
            if screen.scale != "log-ratio" and not control[side].any():
                return f"{where}no control rows would be left {verb} (a batch needs two for one on each side)"
    return ""


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
    if any(treated) and np.median(np.bincount(screen.condition_codes)[treated]) >= 4:
        yield "cells", stratified_half(screen.condition_codes, screen.batches, ~screen.is_control, random)


def _conditions(screen: Screen, random: np.random.Generator) -> Iterable[tuple[str, np.ndarray]]:
    doses = pd.factorize(np.array([str(condition.doses) for condition in screen.conditions], dtype=object))[0]
    groups = np.unique(doses[[not condition.is_control for condition in screen.conditions]])
    if len(groups) > 1:
        chosen = random.permutation(groups)[: int(np.ceil(0.3 * len(groups)))]
        yield "conditions", _rows(screen, np.isin(doses, chosen))


def _shares_perturbations(screen: Screen) -> bool:
    """Most conditions are made of perturbations that other conditions have too, so that these can be learnt from."""
    given = _given(screen)[[not condition.is_control for condition in screen.conditions]]
    doses = [condition.doses for condition in screen.conditions if not condition.is_control]
    given = given[np.unique(pd.factorize(np.array([str(d) for d in doses], dtype=object))[0], return_index=True)[1]]
    shared = (~given | (given.sum(0) > 1)).all(1)
    return bool(2 * shared.sum() >= len(shared))


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
        for value in np.unique(values[~screen.is_control]):
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
    SplitKind(
        "cells",
        "half of the rows of every condition",
        "denoising",
        _cells,
        "fewer than four rows of most conditions",
        True,
    ),
    SplitKind(
        "conditions",
        "three in ten of the conditions",
        "interpolation",
        _conditions,
        "a single condition",
        is_random=True,
        suits=_shares_perturbations,
    ),
    SplitKind(
        "combinations",
        "every combination; the singles are in training",
        "composition",
        _combinations,
        "no combinations",
    ),
    SplitKind(
        "leave-one-out",
        "every combination with one perturbation; its singles are kept",
        "extrapolation",
        _leave_one_out(singles_kept=True),
        "no combinations",
    ),
    SplitKind(
        "leave-one-out-complete",
        "every condition with one perturbation",
        "unseen perturbation",
        _leave_one_out(singles_kept=False),
        "no perturbations",
    ),
    SplitKind(
        "perturbations",
        "three in ten of the perturbations entirely",
        "unseen perturbation",
        _perturbations,
        "fewer than three perturbations",
        is_random=True,
    ),
    SplitKind(
        "context",
        "the perturbed rows of one cell line, medium or batch",
        "transfer",
        _context,
        "one cell line, medium and batch only",
    ),
    SplitKind("time", "the last time", "extrapolation", _time, "no more than one time (a number)"),
    SplitKind(
        "dose",
        "the highest dose of each perturbation",
        "extrapolation",
        _dose,
        "no perturbation at more than one dose",
    ),
)
