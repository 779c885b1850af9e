"""What a condition does: the mean of its rows against the control rows of the same batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from semimech.data.condition import Condition, design_matrix
from semimech.data.screen import Screen, normalise


@dataclass(frozen=True, eq=False)
class Effects:
    """Observed effects of conditions.

    values: conditions x features, on the screen's effect scale (log1p of 1e4-normalised counts, or log-ratio).
    standard_errors: conditions x features, NaN where a condition has a single row.
    design: conditions x perturbations, signed doses. counts: rows behind each condition (conditions,).
    control_mean: mean of the control rows on the same scale (features,), zero for log-ratios.
    dropped: (condition label, reason) of the conditions that could not be measured.
    """

    conditions: tuple[Condition, ...]
    perturbations: tuple[str, ...]
    features: tuple[str, ...]
    design: np.ndarray
    values: np.ndarray
    standard_errors: np.ndarray
    counts: np.ndarray
    control_mean: np.ndarray
    dropped: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.conditions)

    def take(self, rows: np.ndarray) -> Effects:
        """Only the given conditions (a mask or numbers)."""
        rows = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows, int)
        return Effects(
            tuple(self.conditions[i] for i in rows),
            self.perturbations,
            self.features,
            self.design[rows],
            self.values[rows],
            self.standard_errors[rows],
            self.counts[rows],
            self.control_mean,
            self.dropped,
        )


def effects_of(screen: Screen, rows: np.ndarray) -> Effects:
    """Effects of the conditions among the given rows, against the control rows among the same rows.

    effect_p = mean over rows i of p of (x_i - c_b(i)), c_b the mean of the control rows of row i's batch; its
    squared standard error is var(x_i - c_b(i)) / n_p + sum_b (n_pb / n_p)^2 var_0b / n_0b. Log-ratios are effects
    already: their mean is taken as given. Rows in batches without a control row are left out, and conditions that
    lose all rows are listed in `dropped`.
    """
    rows = np.sort(np.asarray(rows))
    key = rows.tobytes()
    if key not in screen._effects:
        while len(screen._effects) >= 16:  # a few splits of one screen are in use at a time
            screen._effects.pop(next(iter(screen._effects)))
        screen._effects[key] = _measure(screen, rows)
    return screen._effects[key]


def _measure(screen: Screen, rows: np.ndarray) -> Effects:
    batches = screen.batches
    n_batches = int(batches.max()) + 1
    control_rows = rows[screen.is_control[rows]]
    if screen.scale == "log-ratio":
        centre = control_error = np.zeros((1, screen.shape[1]))
        centre_of, usable = np.zeros(len(batches), int), np.ones(len(batches), bool)
    else:
        centre, variance, n = group_moments(screen, control_rows, batches, n_batches)
        centre_of, usable = batches, n[batches] > 0
        control_error = np.divide(variance, n[:, None], out=np.zeros_like(variance), where=n[:, None] > 0)
    treated = rows[~screen.is_control[rows]]
    kept = treated[usable[treated]]
    conditions, codes = screen.conditions, screen.condition_codes
    present = np.unique(codes[kept])
    lost = sorted(set(np.unique(codes[treated])) - set(present))
    index = np.full(len(conditions), -1)
    index[present] = np.arange(len(present))
    mean, variance, n = group_moments(screen, kept, index[codes], len(present), centre, centre_of)
    squared = np.divide(variance, n[:, None], out=np.full_like(variance, np.nan), where=n[:, None] > 1)
    share = np.zeros((len(present), len(centre)))
    np.add.at(share, (index[codes[kept]], centre_of[kept]), 1.0)
    squared += (share / np.maximum(n, 1)[:, None]) ** 2 @ control_error
    chosen = tuple(conditions[i] for i in present)
    weights = np.bincount(centre_of[control_rows], minlength=len(centre))
    return Effects(
        chosen,
        screen.perturbation_names,
        screen.feature_names,
        design_matrix(chosen, screen.perturbation_names),
        mean.astype(np.float32),
        np.sqrt(squared).astype(np.float32),
        n.astype(np.int64),
        (weights @ centre / max(weights.sum(), 1)).astype(np.float32),
        tuple((conditions[i].label, "no control rows in its batches") for i in lost),
    )


def group_moments(
    screen: Screen,
    rows: np.ndarray,
    groups: np.ndarray,
    n_groups: int,
    centre: np.ndarray | None = None,
    centre_of: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, unbiased variance (groups x features) and size (groups,) of the rows of each group, block by block.

    `groups` gives the group of every row of the screen. With `centre` and `centre_of`, `centre[centre_of[row]]`
    is subtracted from each row first. The variance of a group of one is 0.
    """
    total = np.zeros((n_groups, screen.shape[1]))
    squares = np.zeros_like(total)
    size = np.bincount(groups[rows], minlength=n_groups).astype(float)
    for numbers, block in screen.blocks(rows):
        values = normalise(block, screen.scale).astype(np.float64)
        if centre is not None and centre_of is not None:
            values -= centre[centre_of[numbers]]
        order = np.argsort(groups[numbers], kind="stable")
        ordered = groups[numbers][order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        values = values[order]
        total[ordered[starts]] += np.add.reduceat(values, starts)
        squares[ordered[starts]] += np.add.reduceat(values**2, starts)
    mean = total / np.maximum(size, 1)[:, None]
    variance = np.maximum(squares - size[:, None] * mean**2, 0) / np.maximum(size - 1, 1)[:, None]
    return mean, variance, size
