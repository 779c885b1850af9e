"""The one training loop: full-batch proximal Adam over many members at once, compiled once per shape.

A member is a set of row weights, penalties and a stopping step; inner folds, penalty grids and ensembles are all
members of one `vmap`. Row subsets are weights of zero, so a new partition of the same size compiles nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array, lax

from semimech.numerics.proximal import adam_metric, proximal_step
from semimech.support.progress import Monitor, silent

PyTree = Any


class Errors(NamedTuple):
    """Mean squared errors of the parameters a step began with; validation is NaN where nothing is held out."""

    train: Array
    validation: Array


class Objective(Protocol):
    """What is fitted; hashable, so that equal objectives share one compilation. Works on one member."""

    def start(self, parameters: PyTree, data: PyTree) -> PyTree:
        """The state carried from step to step (first iterates of solvers, power-iteration vectors)."""
        ...

    def gradient(self, parameters: PyTree, state: PyTree, data: PyTree) -> tuple[PyTree, PyTree, Errors]:
        """Gradient of the smooth part of the loss, the new state, and the errors."""
        ...

    def project(self, parameters: PyTree, state: PyTree) -> tuple[PyTree, PyTree]:
        """Bring the parameters back to where they are allowed."""
        ...


@dataclass(frozen=True)
class Schedule:
    """`steps` of Adam with rates that fall as a cosine to `floor` of their start; `chunk` steps between reports.

    A member that stops early goes on for `settle` steps with rates that fall linearly to 0: at full rate a single
    step may have left the parameters anywhere on an oscillation.
    """

    steps: int = 300
    floor: float = 0.02
    settle: int = 0
    chunk: int = 50

    def decay(self, step: np.ndarray) -> np.ndarray:
        """floor + (1 - floor) (1 + cos(pi step / steps)) / 2."""
        return self.floor + (1 - self.floor) * (1 + np.cos(np.pi * np.minimum(step / self.steps, 1))) / 2


@dataclass(frozen=True, eq=False)
class Trained:
    """best: parameters with the smallest validation error, last: those at the end (members x ...).

    train_error, validation_error: members x (steps + 1); entry k is that of the parameters after k updates.
    """

    best: PyTree
    last: PyTree
    train_error: np.ndarray
    validation_error: np.ndarray


class _Carry(NamedTuple):
    parameters: PyTree
    moments: PyTree
    state: PyTree
    best: PyTree
    best_error: Array


def train(
    objective: Objective,
    parameters: PyTree,
    data: PyTree,
    rates: PyTree,
    penalties: PyTree,
    schedule: Schedule,
    stop: np.ndarray | None = None,
    *,
    monitor: Monitor = silent,
    stage: str = "training",
) -> Trained:
    """Minimise the objective plus sum_l penalty_l |parameter_l| for every member.

    parameters, data, penalties: trees with a leading axis of members; penalties have one number per leaf of the
    parameters and member, an array of the leaf's shape, or `Sided` ones. rates: the tree of the parameters with one
    number per leaf, 0 for what is held fixed. stop: updates made by each member (members,), all of the schedule by
    default; with 0 it stays as it is. The monitor is called after each chunk, so an interruption comes through within
    a chunk.
    """
    members = jax.tree.leaves(parameters)[0].shape[0]
    stop = np.full(members, schedule.steps) if stop is None else np.asarray(stop)
    carry = _begin(objective, parameters, data)
    errors = []
    # One more than the updates, to see the errors after the last.
    total = schedule.steps + schedule.settle + 1
    length = -(-total // max(1, total // schedule.chunk))
    for first in range(0, total, length):
        monitor(stage, min(first, schedule.steps), schedule.steps)
        if first > stop.max() + schedule.settle:
            break
        numbers = np.arange(first, first + length)
        decays = jnp.asarray(schedule.decay(numbers), carry.best_error.dtype)
        steps = jnp.asarray(numbers), decays
        carry, found = _chunk(objective, schedule.settle, carry, data, rates, penalties, jnp.asarray(stop), steps)
        errors.append(jax.tree.map(np.asarray, found))
    monitor(stage, schedule.steps, schedule.steps)
    empty = np.empty((members, 0))
    curves = [np.concatenate([empty, *(e[i] for e in errors)], 1)[:, : schedule.steps + 1] for i in range(2)]
    return Trained(carry.best, carry.parameters, curves[0], curves[1])


@partial(jax.jit, static_argnums=0)
def _begin(objective: Objective, parameters: PyTree, data: PyTree) -> _Carry:
    def one(parameters: PyTree, data: PyTree) -> _Carry:
        dtype = jax.tree.leaves(parameters)[0].dtype
        moments = optax.scale_by_adam().init(parameters)
        worst = jnp.full((), jnp.inf, dtype)
        return _Carry(parameters, moments, objective.start(parameters, data), parameters, worst)

    return jax.vmap(one)(parameters, data)


@partial(jax.jit, static_argnums=(0, 1), donate_argnums=2)
def _chunk(
    objective: Objective,
    settle: int,
    carry: _Carry,
    data: PyTree,
    rates: PyTree,
    penalties: PyTree,
    stop: Array,
    steps: tuple[Array, Array],
) -> tuple[_Carry, Errors]:
    adam = optax.scale_by_adam()

    def one(carry: _Carry, data: PyTree, penalties: PyTree, stop: Array) -> tuple[_Carry, Errors]:
        def step(carry: _Carry, now: tuple[Array, Array]) -> tuple[_Carry, Errors]:
            k, decay = now
            late = (k - stop + 1).astype(decay.dtype) / (settle + 1)
            decay = jnp.where(stop > 0, decay * jnp.clip(1 - late, 0, 1), 0)
            before = carry.parameters
            gradient, state, errors = objective.gradient(before, carry.state, data)
            with jax.numpy_dtype_promotion("standard"):  # optax raises a float to an integer power
                direction, moments = adam.update(gradient, carry.moments)
            after = jax.tree.map(
                lambda x, d, v, rate, penalty: proximal_step(
                    x, d, adam_metric(v, moments.count.astype(x.dtype)), rate * decay, penalty
                ),
                before,
                direction,
                moments.nu,
                rates,
                penalties,
            )
            after, state = objective.project(after, state)
            goes_on = decay > 0
            kept = jax.tree.map(lambda new, old: jnp.where(goes_on, new, old), after, before)
            better = errors.validation < carry.best_error
            best = jax.tree.map(lambda new, old: jnp.where(better, new, old), before, carry.best)
            best_error = jnp.where(better, errors.validation, carry.best_error)
            return _Carry(kept, moments, state, best, best_error), errors

        return lax.scan(step, carry, steps)

    return jax.vmap(one)(carry, data, penalties, stop)
