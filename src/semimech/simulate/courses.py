"""What cells go through: the law of a simulation integrated through protocols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from semimech.data.protocol import Protocol, encode
from semimech.numerics.flow import Integration, flow, with_growth
from semimech.numerics.integrate import settle
from semimech.simulate.arms import in_words
from semimech.simulate.laws import Law
from semimech.simulate.media import Media
from semimech.simulate.perturbations import Action
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, silent

AT_ONCE, AT_ONCE_VALUES = 128, 2**18
DAY = 24.0
HOLD = 5.0  # 1/h, how fast the level of a knocked-out node follows what regulation is told of it at once


class Drive(NamedTuple):
    """What acts on a cell in each phase, all (phases, nodes): see `Media`; where held, a node is at its lowest."""

    push: Array
    swing: Array
    lag: Array
    held: Array


@dataclass(frozen=True, eq=False)
class World:
    """A law, the perturbations and the media that act on it; growth: net rate per hour and unit of a node (nodes,)."""

    law: Law
    actions: tuple[Action, ...]
    media: Media
    growth: np.ndarray

    def drives(self, histories: Sequence[Protocol], batches: np.ndarray) -> tuple[Drive, np.ndarray]:
        """The drive of each history in its batch (histories, phases, nodes), and the durations (histories, phases)."""
        words = encode(histories, [action.perturbation.name for action in self.actions], self.media.names)
        push = self.media.push[words.media]
        held = np.zeros(push.shape, bool)
        for j, action in enumerate(self.actions):
            dose = words.doses[:, :, j]
            if action.family.kind == "knock-out":
                held[:, :, action.targets] |= dose[:, :, None] != 0
            elif dose.any():
                push[:, :, action.targets] += action.push(dose)[:, :, None] * action.signs
        swing, lag = (part[batches[:, None], words.media] for part in (self.media.swing, self.media.lag))
        return Drive(_float(push), _float(swing), _float(lag), jnp.asarray(held)), words.durations

    def rate(self, t: Any, x: Any, drive: Drive) -> Array:
        """dx/dt of one cell; regulation sees a held node at its lowest at once."""
        free = self.law.rate(self.seen(x, drive.held), self._push(t, drive))
        return jnp.where(drive.held, HOLD * (self._lowest - x), free)

    def noise(self, t: Any, x: Any, drive: Drive) -> Array:
        """The intrinsic noise of one cell, sd per square root of an hour."""
        spread = self.law.noise(self.seen(x, drive.held), self._push(t, drive))
        return jnp.where(drive.held, 0, spread)

    def growth_rate(self, t: Any, x: Any, drive: Drive) -> Array:
        """d log(cells)/dt."""
        return self.seen(x, drive.held) @ _float(self.growth)

    def seen(self, x: Array, held: Array) -> Array:
        """The levels, those of held nodes at their lowest."""
        return jnp.where(held, self._lowest, x)

    @property
    def _lowest(self) -> Array:
        return _float(self.law.lowest)

    def _push(self, t: Any, drive: Drive) -> Array:
        return drive.push + drive.swing * jnp.sin(2 * jnp.pi / DAY * t + drive.lag)

    def untreated(self, histories: Sequence[Protocol]) -> Drive:
        """The drive of untreated cells in the first medium of each history (histories, nodes)."""
        push = _float(self.media.push[self._first_media(histories)])
        return Drive(push, jnp.zeros_like(push), jnp.zeros_like(push), jnp.zeros(push.shape, bool))

    def starts(self, histories: Sequence[Protocol], half_life: float) -> np.ndarray:
        """Where untreated cells stand in the first medium of each history after 60 half-lives (histories x nodes)."""
        push = _float(self.media.push)
        begin = jnp.broadcast_to(_float(self.law.start), push.shape)
        reach = jax.jit(lambda x: settle(lambda y: jax.vmap(self.law.rate)(y, push), x, 60 * half_life).values)
        return np.asarray(reach(begin))[self._first_media(histories)]

    def _first_media(self, histories: Sequence[Protocol]) -> np.ndarray:
        number = {name: k for k, name in enumerate(self.media.names)}
        return np.array([number[history.phases[0].medium] for history in histories])


@dataclass(frozen=True, eq=False)
class Courses:
    """Clean states of every history at every time (histories x times x nodes; NaN where not reached).

    log_growth: log of the number of cells that one has become (histories x times). histories, batches: what was done,
    in which batch (0 where no medium differs by batch). start: states at time 0 (histories x nodes).
    """

    histories: tuple[Protocol, ...]
    batches: np.ndarray
    times: np.ndarray
    start: np.ndarray
    states: np.ndarray
    log_growth: np.ndarray


def solve_courses(
    world: World,
    histories: Sequence[Protocol],
    batches: np.ndarray,
    times: Sequence[float],
    half_life: float,
    monitor: Monitor = silent,
) -> Courses:
    """Integrate the law through every history, some at a time; UserError where the solver fails."""
    start = world.starts(histories, half_life)
    at = np.unique(np.asarray(times, np.float32))
    field = with_growth(world.rate, world.growth_rate)
    how = Integration(adjoint=diffrax.ForwardMode())  # nothing is learnt here: the cheapest to compile

    @jax.jit
    def solve(begin: Array, drive: Drive, durations: Array) -> tuple[Array, Array, Array]:
        def one(x: Array, acting: Drive, hours: Array) -> tuple[Array, Array, Array]:
            course = flow(field, (x, jnp.zeros(())), acting, hours, jnp.asarray(at), how)
            # The sum of durations may miss the last time by rounding.
            last = jnp.isclose(jnp.asarray(at), jnp.sum(hours), rtol=1e-5)
            states = jnp.where(last[:, None], course.end[0], course.states[0])
            held = acting.held[phase_at(hours, jnp.asarray(at))]
            return world.seen(states, held), jnp.where(last, course.end[1], course.states[1]), course.solved

        return jax.vmap(one)(begin, drive, durations)

    step = min(len(histories), AT_ONCE, max(1, AT_ONCE_VALUES // start.shape[1]))
    states, growth = [], []
    for first in range(0, len(histories), step):
        some = np.minimum(np.arange(first, first + step), len(histories) - 1)
        part = solve(start[some], *world.drives([histories[k] for k in some], batches[some]))
        values, weight, solved = (np.asarray(each)[: len(histories) - first] for each in part)
        if not solved.all():
            failed = in_words(histories[first + int(np.argmin(solved))])
            raise UserError(f"The law cannot be integrated through '{failed}': lower affinity, power or strengths.")
        states.append(values)
        growth.append(weight)
        monitor("integrating", first + len(values), len(histories))
    return Courses(tuple(histories), batches, at, start, np.concatenate(states), np.concatenate(growth))


def _float(values: np.ndarray) -> Array:
    return jnp.asarray(values, jnp.float32)


def phase_at(durations: Array, times: Array) -> Array:
    """The number of the phase in which each time lies; where two meet, the earlier."""
    ends = jnp.cumsum(durations)
    place = jnp.sum(times[:, None] > ends[None, :] * (1 + 1e-6), 1)
    return jnp.minimum(place, durations.shape[0] - 1)
