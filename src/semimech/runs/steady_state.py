"""A neural field fitted to the time courses of a screen, with the steady-state term where controls rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np

from semimech.data.screen import Screen
from semimech.evaluate.assumptions.controls import steady_controls
from semimech.evaluate.assumptions.verdict import CANNOT, VIOLATED, Verdict
from semimech.models.dynamics.law import Law, NeuralLaw
from semimech.models.dynamics.objective import CourseObjective
from semimech.models.dynamics.states import FittedStates, States
from semimech.models.dynamics.steady_state import Form, SteadyStateObjective, with_untreated
from semimech.models.dynamics.strength import RATE, STEPS, STRENGTHS, chosen_strengths, fit_states
from semimech.numerics.trajectory import Method
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, silent

Term = Literal["auto", "trajectory", "field", "hard", "controls"]
LEVEL, PERMUTATIONS = 0.05, 499
STEP = 0.5  # of the Runge-Kutta method, in units of which the longest course has 5
LITTLE = 0.05  # a gain on conditions left out, as a share of the error


@dataclass(frozen=True, eq=False)
class SteadyStateFit:
    """model: fitted with the term; plain: beside it, without term and without controls as data.

    verdict: of the test whether controls move. errors: for each of the `strengths` (lambda times the number of
    conditions) the root mean square error on conditions left out, in the data's units; NaN where none could be.
    """

    verdict: Verdict
    term: Term
    model: FittedStates
    plain: FittedStates
    strengths: tuple[float, ...]
    errors: np.ndarray

    @property
    def said(self) -> str:
        """In words: what was fitted and why, and what the term gained on conditions left out."""
        if self.term == "controls":
            return f"The control time points were fitted as data, without a steady-state term: {self.verdict.why}."
        belief = f" That controls rest is belief: {self.verdict.why}." if self.verdict.verdict == CANNOT else ""
        if self.term == "hard":
            return f"The field is 0 at the untreated state by construction.{belief}"
        if np.isnan(self.errors).any():
            return f"No condition could be left out: lambda is {self.model.strength:.3g}, untested.{belief}"
        best, without = self.errors.min(), self.errors[self.strengths.index(0.0)]
        little = "little gain: " if best > (1 - LITTLE) * without else ""
        return (
            f"Steady-state term of lambda {self.model.strength:.3g}, {little}the error on conditions left out is "
            f"{best:.3g} against {without:.3g} without it.{belief}"
        )


def fit_steady_state(
    screen: Screen,
    term: Term = "auto",
    *,
    rows: np.ndarray | None = None,
    law: Law | None = None,
    strengths: Sequence[float] = STRENGTHS,
    steps: int = STEPS,
    rate: float = RATE,
    seed: int = 0,
    monitor: Monitor = silent,
) -> SteadyStateFit:
    """Fit a field (NeuralLaw by default) to the courses in `rows` (all by default), once with the term, once without.

    loss = mean squared error + lambda S, S = mean_t |F^t x0 - x0|^2 ('trajectory') or |f(x0)|^2 ('field') of the
    untreated system, or 0 by construction ('hard'). First it is tested whether controls move with time. Where they do,
    'auto' fits their time points as data ('controls'), and a steady-state term is refused with UserError; elsewhere
    'auto' is 'trajectory'. lambda is chosen on conditions left out among `strengths` / conditions, 0 always among them;
    3 / conditions where none can be left out. After Kovacevic et al. 2025, arXiv:2501.19178.

    >>> fit = fit_steady_state(screen)  # doctest: +SKIP
    >>> print(fit.said)  # doctest: +SKIP
    >>> fit.model.predict(conditions).mean, fit.plain.predict(conditions).mean  # doctest: +SKIP
    """
    if term not in get_args(Term):
        raise UserError(f"The term '{term}' is unknown: use one of {', '.join(get_args(Term))}.")
    rows = np.arange(screen.shape[0]) if rows is None else np.asarray(rows)
    verdict = steady_controls(screen.take(rows), LEVEL, PERMUTATIONS, np.random.default_rng([seed, 0]))
    term = allowed(term, verdict)
    states = States.of(screen, rows, moving=verdict.verdict == VIOLATED)
    course = CourseObjective(NeuralLaw() if law is None else law, _method(states.problem.times))
    form: Form = "field" if term == "field" else "trajectory"
    objective = SteadyStateObjective(course, form)
    values = tuple(sorted({0.0, *strengths}))
    strength, errors = 0.0, np.full(len(values), np.nan)
    if term == form:
        free = [with_untreated(states.courses)]
        chosen = chosen_strengths(objective, free, [seed], strengths=values, steps=steps, rate=rate, monitor=monitor)
        strength, errors = float(chosen.strengths[0]), np.sqrt(chosen.errors[0]) * states.problem.unit

    def fitted(strength: float, hard: bool, untreated: np.ndarray | None) -> FittedStates:
        member = with_untreated(states.courses, untreated, strength=strength, hard=hard)
        trained = fit_states(objective, [member], [seed], steps=steps, rate=rate, monitor=monitor)
        parameters = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), trained.last)
        return FittedStates(states, objective, parameters, strength, hard)

    model = fitted(strength, term == "hard", states.untreated if term == "controls" else None)
    return SteadyStateFit(verdict, term, model, fitted(0.0, False, None), values, errors)


def allowed(term: Term, verdict: Verdict) -> Term:
    """The term that the verdict on the controls allows; UserError where it forbids the one that was asked for."""
    if verdict.verdict != VIOLATED:
        return "trajectory" if term == "auto" else term
    if term in ("auto", "controls"):
        return "controls"
    raise UserError(
        f"The steady-state term '{term}' is refused, for controls move with time ({verdict.why}): use 'controls', "
        "which fits the control time points as data."
    )


def _method(times: np.ndarray) -> Method:
    return Method(steps=max(2, round(float(np.diff(times, prepend=0).max()) / STEP)))
