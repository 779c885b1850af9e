"""The layout of an allocation problem: exact where it is small, else rounded from divided cells and improved."""

from __future__ import annotations

import numpy as np

from semimech.design.planner.continuous import best_shares
from semimech.design.planner.exact import exact_layout, is_small
from semimech.design.planner.exchange import improved
from semimech.design.planner.program import Program
from semimech.design.planner.rounding import dealt, even_loads

SHAKES = 30
FEW_PLACES, FEW_CELLS = 60, 20  # arms x batches, and cells for each of these


def allocated(program: Program) -> tuple[np.ndarray, np.ndarray, bool]:
    """(cells (K, B), controls (B,), whether they are proved to be the best). ValueError where no layout fits."""
    if is_small(program):
        found = exact_layout(program)
        if found is None:
            raise ValueError("no layout keeps the limits")
        return (*found, True)
    return (*heuristic(program), False)


def heuristic(program: Program) -> tuple[np.ndarray, np.ndarray]:
    """(cells, controls): the optimum of divided cells, rounded to whole ones and improved.

    Where places and cells are few the layout is shaken and improved again some times: rounding weighs most there.
    """
    total = float(even_loads(program.room, program.total).sum())
    shares = best_shares(program, total, program.batches)
    best = improved(program, *dealt(program, shares.cells, shares.controls))
    random = np.random.default_rng(0)
    few = best[0].size <= FEW_PLACES and total <= FEW_CELLS * best[0].size
    for _ in range(SHAKES if few else 0):
        best = min(best, improved(program, *_shaken(program, *best, random)), key=lambda found: program.loss(*found))
    return best


def _shaken(
    program: Program, cells: np.ndarray, controls: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The same loads, a random quarter of the cells taken out and put to random arms or controls of their batch."""
    table = np.vstack([cells, controls])
    for column in table.T:
        moved = random.binomial(column, 0.25)
        column += random.multinomial(moved.sum(), np.full(len(column), 1 / len(column))) - moved
    new, n0 = table[:-1], table[-1]
    return (new, n0) if program.keeps_limits(new, n0) else (cells, controls)
