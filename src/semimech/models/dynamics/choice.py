"""Penalty and number of steps by inner folds; then the fit to all training conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from semimech.data.effects import Effects
from semimech.models.dynamics.learning import fit_courses, member_of, stacked
from semimech.models.dynamics.objective import CourseObjective, Courses
from semimech.models.dynamics.problem import CourseProblem
from semimech.support.progress import Monitor

if TYPE_CHECKING:
    from semimech.models.dynamics.estimator import CourseModel


class Choice(NamedTuple):
    """residual: root mean square error of each node on held-out conditions, in the data's units; NaN without folds.

    validation_error: mean squared error after 0, 1, ... updates, mean over folds.
    """

    sparsity: float
    steps: int
    residual: np.ndarray
    validation_error: np.ndarray


def chosen_by(
    model: CourseModel,
    problem: CourseProblem,
    objective: CourseObjective,
    pairs: list[tuple[Effects, Effects]],
    seed: int,
    monitor: Monitor,
) -> Choice:
    """The penalty and the step of the smallest mean validation error; the first penalty, all steps, without folds."""
    data = [problem.courses(fit, held, seed) for fit, held in pairs]
    data = [each for each in data if float(each.held_out.sum()) > 0]
    nodes = len(problem.nodes.observed)
    if not data:
        return Choice(model.sparsity[0], model.steps, np.full(nodes, np.nan), np.empty(0))
    start = stacked([problem.guess(objective, each, seed) for each in data])
    best: tuple[float, float, int, np.ndarray] | None = None
    for sparsity in model.sparsity:
        trained = fit_courses(
            objective,
            start,
            stacked(data),
            steps=model.steps,
            rate=model.rate,
            sparsity=sparsity,
            alone=True,
            monitor=monitor,
        )
        curve = trained.validation_error.mean(0)
        step = int(np.nanargmin(curve))
        if best is None or curve[step] < best[0]:
            best, parameters = (float(curve[step]), sparsity, step, curve), trained.best
    assert best is not None
    missed = np.zeros((2, nodes))
    for member, each in enumerate(data):
        states = objective.predict(member_of(parameters, member), each).states
        counted = np.asarray(each.held_out) > 0
        missed += [
            np.where(counted, (np.asarray(states) - np.asarray(each.validation)) ** 2, 0).sum((0, 1)),
            counted.sum((0, 1)),
        ]
    with np.errstate(invalid="ignore", divide="ignore"):
        residual = np.sqrt(missed[0] / missed[1]) * problem.unit
    return Choice(best[1], max(best[2], 1), residual, best[3])


def final_fits(
    model: CourseModel,
    problem: CourseProblem,
    objective: CourseObjective,
    settings: tuple[float, int],
    data: list[Courses],
    seed: int,
    monitor: Monitor,
) -> list[tuple[Any, np.ndarray]]:
    """(parameters, training error after each update) of a fit to each of the data; settings: penalty, steps."""
    sparsity, steps = settings

    def fitted(start: Any, data: list[Courses]) -> list[tuple[Any, np.ndarray]]:
        trained = fit_courses(
            objective, start, stacked(data), steps=model.steps, rate=model.rate, sparsity=sparsity,
            stop=np.full(len(data), steps), alone=True, monitor=monitor,
        )  # fmt: skip
        members = [member_of(trained.last, number) for number in range(len(data))]
        return list(zip(members, trained.train_error[:, : steps + 1], strict=True))

    found = fitted(stacked([problem.guess(objective, each, seed) for each in data]), data)
    if objective.mode == "shooting":
        weighed = [objective.weighed(parameters, each) for (parameters, _), each in zip(found, data, strict=True)]
        found = fitted(stacked([parameters for parameters, _ in found]), weighed)
    return found
