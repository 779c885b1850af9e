"""Neural fields of courses that begin where their inhibitor has brought them, with a steady-state term or without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from benchmarks._hpn_courses import Question, Table

from semimech.models.dynamics.law import NeuralLaw
from semimech.models.dynamics.learning import courses_of, stacked
from semimech.models.dynamics.objective import CourseObjective
from semimech.models.dynamics.steady_state import StateCourses, SteadyStateObjective, with_untreated
from semimech.models.dynamics.strength import chosen_strengths, fit_states
from semimech.numerics.trajectory import Method

UNIT = 2.0  # sd: the unit of the states
FIRST, LENGTH = 5.0, 5.0  # the clock is log(1 + minutes / FIRST), scaled to LENGTH at the last sample
OBJECTIVE = SteadyStateObjective(CourseObjective(NeuralLaw(), Method(steps=2)))
SEEDS = 3


class Way(NamedTuple):
    """chosen: lambda is chosen on courses left out. hard: the term by construction. controls: untreated as data."""

    chosen: bool = False
    hard: bool = False
    controls: bool = False


PLAIN = Way()
DATA = "neural field, untreated course as data"
WAYS = {
    "neural field, plain": PLAIN,
    "neural field, steady-state term": Way(chosen=True),
    "neural field, hard form": Way(hard=True),
    DATA: Way(controls=True),
}


def predict(table: Table, question: Question) -> tuple[dict[str, list[np.ndarray]], str]:
    """For each way and fold the mean over seeds (as `table.values`); the lambda n chosen, with how often, in words."""
    folds = list(zip(question.held, question.starts, strict=True))
    plain = [member(table, *fold) for fold in folds]
    strengths = chosen_strengths(OBJECTIVE, plain, range(len(folds))).strengths
    found = {name: _fitted(table, folds, way, strengths) for name, way in WAYS.items()}
    values, counts = np.unique(np.round(strengths * (plain[0].courses.observed.shape[0] - 1)), return_counts=True)
    return found, ", ".join(f"{value:g} ({count})" for value, count in zip(values, counts, strict=True))


def member(table: Table, held: np.ndarray, starts: np.ndarray, way: Way = PLAIN, strength: float = 0.0) -> StateCourses:
    """The courses with what is held out left unfitted; the untreated one, of no stimulus and no inhibitor, apart."""
    stimuli, kinds = held.shape[:2]
    at = [(i, j) for i in range(stimuli) for j in range(kinds) if (i, j) != (stimuli - 1, 0)]
    first, second = (np.array(part) for part in zip(*at, strict=True))
    given = table.measured & ~held
    learnt = table.inputs[given.any(2)].any(0)
    clean = np.nan_to_num(table.values) / UNIT
    begins = np.where(starts[:, None], table.starts, 0) / UNIT
    times = np.log1p(table.times / FIRST)
    weights = np.repeat(given[..., None], clean.shape[-1], -1)
    courses = courses_of(
        LENGTH * times / times[-1],
        clean[first, second],
        activity=table.inputs[first, second] * learnt,
        level=begins[second],
        weights=weights[first, second],
    )
    untreated = np.where(weights[-1, 0], clean[-1, 0], np.nan) if way.controls else None
    return with_untreated(courses, untreated, strength=strength, hard=way.hard)


def _fitted(
    table: Table, folds: Sequence[tuple[np.ndarray, np.ndarray]], way: Way, strengths: Sequence[float]
) -> list[np.ndarray]:
    members = [
        member(table, *fold, way, float(strength) if way.chosen else 0.0)
        for fold, strength in zip(folds, strengths, strict=True)
        for _ in range(SEEDS)
    ]
    seeds = [100 * fold + seed for fold in range(len(folds)) for seed in range(SEEDS)]
    last = fit_states(OBJECTIVE, members, seeds).last
    states = UNIT * np.asarray(OBJECTIVE.predict(last, stacked(members)))
    mean = states.reshape(len(folds), SEEDS, *states.shape[1:]).mean(1)
    # The untreated course, which comes first, is the one of the last stimulus (none) without inhibitor.
    kinds = table.inputs.shape[1]
    place = (table.inputs.shape[0] - 1) * kinds
    order = np.r_[1 : place + 1, 0, place + 1 : mean.shape[1]]
    return [each[order].reshape(table.values.shape) for each in mean]
