"""Whole cells moved one at a time between arms, controls and batches, as long as the loss falls."""

from __future__ import annotations

import numpy as np

from semimech.design.planner.program import Program

SWEEPS, SWAPS = 200, 100
LEAST_GAIN = 1e-9  # of the loss, for a move to be made
LARGE, LARGE_GAIN = 10_000, 1e-4  # arms x batches above which a sweep that gains less is the last
SHARPNESS = 24  # of the power mean that stands for the worst arm
MOST_TRADES = 200_000  # arms x batches^2, above which cells are not traded between two batches


def improved(program: Program, cells: np.ndarray, controls: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(cells, controls) of a local optimum: no single move, and no trade of one cell for another, lowers the loss.

    Moves: a free place is filled; in a batch a cell goes from one arm to another, or to or from the controls; between
    batches an arm moves a cell into a free place, or two arms trade places. The worst arm is stood for by a power mean.
    """
    state = _State(program, cells, controls)
    trades = program.arms * program.batches**2 <= MOST_TRADES
    least = LARGE_GAIN if cells.size > LARGE else LEAST_GAIN
    for _ in range(SWEEPS):
        before = state.loss
        state.fill()
        for batch in range(program.batches):
            state.swap(batch)
            state.balance(batch)
        if trades:
            state.trade()
        if not state.loss < before * (1 - least):
            break
    start, end = program.loss(cells, controls), program.loss(state.cells, state.controls)
    return (state.cells, state.controls) if end <= start else (cells, controls)


class _State:
    """A layout that changes, with what its moves cost."""

    def __init__(self, program: Program, cells: np.ndarray, controls: np.ndarray) -> None:
        self.program, self.cells, self.controls = program, cells.copy(), controls.copy()
        weighted = program.weight * program.variances(cells, controls)
        self.unit = float(weighted[np.isfinite(weighted)].max())
        self.shared = np.array([self._shared(n0) for n0 in controls])
        self._refresh()

    def _shared(self, controls: int) -> float:
        return self.program.control / controls + self.program.interaction if controls > 0 else np.inf

    def _refresh(self) -> None:
        self.n = self.cells.sum(1)
        self.used = np.where(self.cells > 0, self.cells**2 * np.where(self.cells.any(0), self.shared, 0), 0).sum(1)
        self.now = self._losses(self.n, self.used)

    @property
    def loss(self) -> float:
        return float(self.now.sum())

    def _losses(self, n: np.ndarray, used: np.ndarray, rows: slice | np.ndarray = slice(None)) -> np.ndarray:
        """What arms (K,) or (K, B) with `n` cells and sum_b n_b^2 a_b = `used` add to the loss."""
        p = self.program
        weight, spread, constant = p.weight[rows], p.spread[rows], p.constant[rows]
        if np.ndim(n) > 1:
            weight, spread, constant = weight[:, None], spread[:, None], constant[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(n > 0, weight * (spread / n + used / n**2 + constant), np.inf)
        return (value / self.unit) ** SHARPNESS if p.worst else value

    def _plus(self, batch: int) -> np.ndarray:
        """What one more cell of each arm in the batch changes."""
        n, a = self.cells[:, batch], self.shared[batch]
        found = self._losses(self.n + 1, self.used + (2 * n + 1) * a) - self.now
        full = np.count_nonzero(n) >= self.program.arms_per_batch
        return np.where((n == 0) & full, np.inf, found)

    def _minus(self, batch: int) -> np.ndarray:
        """What one cell less of each arm in the batch changes."""
        n, a = self.cells[:, batch], self.shared[batch]
        with np.errstate(invalid="ignore"):
            found = self._losses(self.n - 1, self.used - (2 * n - 1) * a) - self.now
        return np.where(n > 0, found, np.inf)

    def _add(self, arm: int, batch: int, cells: int) -> None:
        before = self.cells[arm, batch]
        self.cells[arm, batch] += cells
        self.n[arm] += cells
        self.used[arm] += ((before + cells) ** 2 - before**2) * self.shared[batch]
        row = np.array([arm])
        self.now[arm] = self._losses(self.n[row], self.used[row], row)[0]

    def _with_controls(self, batch: int, change: int) -> tuple[np.ndarray, np.ndarray]:
        """(used, losses) of all arms with more or fewer controls in the batch."""
        n = self.cells[:, batch]
        after = self._shared(self.controls[batch] + change)
        with np.errstate(invalid="ignore"):
            moved = np.where(n > 0, n**2 * (after - self.shared[batch]), 0.0)
        return self.used + moved, self._losses(self.n, self.used + moved)

    def _change_controls(self, batch: int, change: int) -> None:
        self.used, self.now = self._with_controls(batch, change)
        self.controls[batch] += change
        self.shared[batch] = self._shared(self.controls[batch])

    def fill(self) -> None:
        """Take every free place that the total allows, the one that lowers the loss most first."""
        load = self.cells.sum(0) + self.controls
        free = min(int((self.program.room - load).sum()), self.program.total - int(load.sum()))
        for _ in range(free):
            best, gain = (-1, -1), 0.0
            for batch in map(int, np.flatnonzero(load < self.program.room)):
                plus = self._plus(batch) if self.controls[batch] else np.array([np.inf])
                arm = int(plus.argmin())
                if plus[arm] < gain:
                    best, gain = (arm, batch), float(plus[arm])
                more = float((self._with_controls(batch, 1)[1] - self.now).sum())
                if more < gain:
                    best, gain = (-1, batch), more
            arm, place = best
            if place < 0:
                return
            if arm < 0:
                self._change_controls(place, 1)
            else:
                self._add(arm, place, 1)
            load[place] += 1

    def swap(self, batch: int) -> None:
        """Move cells from one arm of the batch to another."""
        if not self.controls[batch]:
            return
        for _ in range(SWAPS):
            plus, minus = self._plus(batch), self._minus(batch)
            more, less = int(plus.argmin()), int(minus.argmin())
            if more == less or not plus[more] + minus[less] < -LEAST_GAIN * self.loss:
                return
            self._add(less, batch, -1)
            self._add(more, batch, 1)

    def balance(self, batch: int) -> None:
        """Move cells between the arms of the batch and its controls."""
        for change in (1, -1):
            while self.controls[batch] + change > 0 and self._rebalanced(batch, change):
                pass

    def _rebalanced(self, batch: int, change: int) -> bool:
        before = self.loss
        kept = self.used, self.now
        self._change_controls(batch, change)
        options = self._minus(batch) if change > 0 else self._plus(batch)
        arm = int(options.argmin())
        if float(self.now.sum()) + options[arm] < before * (1 - LEAST_GAIN):
            self._add(arm, batch, -change)
            return True
        self.controls[batch] -= change
        self.shared[batch] = self._shared(self.controls[batch])
        self.used, self.now = kept
        return False

    def trade(self) -> None:
        """Move cells of an arm from one batch to another, into a free place or against a cell of another arm."""
        for here in range(self.program.batches):
            for there in range(self.program.batches):
                if here != there and self.controls[here] and self.controls[there]:
                    while self._traded(here, there):
                        pass

    def _moved(self, here: int, there: int) -> np.ndarray:
        """What moving a cell of each arm from one batch to the other changes."""
        a, b = self.cells[:, here], self.cells[:, there]
        used = self.used - (2 * a - 1) * self.shared[here] + (2 * b + 1) * self.shared[there]
        full = np.count_nonzero(b) >= self.program.arms_per_batch
        return np.where((a == 0) | ((b == 0) & full), np.inf, self._losses(self.n, used) - self.now)

    def _traded(self, here: int, there: int) -> bool:
        go, back = self._moved(here, there), self._moved(there, here)
        load = int(self.cells[:, there].sum() + self.controls[there])
        least = -LEAST_GAIN * self.loss
        first = int(go.argmin())
        if load < self.program.room[there] and go[first] < least:
            self._add(first, here, -1)
            self._add(first, there, 1)
            return True
        back[first] = np.inf
        second = int(back.argmin())
        if not go[first] + back[second] < least:
            return False
        for arm, source, goal in ((first, here, there), (second, there, here)):
            self._add(arm, source, -1)
            self._add(arm, goal, 1)
        return True
