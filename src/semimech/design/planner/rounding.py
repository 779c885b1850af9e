"""From divided cells to whole ones: totals are kept, and no batch is overfull."""

from __future__ import annotations

import numpy as np

from semimech.design.planner.continuous import replication
from semimech.design.planner.program import Program


def whole(shares: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers of at least 1 that add up to `total`, each as near as can be to its share (largest remainders)."""
    if total < len(shares):
        raise ValueError(f"{total} cells are too few for {len(shares)} shares")
    scaled = np.maximum(shares / shares.sum() * total, 1.0)
    scaled = 1 + (scaled - 1) * (total - len(shares)) / max((scaled - 1).sum(), 1e-300)
    floor = np.floor(scaled + 1e-9).astype(int)
    rest = total - int(floor.sum())
    floor[np.argsort(floor - scaled, kind="stable")[:rest]] += 1
    return floor


def even_loads(room: np.ndarray, total: int) -> np.ndarray:
    """`total` cells on batches (B,), as evenly as their room allows."""
    total = min(total, int(room.sum()))
    loads = np.zeros(len(room), int)
    while (rest := total - int(loads.sum())) > 0:
        open_batches = np.flatnonzero(loads < room)
        each = max(rest // len(open_batches), 1)
        some = open_batches[: rest if each == 1 else None]
        loads[some] += np.minimum(each, room[some] - loads[some])
    return loads


def dealt(program: Program, cells: np.ndarray, controls: float) -> tuple[np.ndarray, np.ndarray]:
    """(cells (K, B), controls (B,)) of whole numbers, from cells of each arm (K,) and controls of all batches.

    Controls follow the loads of the batches. Every arm is put in as many batches as it has cells, or as there are
    places; the rest of each batch is shared among its arms in proportion, what is rounded off carried to the next.
    """
    loads = even_loads(program.room, program.total)
    n0 = np.clip(np.round(controls * loads / max(loads.sum(), 1)).astype(int), 1, np.maximum(loads - 1, 1))
    n0 = np.where(loads > 1, n0, 0)
    while n0.max() > 1 and np.minimum(loads - n0, program.arms_per_batch).sum() < program.arms:
        n0[n0.argmax()] -= 1
    left = loads - n0
    inside = _members(program, cells, np.minimum(left, program.arms_per_batch))
    density = np.where(inside, (cells / inside.sum(1))[:, None], 0.0)
    table, carry = np.zeros(inside.shape, int), np.zeros(program.arms)
    for batch in np.flatnonzero(left):
        arms = np.flatnonzero(inside[:, batch])
        if len(arms):
            share = density[arms, batch] * left[batch] / density[arms, batch].sum()
            table[arms, batch] = whole(np.maximum(share + carry[arms], 1e-9), int(left[batch]))
            carry[arms] += share - table[arms, batch]
    return table, n0


def _members(program: Program, cells: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Which arms are in which batches (K, B): those in most batches first, each where most places are left."""
    if places.sum() < program.arms:
        raise ValueError(f"{places.sum()} places are too few for {program.arms} arms")
    usable = int(np.count_nonzero(places))
    m = replication(program, np.clip(np.floor(cells), 1, usable), int(places.sum()))
    wanted = np.floor(m + 1e-9).astype(int)
    rest = min(int(places.sum() - wanted.sum()), int(np.round(m.sum())) - int(wanted.sum()))
    wanted[np.argsort(wanted - m, kind="stable")[:rest]] += 1
    inside, places = np.zeros((program.arms, program.batches), bool), places.copy()
    for after, arm in zip(range(program.arms - 1, -1, -1), np.argsort(-wanted, kind="stable")):
        number = max(min(int(wanted[arm]), int(places.sum()) - after, int(np.count_nonzero(places))), 1)
        chosen = np.argsort(-places, kind="stable")[:number]
        inside[arm, chosen] = True
        places[chosen] -= 1
    return inside
