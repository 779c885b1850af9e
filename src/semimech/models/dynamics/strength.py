"""How strong the steady-state term is: chosen on conditions left out, with 0 among the values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from semimech.models.dynamics.learning import RATES, SLOWER, stacked, train_members
from semimech.models.dynamics.objective import Courses
from semimech.models.dynamics.steady_state import StateCourses, SteadyStateObjective
from semimech.models.fitting import Schedule, Trained
from semimech.support.progress import Monitor, silent

STRENGTHS = (0.0, 1.0, 3.0, 10.0, 30.0)  # over the number of conditions
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
    alone: bool = False,
    monitor: Monitor = silent,
) -> Trained:
    """Fit members of one shape; seeds: of where each one starts; alone: see `train_members`."""
    courses = members[0].courses
    nodes, inputs = courses.observed.shape[2], courses.given.activity.shape[1]
    start = stacked([objective.law.start(nodes, inputs, seed) for seed in seeds])
    names = start._fields
    dtype = courses.observed.dtype
    rates = type(start)(*(jnp.asarray(rate * (SLOWER if name in RATES else 1.0), dtype) for name in names))
    free = type(start)(*(jnp.zeros(len(members), dtype) for _ in names))
    schedule = Schedule(steps, 0.01, chunk=max(25, steps // 10))
    data = stacked(list(members))
    return train_members(objective, start, data, rates, free, schedule, None, alone, monitor, "fitting states")


def chosen_strengths(
    objective: SteadyStateObjective,
    members: Sequence[StateCourses],
    seeds: Sequence[int],
    *,
    strengths: Sequence[float] = STRENGTHS,
    folds: int = FOLDS,
    steps: int = STEPS,
    rate: float = RATE,
    alone: bool = False,
    monitor: Monitor = silent,
) -> Chosen:
    """For each member the largest lambda = value / conditions within one standard error of the best.

    The error is that of conditions left out, the standard error that of its paired difference over conditions: rest is
    what the term takes for granted, and validation has to speak against it (Breiman et al. 1984,
    doi:10.1201/9781315139470, for the rule). Only a condition whose inputs all stay in training is left out: nothing
    else tells how good its prediction could be. Where there is none, lambda = 3 / conditions.
    """
    count = members[0].courses.observed.shape[0] - 1
    tried = [
        (i, j, part._replace(strength=jnp.full_like(part.strength, value / count)))
        for i, member in enumerate(members)
        for part in left_out(member, folds)
        for j, value in enumerate(strengths)
    ]
    errors = np.full((len(members), len(strengths), count), np.nan)
    if tried:
        parts, own = [part for _, _, part in tried], [seeds[i] for i, _, _ in tried]
        trained = fit_states(objective, parts, own, steps=steps, rate=rate, alone=alone, monitor=monitor)
        groups = [[i] for i in range(len(parts))] if alone else [list(range(len(parts)))]
        states = np.concatenate([_predicted(objective, trained.last, parts, group) for group in groups])
        for (i, j, part), predicted in zip(tried, states, strict=True):
            out, error = _missed(part.courses, predicted)
            errors[i, j, out] = error
    known = [each[:, ~np.isnan(each[0])] for each in errors]
    values = np.array([strongest(each, strengths) for each in known])
    return Chosen(values / count, np.array([each.mean(1) if each.size else [np.nan] * len(each) for each in known]))


def _predicted(
    objective: SteadyStateObjective, parameters: Any, parts: Sequence[StateCourses], group: list[int]
) -> np.ndarray:
    """States of the treated courses (group x conditions x times x nodes)."""
    mine = jax.tree.map(lambda leaf: jnp.asarray(leaf[np.array(group)]), parameters)
    return np.asarray(objective.predict(mine, stacked([parts[i] for i in group])))[:, 1:]


def _missed(courses: Courses, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which conditions are left out, and their mean squared errors; infinite where the solution is not finite."""
    weights, aim = np.asarray(courses.held_out)[1:], np.asarray(courses.validation)[1:]
    out = np.flatnonzero(weights.sum((1, 2)))
    squared = np.where(weights[out] > 0, weights[out] * (predicted[out] - aim[out]) ** 2, 0)
    return out, np.nan_to_num(squared.sum((1, 2)) / weights[out].sum((1, 2)), nan=np.inf, posinf=np.inf)


def strongest(errors: np.ndarray, strengths: Sequence[float]) -> float:
    """The largest value within one standard error of the best; errors: values x conditions."""
    if not errors.size:
        return FALLBACK
    best = errors[np.argmin(errors.mean(1))]
    with np.errstate(invalid="ignore"):
        worse = errors - best
        spread = worse.std(1, ddof=1) / worse.shape[1] ** 0.5 if worse.shape[1] > 1 else 0.0
        near = worse.mean(1) <= spread
    return max((value for value, within in zip(strengths, near, strict=True) if within), default=0.0)


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


def _held(courses: Courses, out: np.ndarray) -> Courses:
    mask = jnp.asarray(np.r_[False, out][:, None, None], courses.weights.dtype)
    return courses._replace(
        weights=courses.weights * (1 - mask), validation=courses.observed, held_out=courses.weights * mask
    )
