"""From effects to courses: conditions that differ in nothing but their time are one course."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semimech.data.condition import Condition
from semimech.data.effects import Effects
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen
from semimech.support.errors import UserError

TIME = "time "  # what `Screen.contexts` puts before a time


@dataclass(frozen=True, eq=False)
class CourseTable:
    """courses: the conditions without their times. times: ascending, above 0, in the unit of obs["time"] (times,).

    row, column: course and time of each of the conditions that were asked for; -1 where it has no time above 0.
    """

    courses: tuple[Condition, ...]
    times: np.ndarray
    row: np.ndarray
    column: np.ndarray

    def filled(self, values: np.ndarray) -> np.ndarray:
        """Values (conditions x nodes) as courses x times x nodes, NaN where there is none."""
        table = np.full((len(self.courses), len(self.times), values.shape[1]), np.nan)
        chosen = self.column >= 0
        table[self.row[chosen], self.column[chosen]] = values[chosen]
        return table


def time_of(condition: Condition) -> float | None:
    """The time in the condition's context; None where it names none, NaN where it is no number."""
    *_, last = condition.context.split(", ")
    if not last.startswith(TIME):
        return None
    try:
        return float(last.removeprefix(TIME))
    except ValueError:
        return math.nan


def timeless(condition: Condition) -> Condition:
    """The condition without its time: the course that it is a point of."""
    parts = condition.context.split(", ")
    return Condition(condition.doses, ", ".join(parts[:-1] if parts[-1].startswith(TIME) else parts))


def course_table(conditions: Sequence[Condition], assumed: float | None = None) -> CourseTable:
    """Group conditions into courses; one without a time has the time `assumed`.

    At time 0 and before nothing has changed yet: such conditions belong to a course but are no sample of it.
    Raises UserError where a time is missing or no number.
    """
    found = [time_of(condition) for condition in conditions]
    times = [assumed if time is None else time for time in found]
    for condition, time in zip(conditions, times, strict=True):
        if time is None or math.isnan(time):
            raise UserError(
                f"The condition {condition.label} has no time that is a number: give obs['time'] as numbers, at least "
                "two different ones."
            )
    known = np.array(times, float)
    above = np.unique(known[known > 0])
    courses = tuple(dict.fromkeys(timeless(condition) for condition in conditions))
    number = {course: i for i, course in enumerate(courses)}
    row = np.array([number[timeless(condition)] for condition in conditions], int)
    column = np.where(known > 0, np.searchsorted(above, known), -1)
    return CourseTable(courses, above, row, column.astype(int))


def sampled(screen: Screen, effects: Effects, columns: np.ndarray, unit: float) -> tuple[np.ndarray, np.ndarray]:
    """(values in `unit`, weights), conditions x nodes: unit^2 / (unit^2 + 4 se^2) for the entries that count."""
    values = effects.values[:, columns].astype(float) / unit
    squared = np.nan_to_num(effects.standard_errors[:, columns].astype(float)) ** 2
    counted = scored_entries(screen, effects.conditions)[:, columns]
    return values, counted * unit**2 / (unit**2 + 4 * squared)
