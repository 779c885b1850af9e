"""A simulated screen: drawn and integrated once, its rows measured block by block when they are asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from semimech.data.screen import Screen
from semimech.data.simulated import Block, Truth, write_simulated
from semimech.simulate.cells import NoisyCells
from semimech.simulate.courses import Courses
from semimech.simulate.laws import Law
from semimech.simulate.measurement import Cells, Instrument
from semimech.simulate.rows import Rows
from semimech.support import keys
from semimech.support.machine import cores
from semimech.support.progress import Monitor, silent

BLOCK_VALUES, BLOCK_ROWS = 2**21, 2**11
STREAM = 8  # of random numbers: those before it are drawn in `build`


@dataclass(frozen=True, eq=False)
class Simulation:
    """A screen whose rows are not yet measured, with its truth.

    header: the screen with an empty matrix in the place of its responses. `screen()` measures everything into memory,
    `write(path)` into an h5ad, a block at a time; both give the same values, whatever the number of cores.
    """

    header: Screen
    truth: Truth
    law: Law
    rows: Rows
    courses: Courses
    instrument: Instrument
    cells: Cells
    noisy: NoisyCells | None
    seed: int

    def screen(self, monitor: Monitor = silent) -> Screen:
        """The measured screen, in memory."""
        values = [block.values for block in self.blocks(monitor)]
        stacked = sp.csr_array(sp.vstack(values, format="csr")) if sp.issparse(values[0]) else np.concatenate(values)
        return replace(self.header, responses=stacked, _effects={})

    def write(self, path: Path | str, monitor: Monitor = silent) -> None:
        """Write the screen and its truth as h5ad, whole or not at all."""
        write_simulated(self.header, self.blocks(monitor), self.truth, Path(path))

    def blocks(self, monitor: Monitor = silent) -> Iterator[Block]:
        """The rows in order, measured on all cores, a few blocks ahead of the one that is taken."""
        n, f = self.header.shape
        step = min(n, BLOCK_ROWS, max(1, BLOCK_VALUES // f))
        waiting: deque[Future[Block]] = deque()
        with ThreadPoolExecutor(cores()) as pool:
            for number, first in enumerate(range(0, n, step)):
                part = slice(first, min(first + step, n))
                waiting.append(pool.submit(self._measured, part, self._own_states(part, number, step), number))
                if len(waiting) > cores():
                    yield waiting.popleft().result()
                    monitor("measuring", first, n)
            while waiting:
                yield waiting.popleft().result()
            monitor("measuring", n, n)

    def _own_states(self, part: slice, number: int, step: int) -> np.ndarray | None:
        """States of the cells of a block where each has its own; the last block is filled up to one shape."""
        if self.noisy is None:
            return None
        rows = np.minimum(np.arange(part.start, part.start + step), self.header.shape[0] - 1)
        found = self.noisy.states(self.rows.history[rows], self.rows.time[rows], (self.seed, number))
        return found[: part.stop - part.start]

    def _measured(self, part: slice, own: np.ndarray | None, number: int) -> Block:
        random = np.random.default_rng([self.seed, STREAM, number])
        states = self.truth.states[self.header.obs[keys.TRUE_STATE].to_numpy()[part]] if own is None else own
        start = self.courses.start[self.rows.history[part]]
        levels, start = (self.law.log2_level(each).astype(float) for each in (states, start))
        values = self.instrument.read(random, levels, start, self.cells.take(part))
        return Block(sp.csr_array(values) if self.header.scale == "counts" else values, own)
