"""A fitted field of states: effects are the state minus the untreated one of the same time."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from semimech.data.condition import Condition
from semimech.models.dynamics.fitted import FittedCourses
from semimech.models.dynamics.objective import CourseObjective, Courses
from semimech.models.dynamics.steady_state import Term, with_untreated
from semimech.numerics.trajectory import Trajectory


@dataclass(frozen=True, eq=False)
class FittedStates(FittedCourses):
    """dx/dt = f(x; perturbation), x the state minus the untreated one at time 0, which may move.

    term: what held the untreated state in training. strength: lambda of the term. strengths: the values it was chosen
    from; left_out: root mean square error of each on courses left out, in the data's units, NaN where none could be.
    """

    term: Term
    strength: float
    strengths: tuple[float, ...]
    left_out: np.ndarray

    def untreated(self, times: np.ndarray) -> np.ndarray:
        """What the fit says untreated cells move by (times x nodes), in the data's units; times as in the screen."""
        return np.asarray(self._all((), np.asarray(times, float)).states[0]) * self.unit

    def _solved(self, courses: tuple[Condition, ...], times: np.ndarray) -> Trajectory:
        found = self._all(courses, times)
        status = jnp.maximum(found.status[1:], found.status[:1])
        return Trajectory(found.states[1:] - found.states[:1], status, found.steps[1:])

    def _all(self, courses: tuple[Condition, ...], times: np.ndarray) -> Trajectory:
        """Scaled states, the untreated course first."""
        given: Courses = with_untreated(self._asked(courses, times), hard=self.term == "hard").courses
        return CourseObjective(self.law, self._method(times)).predict(self._tree(), given)
