"""How strong the steady-state term is: chosen on conditions left out, with 0 among the values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from semimech.models.dynamics.learning import RATES, SLOWER, stacked
from semimech.models.dynamics.steady_state import StateCourses, SteadyStateObjective
from semimech.models.fitting import Schedule, Trained, train
from semimech.support.progress import Monitor, silent

STRENGTHS = (0.0, 1.0, 3.0, 10.0)  # over the number of conditions
FALLBACK = 3.0  # where no condition can be left out
FOLDS = 3
STEPS, RATE = 100, 0.02  # few steps: they stop early


class Chosen(NamedTuple):
    """strengths: lambda of each member (members,). errors: of the conditions left out, mean squared, for each of the
    values that were tried, NaN where none could be left out (members x values)."""

    strengths: np.ndarray
    errors: np.ndarray


def fit_states(
    objective: SteadyStateObjective,
    members: Sequence[StateCourses],
    seeds: Sequence[int],
    *,
    steps: int = STEPS,
    rate: float = RATE,
    monitor: Monitor = silent,
) -> Trained:
    """Fit members of one shape as one `vmap`; seeds: of where each one starts."""
    courses = members[0].courses
    nodes, inputs = courses.observed.shape[2], courses.given.activity.shape[1]
    start = stacked([objective.law.start(nodes, inputs, seed) for seed in seeds])
    names = start._fields
    dtype = courses.observed.dtype
    rates = type(start)(*(jnp.asarray(rate * (SLOWER if name in RATES else 1.0), dtype) for name in names))
    free = type(start)(*(jnp.zeros(len(members), dtype) for _ in names))
    schedule = Schedule(steps, 0.01, chunk=max(25, steps // 10))
    return train(
        objective, start, stacked(list(members)), rates, free, schedule, monitor=monitor, stage="fitting states"
    )


def chosen_strengths(
    objective: SteadyStateObjective,
    members: Sequence[StateCourses],
    seeds: Sequence[int],
    *,
    strengths: Sequence[float] = STRENGTHS,
    folds: int = FOLDS,
    steps: int = STEPS,
    rate: float = RATE,
    monitor: Monitor = silent,
) -> Chosen:
    """For each member the lambda = value / conditions of the smallest error on conditions left out.

    Only a condition whose inputs all stay in training is left out: nothing else tells how good its prediction could be.
    Where there is none, lambda = 3 / conditions.
    """
    count = members[0].courses.observed.shape[0] - 1
    tried = [
        (i, j, part._replace(strength=jnp.full_like(part.strength, value / count)))
        for i, member in enumerate(members)
        for part in left_out(member, folds)
        for j, value in enumerate(strengths)
    ]
    errors = np.full((len(members), len(strengths)), np.nan)
    if tried:
        own = [seeds[i] for i, _, _ in tried]
        trained = fit_states(objective, [part for _, _, part in tried], own, steps=steps, rate=rate, monitor=monitor)
        total, weight = np.zeros_like(errors), np.zeros_like(errors)
        for (i, j, part), error in zip(tried, trained.validation_error[:, -1], strict=True):
            size = float(part.courses.held_out.sum())
            total[i, j] += size * (error if np.isfinite(error) else np.inf)
            weight[i, j] += size
        np.divide(total, weight, out=errors, where=weight > 0)
    values = np.where(np.isnan(errors[:, 0]), FALLBACK, np.asarray(strengths)[np.argmin(errors, 1)])
    return Chosen(values / count, errors)


def left_out(member: StateCourses, folds: int) -> list[StateCourses]:
    """The member with each fold of its conditions held out; empty where none can be."""
    courses = member.courses
    activity = np.asarray(courses.given.activity)[1:, :-1] != 0
    number = np.arange(len(activity)) % folds
    parts = []
    for fold in range(folds):
        out = number == fold
        out &= ~(activity & ~activity[~out].any(0)).any(1)
        if out.any() and not out.all():
            parts.append(member._replace(courses=_held(courses, out)))
    return parts


def _held(courses: Any, out: np.ndarray) -> Any:
    mask = jnp.asarray(np.r_[False, out][:, None, None], courses.weights.dtype)
    return courses._replace(
        weights=courses.weights * (1 - mask), validation=courses.observed, held_out=courses.weights * mask
    )
