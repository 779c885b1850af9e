"""The HPN-DREAM courses as one table, and the questions that are asked of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from semimech.data.readers import read_screen

FOLDS = 4
EARLY = 60  # minutes: what follows is late


class Table(NamedTuple):
    """Log2 ratios to the untreated sample at time 0, in sd of each protein over all samples after time 0.

    values: stimuli (the last is none) x inhibitors (the first is none) x times x proteins, NaN where not measured.
    starts: inhibitors x proteins, at time 0, before any stimulus. inputs: stimuli x inhibitors x perturbations.
    """

    values: np.ndarray
    starts: np.ndarray
    inputs: np.ndarray
    times: np.ndarray
    stimuli: int

    @property
    def measured(self) -> np.ndarray:
        """True where a sample is (stimuli x inhibitors x times)."""
        return np.isfinite(self.values[..., 0])


class Question(NamedTuple):
    """held: samples that are asked for, one array for each fold (stimuli x inhibitors x times); the others are given.

    starts: for each fold the inhibitors whose sample at time 0 is given.
    """

    name: str
    held: tuple[np.ndarray, ...]
    starts: tuple[np.ndarray, ...]


def read_courses(data: Path, line: str) -> Table:
    """The courses of one cell line."""
    screen = read_screen(data / "hpn-dream" / f"MD-{line}_main_for_null.csv")
    doses, times = screen.design.toarray(), screen.obs["time"].to_numpy(float)
    names = screen.perturbation_names
    stimuli = next(j for j, name in enumerate(names) if name.startswith("GSK"))
    after = np.unique(times[times > 0])
    kinds = list(dict.fromkeys(map(tuple, doses[times == 0, stimuli:])))
    kinds.sort(key=lambda row: (sum(row) > 0, *(-x for x in row)))
    shape = (stimuli + 1, len(kinds))
    values = np.full((*shape, len(after), screen.shape[1]), np.nan)
    starts, inputs = np.zeros((len(kinds), screen.shape[1])), np.zeros((*shape, len(names)))
    inputs[range(stimuli), :, range(stimuli)] = 1
    inputs[:, :, stimuli:] = np.array(kinds)
    for row, time in enumerate(times):
        kind = kinds.index(tuple(doses[row, stimuli:]))
        stimulus = int(np.r_[doses[row, :stimuli], 0.5].argmax())
        if time == 0:
            starts[kind] = screen.responses[row]
        else:
            values[stimulus, kind, np.searchsorted(after, time)] = screen.responses[row]
    unit = np.nanstd(values, axis=(0, 1, 2))
    return Table(values / unit, starts / unit, inputs, after, stimuli)


def questions(table: Table, partitions: range) -> Iterator[Question]:
    """Combinations held out, an inhibitor never given (with its sample at time 0, and without), late times."""
    measured, nothing = table.measured, np.zeros(table.measured.shape, bool)
    known = np.ones(measured.shape[1], bool)
    pairs = [(i, j) for i in range(table.stimuli) for j in range(1, len(known)) if measured[i, j].any()]
    held = []
    for number in partitions:
        order = np.random.default_rng(number).permutation(len(pairs))
        for fold in range(FOLDS):
            mask = nothing.copy()
            for k in order[fold::FOLDS]:
                mask[pairs[k]] = True
            held.append(mask & measured)
    yield Question("combinations", tuple(held), (known,) * len(held))
    each = range(1, len(known))
    without = tuple(measured & (np.arange(len(known)) == j)[:, None] for j in each)
    yield Question("unseen inhibitor", without, tuple(np.arange(len(known)) != j for j in each))
    yield Question("unseen inhibitor, time 0 given", without, (known,) * len(without))
    yield Question("late times", (measured & (table.times > EARLY),), (known,))


def rules(table: Table, held: np.ndarray, starts: np.ndarray) -> dict[str, np.ndarray]:
    """Predictions by simple rules, shaped as `table.values`; NaN where a rule has no answer."""
    given = np.where(held[..., None], np.nan, table.values)
    shape = given.shape
    found = {"no change": np.zeros(shape)}
    if not np.isfinite(given[..., 0]).any((0, 1)).all():  # times are held out
        return found | _late(given, table.times)
    whole = mean(given, (0, 1))[None, None]
    stimulus = mean(given, 1)[:, None]
    stimulus = np.where(np.isfinite(stimulus), stimulus, whole)  # a few samples are missing
    alone = np.where(np.isfinite(given[:, :1]), given[:, :1], stimulus)
    base = np.where(starts[:, None], table.starts, 0)[None, :, None]
    mean_base = table.starts[starts].mean(0)
    found["mean of all courses"] = whole
    found["the stimulus alone"] = alone
    found["mean of the stimulus"] = stimulus
    found["mean of the stimulus, from its time 0"] = np.where(
        starts[:, None, None], stimulus - mean_base + base, np.nan
    )
    with np.errstate(invalid="ignore"):
        found["stimulus alone + inhibitor alone"] = alone + given[-1:] - given[-1:, :1]
    found["two-way additive"] = two_way(given, 0)
    found["two-way additive, shrunk"] = two_way(given, 1)
    return {name: np.broadcast_to(rule, shape) for name, rule in found.items()}


def mean(values: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    """The mean of what there is, NaN where there is nothing."""
    count = np.isfinite(values).sum(axis)
    return np.nansum(values, axis) / np.where(count, count, np.nan)


def two_way(given: np.ndarray, ridge: float) -> np.ndarray:
    """Mean + stimulus + inhibitor at each time, each shrunk as if `ridge` more courses had no effect."""
    middle = mean(given, (0, 1))
    first, second = np.zeros(given[:, 0].shape), np.zeros(given[0].shape)
    rows, columns = (np.isfinite(given).sum(axis) + ridge for axis in (1, 0))
    for _ in range(60):
        first = np.nansum(given - middle - second[None], axis=1) / np.maximum(rows, 1)
        second = np.nansum(given - middle - first[:, None], axis=0) / np.maximum(columns, 1)
    both = middle + first[:, None] + second[None]
    return np.where(np.isfinite(given[..., :1]).any((0, 2))[None, :, None], both, np.nan)


def _late(given: np.ndarray, times: np.ndarray) -> dict[str, np.ndarray]:
    """The last value, and the same shrunk towards the mean of all by the share that serves the last time given."""
    seen = np.flatnonzero(times <= EARLY)

    def last(until: int) -> np.ndarray:
        value = given[:, :, 0]
        for step in range(1, until + 1):
            value = np.where(np.isfinite(given[:, :, step]), given[:, :, step], value)
        return value

    def shrunk(share: float, until: int) -> np.ndarray:
        middle = mean(given[:, :, until], (0, 1))
        return middle + share * (last(until) - middle)

    shares = np.linspace(0, 1, 11)
    before, final = int(seen[-2]), int(seen[-1])
    share = min(shares, key=lambda s: np.nanmean((given[:, :, final] - shrunk(s, before)) ** 2))
    value = {"persistence": last(final), f"persistence, shrunk to {share:.1f}": shrunk(share, final)}
    return {name: np.broadcast_to(rule[:, :, None], given.shape) for name, rule in value.items()}
