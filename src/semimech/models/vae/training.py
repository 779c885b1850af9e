"""Adam over mini-batches: a scan of many in one call, epochs until the held-out bound stops falling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array, lax

from semimech.models.vae.batches import Cells
from semimech.models.vae.form import Form, Minibatch, Parameters, Tables
from semimech.models.vae.objective import loss
from semimech.support.errors import UserError
from semimech.support.progress import Monitor

CLIP = 100.0


@dataclass(frozen=True)
class Schedule:
    """epochs at most, patience epochs without a lower held-out bound, rate and weight decay of Adam."""

    epochs: int
    patience: int
    rate: float
    decay: float


class Carry(NamedTuple):
    """Parameters, Adam's moments, the key of the next step."""

    parameters: Parameters
    moments: Any
    key: Array


@dataclass(frozen=True, eq=False)
class Trained:
    """Parameters with the least held-out negative bound, and both bounds after each epoch (nats for a cell)."""

    parameters: Parameters
    train_bound: np.ndarray
    validation_bound: np.ndarray


def optimiser(schedule: Schedule) -> optax.GradientTransformation:
    """Adam with clipped gradients."""
    return optax.chain(optax.clip_by_global_norm(CLIP), optax.adamw(schedule.rate, weight_decay=schedule.decay))


def started(schedule: Schedule, parameters: Parameters, seed: int) -> Carry:
    """Before the first step."""
    # Compiled as one: by itself every leaf would be.
    moments = jax.jit(optimiser(schedule).init)(parameters)
    return Carry(parameters, moments, jax.random.key(seed))


@partial(jax.jit, static_argnums=(0, 1), donate_argnums=2)
def steps(form: Form, schedule: Schedule, carry: Carry, tables: Tables, many: Minibatch) -> tuple[Carry, Array]:
    """One step for each mini-batch; gives the negative bound and the cells of each (steps x 2)."""
    adam = optimiser(schedule)

    def step(carry: Carry, cells: Minibatch) -> tuple[Carry, Array]:
        key, now = jax.random.split(carry.key)

        def move(_: None) -> tuple[Carry, Array]:
            value = jax.value_and_grad(lambda p: loss(form, p, tables, cells, now), has_aux=True)
            (_, bound), gradient = value(carry.parameters)
            with jax.numpy_dtype_promotion("standard"):  # optax raises a float to an integer power
                update, moments = adam.update(gradient, carry.moments, carry.parameters)
                parameters = optax.apply_updates(carry.parameters, update)
            return Carry(parameters, moments, key), jnp.stack([bound, cells.weight.sum()])

        return lax.cond(cells.weight.sum() > 0, move, lambda _: (carry, jnp.zeros(2, cells.weight.dtype)), None)

    return lax.scan(step, carry, many)


@partial(jax.jit, static_argnums=0)
def bounds(form: Form, parameters: Parameters, tables: Tables, many: Minibatch, key: Array) -> Array:
    """Negative bound and cells of each mini-batch (mini-batches x 2), without a step."""

    def one(cells: Minibatch) -> Array:
        return jnp.stack([loss(form, parameters, tables, cells, key)[1], cells.weight.sum()])

    return lax.map(one, many)


def train(
    form: Form,
    schedule: Schedule,
    parameters: Parameters,
    tables: Tables,
    cells: Cells,
    held: Sequence[Minibatch],
    seed: int,
    monitor: Monitor,
) -> Trained:
    """Epochs over the cells, each in a new order; the held-out bound is measured with the same noise every time."""
    carry = started(schedule, parameters, seed)
    random = np.random.default_rng([seed, 49_979_687])
    same = jax.random.key(seed + 1)
    # A copy, for a step gives its own arrays to the next.
    best, least, since = _copied(parameters), np.inf, 0
    curves: list[tuple[float, float]] = []
    for epoch in range(schedule.epochs):
        monitor("training", epoch, schedule.epochs)
        carry, moved = _epoch(form, schedule, carry, tables, cells, random)
        value = _mean([bounds(form, carry.parameters, tables, many, same) for many in held])
        curves.append((moved, value))
        since += 1
        if value < least or (not held and np.isfinite(moved)):
            best, least, since = _copied(carry.parameters), value, 0
        if since >= schedule.patience:
            break
    monitor("training", schedule.epochs, schedule.epochs)
    if not np.isfinite(np.array(curves)[:, 1 if held else 0]).any():
        raise UserError(
            f"The training of the latent part diverged at the rate {schedule.rate:g}: give a lower rate, for example "
            f"{schedule.rate / 10:g}."
        )
    train_bound, validation_bound = np.array(curves).T
    return Trained({name: jnp.asarray(value) for name, value in best.items()}, train_bound, validation_bound)


def _copied(parameters: Parameters) -> dict[str, np.ndarray]:
    return {name: np.array(value) for name, value in parameters.items()}


def _epoch(
    form: Form, schedule: Schedule, carry: Carry, tables: Tables, cells: Cells, random: np.random.Generator
) -> tuple[Carry, float]:
    found: list[Array] = []
    for many in cells.epoch(random):
        # One chunk is read while another is worked on; more of them would wait in memory.
        jax.block_until_ready(found[-1:])
        carry, here = steps(form, schedule, carry, tables, many)
        found.append(here)
    return carry, _mean(found)


def _mean(found: Sequence[Array]) -> float:
    """Mean bound of a cell; NaN without any."""
    if not found:
        return float("nan")
    table = np.concatenate([np.asarray(part) for part in found])
    return float((table[:, 0] * table[:, 1]).sum() / max(table[:, 1].sum(), 1))
