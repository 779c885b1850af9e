"""The best whole layout of a small problem, by dynamic programming over all of them."""

from __future__ import annotations

from itertools import product

import numpy as np

from semimech.design.planner.program import Program

MOST_STEPS = 1.5e8  # (controls) x (arms) x (loads) x (rows of an arm)


def is_small(program: Program) -> bool:
    """Whether `exact_layout` takes seconds: all its layouts are gone through."""
    loads = float(np.prod(program.room.astype(float) + 1))
    steps = loads * program.arms * loads * loads / 4
    return program.arms_per_batch >= program.arms and steps <= MOST_STEPS


def exact_layout(program: Program) -> tuple[np.ndarray, np.ndarray] | None:
    """(cells (K, B), controls (B,)) of the least loss; None where no layout keeps the limits.

    Given the controls of the batches the variance of an arm depends on its own row only, so that
    best_p(load) = min over rows n of best_{p-1}(load - n) + weight_p v_p(n) goes through every layout (max in the place
    of + for the worst arm). It knows of no limit on arms in a batch. Batches with the same room are interchangeable:
    only controls in falling order are tried.
    """
    best: tuple[float, np.ndarray, np.ndarray] | None = None
    for controls in product(*(range(room + 1) for room in program.room)):
        n0 = np.array(controls)
        alike = program.room[:-1] == program.room[1:]
        if n0.any() and not (alike & (n0[:-1] < n0[1:])).any():
            found = _given(program, n0, np.inf if best is None else best[0])
            best = best if found is None else (*found, n0)
    return None if best is None else best[1:]


def _given(program: Program, controls: np.ndarray, bound: float) -> tuple[float, np.ndarray] | None:
    """(loss, cells) of the best rows beside these controls, or None where none is below `bound`."""
    left = np.where(controls > 0, program.room - controls, 0)
    most = program.total - int(controls.sum())
    rows = np.array(list(product(*(range(int(room) + 1) for room in left))))
    rows = rows[rows.sum(1) <= most]
    strides = np.cumprod(np.r_[1, (left + 1)[:0:-1]])[::-1]
    losses = _row_losses(program, rows, controls)
    table = np.full(int(np.prod(left + 1)), np.inf)
    table[0] = 0.0 if not program.worst else -np.inf
    choices = np.zeros((program.arms, len(table)), int)
    for arm in range(program.arms):
        table, choices[arm] = _with_arm(table, rows, rows @ strides, losses[arm], left, program.worst)
    loads = np.array(list(product(*(range(int(room) + 1) for room in left))))
    table[loads.sum(1) > most] = np.inf
    end = int(table.argmin())
    if not table[end] < bound:
        return None
    loss, cells = float(table[end]), np.zeros((program.arms, len(controls)), int)
    for arm in reversed(range(program.arms)):
        cells[arm] = rows[choices[arm, end]]
        end -= int(cells[arm] @ strides)
    return loss, cells


def _row_losses(program: Program, rows: np.ndarray, controls: np.ndarray) -> np.ndarray:
    """weight_p v_p of every arm (K,) with every row of cells (R, B)."""
    n = rows.sum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        used = np.where(rows > 0, rows**2 * (program.control / controls + program.interaction), 0.0).sum(1)
        value = program.spread[:, None] / n + used / n**2 + program.constant[:, None]
    return np.where(n > 0, program.weight[:, None] * value, np.inf)


def _with_arm(
    table: np.ndarray, rows: np.ndarray, places: np.ndarray, losses: np.ndarray, left: np.ndarray, worst: bool
) -> tuple[np.ndarray, np.ndarray]:
    """(best loss, number of the row taken) of every load, with one arm more."""
    shape = tuple(left + 1)
    grid = table.reshape(shape)
    best, chosen = np.full(shape, np.inf), np.zeros(shape, int)
    for number, row in enumerate(rows):
        if not np.isfinite(losses[number]):
            continue
        source = grid[tuple(slice(0, int(size - cells)) for size, cells in zip(shape, row))]
        goal = tuple(slice(int(cells), None) for cells in row)
        value = np.maximum(source, losses[number]) if worst else source + losses[number]
        better = value < best[goal]
        best[goal] = np.where(better, value, best[goal])
        chosen[goal] = np.where(better, number, chosen[goal])
    return best.ravel(), chosen.ravel()
