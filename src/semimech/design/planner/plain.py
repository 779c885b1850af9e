"""The layouts that people choose without planning, with as many cells in the same batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from semimech.design.contrasts import Reference
from semimech.design.planner.program import Program
from semimech.design.planner.rounding import even_loads


@dataclass(frozen=True, eq=False)
class Plain:
    """A plain choice: cells (K, B), controls (B,), and the controls that its effects are measured against."""

    name: str
    cells: np.ndarray
    controls: np.ndarray
    reference: Reference


def plain_layouts(program: Program, controls: int) -> Iterator[Plain]:
    """The plain choices that can be made with the same cells in the same batches, `controls` those of the plan.

    controls in one batch: as many controls as planned, or as it holds, in the first batch; arms alike in all.
    controls pooled: arms in one batch each, controls alike in all batches and taken as one.
    equal allocation: every batch has the same number of cells of each of its arms and of the controls.
    one batch for each perturbation: every arm in one batch, with sqrt(K_b) times as many controls beside it.
    """
    loads = even_loads(program.room, program.total)
    everywhere, once = _memberships(program)
    batches = len(loads)
    first = np.r_[min(controls, loads[0]), np.zeros(batches - 1, int)]
    yield from _made("controls in one batch", loads, everywhere, first, "pooled")
    alike = np.full(batches, max(round(controls / batches), 1))
    yield from _made("controls of all batches pooled", loads, once, alike, "pooled")
    yield from _made("equal allocation", loads, everywhere, loads // (everywhere.sum(0) + 1), "same batch")
    beside = np.maximum(np.round(loads / (1 + np.sqrt(np.maximum(once.sum(0), 1)))), 1).astype(int)
    yield from _made("one batch for each perturbation", loads, once, beside, "same batch")


def _memberships(program: Program) -> tuple[np.ndarray, np.ndarray]:
    """Which arms are in which batches (K, B): in turn as often as there are places, and once."""
    arms, batches = program.arms, program.batches
    m = min(batches, batches * program.arms_per_batch // arms)
    turn = (np.arange(arms * m) % batches).reshape(arms, m)
    everywhere = np.zeros((arms, batches), bool)
    np.put_along_axis(everywhere, turn, True, axis=1)
    once = np.zeros((arms, batches), bool)
    once[np.arange(arms), np.arange(arms) % batches] = True
    return everywhere, once


def _made(
    name: str, loads: np.ndarray, inside: np.ndarray, controls: np.ndarray, reference: Reference
) -> Iterator[Plain]:
    """The layout with the rest of each batch shared evenly by its arms; nothing where an arm would have no cell."""
    left = loads - controls
    number = inside.sum(0)
    if (controls < 0).any() or (left < 0).any():
        return
    each, rest = np.divmod(left, np.maximum(number, 1))
    turn = np.cumsum(inside, 0) - 1
    cells = np.where(inside, each + (turn < rest), 0)
    if (cells.sum(1) > 0).all():
        yield Plain(name, cells, controls + np.where(number == 0, left, 0), reference)
