"""How many cells batches hold, what they cost, and how many a budget buys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from semimech.design.planner.request import Request
from semimech.design.planner.rounding import even_loads

ALMOST, EMPTY = 0.98, 0.1  # of the cells, and of a lane


@dataclass(frozen=True, eq=False)
class Supply:
    """The limits and costs of a request.

    room: most cells of each batch, largest first (number,). places: the batches in that order. arms: number of
    perturbations. lane: most cells of a lane, 0 where batches are not divided.
    """

    request: Request
    room: np.ndarray
    places: np.ndarray

    @property
    def arms(self) -> int:
        """Number of perturbations."""
        return len(self.request.arms.names)

    @property
    def arms_per_batch(self) -> int:
        """Most perturbations of a batch."""
        return self.request.batches.perturbations or self.arms

    def cost(self, loads: np.ndarray, guides: int) -> float:
        """Of batches with these cells (B,): batches, lanes, cells with their reads, and guides."""
        costs = self.request.costs
        lanes = int(self.lanes(loads).sum())
        fixed = len(loads) * costs.batch + lanes * costs.lane + self.arms * guides * costs.guide
        return fixed + int(loads.sum()) * costs.each_cell

    def lanes(self, loads: np.ndarray) -> np.ndarray:
        """Lanes that batches with these cells need (B,)."""
        size = self.request.lanes.cells
        return -(-loads // size) if size else np.ones(len(loads), int)

    def largest(self, batches: int, guides: int, budget: float) -> int:
        """Most cells, controls included, that so many batches hold and the budget pays for; 0 where for none.

        Lanes that would be almost empty are not opened.
        """
        room = self.room[:batches]
        most = _last(lambda total: self.cost(even_loads(room, total), guides) <= budget * (1 + 1e-12), int(room.sum()))
        size, lanes = self.request.lanes.cells, self._lanes_for(room, most)
        if not size or not self.request.costs.lane:
            return most
        full = _last(lambda total: self._lanes_for(room, total) <= self._lanes_for(room, int(most * ALMOST)), most)
        return full if most - full <= EMPTY * size * (lanes - self._lanes_for(room, full)) else most

    def _lanes_for(self, room: np.ndarray, total: int) -> int:
        return int(self.lanes(even_loads(room, total)).sum())


def _last(holds: Callable[[int], bool], most: int) -> int:
    """The largest number up to `most` for which it holds, by halving: it holds below any for which it does."""
    if holds(most):
        return most
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def supply_of(request: Request) -> Supply:
    """The supply of a request, its largest batches first."""
    cells = np.array(request.batches.cells, int)
    room = np.broadcast_to(cells, request.batches.number).copy()
    if request.lanes.cells:
        room = np.minimum(room, request.lanes.cells * request.lanes.number)
    places = np.argsort(-room, kind="stable")
    return Supply(request, room[places], places)
