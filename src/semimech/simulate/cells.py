"""Single cells with intrinsic noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from semimech.numerics.intrinsic import stochastic_end
from semimech.simulate.courses import Courses, Drive, World, phase_at


@dataclass(frozen=True, eq=False)
class NoisyCells:
    """Cells that are each integrated for themselves, from the untreated start of their history's medium.

    Before time 0 a cell lives untreated for `settling` hours, so that cells differ from the beginning. step: hours.
    """

    world: World
    courses: Courses
    step: float
    settling: float

    def states(self, numbers: np.ndarray, times: np.ndarray, seed: tuple[int, int]) -> np.ndarray:
        """States of cells of the histories `numbers`, sampled at `times` (cells x nodes); the seed is (seed, block)."""
        drive, durations = self._drives
        begins = np.cumsum(durations, 1) - durations
        lived = np.clip(times[:, None] - begins[numbers], 0, durations[numbers]).astype(np.float32)
        hours = np.concatenate([np.full((len(numbers), 1), self.settling, np.float32), lived], 1)
        key = jax.random.fold_in(jax.random.key(seed[0]), seed[1])
        acting = jax.tree.map(lambda part: part[numbers], drive)
        return np.asarray(self._solve(self.courses.start[numbers], acting, hours, jax.random.split(key, len(numbers))))

    @cached_property
    def _drives(self) -> tuple[Drive, np.ndarray]:
        """The drives of all histories with the settling before them, and the durations without it."""
        histories = self.courses.histories
        drive, durations = self.world.drives(histories, self.courses.batches)
        before = self.world.untreated(histories)
        joined = jax.tree.map(lambda b, d: jnp.concatenate([b[:, None], d], 1), before, drive)
        return joined, durations

    @cached_property
    def _solve(self) -> Any:
        world = self.world

        def one(start: Array, drive: Drive, hours: Array, key: Array) -> Array:
            end = stochastic_end(world.rate, world.noise, start, drive, hours, key, self.step, -self.settling)
            last = phase_at(hours, jnp.sum(hours)[None])[0]
            return world.seen(end, drive.held[last])

        return jax.jit(jax.vmap(one))
