"""Single cells to hold predictions against: test cells, and training control cells of the same batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from semimech.data.effects import Effects
from semimech.data.sampling import most_variable, read_rows
from semimech.data.screen import Screen
from semimech.data.splits import Split

CELLS_PER_CONDITION = 300
CELLS_IN_ALL = 30_000
FEATURES = 1_000


@dataclass(frozen=True, eq=False)
class CellSamples:
    """For each condition an equal number of its test cells and of training control cells of the same batches.

    observed, control: one array (cells x kept features) for each condition, on the effect scale; features that do
    not count are zero in both. columns: the features kept. within: for each condition the mean distance between
    two of its test cells plus that between two of its control cells.
    """

    columns: np.ndarray
    counted: np.ndarray
    observed: tuple[np.ndarray, ...]
    control: tuple[np.ndarray, ...]
    within: np.ndarray

    def e_distances(self, predicted: np.ndarray) -> np.ndarray:
        """E-distance between shifted control cells and test cells (conditions,)."""
        shifts = predicted[:, self.columns] * self.counted
        between = [
            distances(cells + shift, test).mean() if len(test) else np.nan
            for cells, shift, test in zip(self.control, shifts, self.observed, strict=True)
        ]
        return 2 * np.array(between) - self.within

    def wasserstein(self, predicted: np.ndarray) -> np.ndarray:
        """Mean over the counted features of the 1-D Wasserstein distance (conditions,)."""
        shifts = predicted[:, self.columns] * self.counted
        found = [
            np.abs(np.sort(cells, axis=0) + shift - np.sort(test, axis=0)).mean(0).sum() if len(test) else np.nan
            for cells, shift, test in zip(self.control, shifts, self.observed, strict=True)
        ]
        return np.array(found) / np.maximum(self.counted.sum(1), 1)


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Euclidean distances between the rows of a and of b."""
    square = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return np.sqrt(np.maximum(square, 0))


def mean_distance(cells: np.ndarray) -> float:
    """Mean Euclidean distance between two different rows."""
    n = len(cells)
    each = distances(cells, cells)
    np.fill_diagonal(each, 0)
    return float(each.sum() / max(n * (n - 1), 1))


def sample_cells(
    screen: Screen, split: Split, rows: np.ndarray, effects: Effects, scored: np.ndarray, seed: int
) -> CellSamples:
    """Draw the cells of each condition from the test `rows`, and control cells from the training rows."""
    random = np.random.default_rng([seed, 104_729])
    size = int(min(CELLS_PER_CONDITION, max(CELLS_IN_ALL // max(len(effects), 1), 20)))
    controls = split.train[screen.is_control[split.train]]
    columns = most_variable(screen, controls, FEATURES)
    chosen = [_drawn(screen, controls, members, size, random) for members in _rows_of(screen, rows, effects)]
    distinct, values = read_rows(screen, np.concatenate([part for pair in chosen for part in pair]), columns)
    counted = scored[:, columns]
    observed, control = (
        tuple(values[np.searchsorted(distinct, pair[side])] * mask for pair, mask in zip(chosen, counted, strict=True))
        for side in (0, 1)
    )
    within = np.array([mean_distance(a) + mean_distance(b) for a, b in zip(observed, control, strict=True)])
    return CellSamples(columns, counted, observed, control, within)


def _rows_of(screen: Screen, rows: np.ndarray, effects: Effects) -> list[np.ndarray]:
    code = {condition: i for i, condition in enumerate(screen.conditions)}
    codes = screen.condition_codes[rows]
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    wanted = [code[condition] for condition in effects.conditions]
    return [rows[order[slice(*np.searchsorted(ordered, [c, c + 1]))]] for c in wanted]


def _drawn(
    screen: Screen, controls: np.ndarray, members: np.ndarray, size: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Some of the condition's rows, and as many control rows with the same batches."""
    members = members[np.isin(screen.batches[members], screen.batches[controls])]
    test = random.permutation(members)[:size]
    batches = screen.batches[controls]
    matched = np.empty(len(test), int)
    for batch in np.unique(screen.batches[test]):
        mine = screen.batches[test] == batch
        pool = controls[batches == batch]
        matched[mine] = random.choice(pool, int(mine.sum()), replace=int(mine.sum()) > len(pool))
    return test, matched
