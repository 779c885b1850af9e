"""The steady-state term on a screen: first the test whether controls move, then the fit, plain training beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from semimech.data.screen import Screen
from semimech.evaluate.assumptions.controls import STEADY, steady_controls
from semimech.evaluate.assumptions.verdict import CANNOT, VIOLATED, Verdict
from semimech.models.base import Fitted
from semimech.models.dynamics import FittedStates
from semimech.models.dynamics.law import Law, NeuralLaw
from semimech.models.dynamics.steady_state import Term
from semimech.models.dynamics.strength import RATE, STEPS, STRENGTHS
from semimech.models.dynamics.table import course_table
from semimech.models.dynamics.term import TermFit
from semimech.runs.assumptions import read_verdicts
from semimech.runs.folder import RunFolder
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, silent

Asked = Literal["auto", Term]
LEVEL, PERMUTATIONS = 0.05, 499
LITTLE = 0.05  # a gain on conditions left out, as a share of the error
FILE = "steady_state"


@dataclass(frozen=True, eq=False)
class SteadyStateFit:
    """model: fitted with the term; plain: beside it, without term and without controls as data.

    verdict: of the test whether controls move.
    """

    verdict: Verdict
    model: FittedStates
    plain: FittedStates

    @property
    def said(self) -> str:
        """In words: what was fitted and why, and what the term gained on conditions left out."""
        return said_of(self.model, self.verdict.verdict, self.verdict.why)


def said_of(model: FittedStates, verdict: str, why: str) -> str:
    """In words: what was fitted and why, and what the term gained on conditions left out."""
    if model.term == "controls":
        moved = f": {why}" if verdict == VIOLATED else ""
        return f"The control time points were fitted as data, without a steady-state term{moved}."
    belief = f" That controls rest is belief: {why}." if verdict == CANNOT else ""
    if model.term == "hard":
        return f"The field is 0 at the untreated state by construction.{belief}"
    if np.isnan(model.left_out).any():
        return f"No condition could be left out: lambda is {model.strength:.3g}, untested.{belief}"
    chosen, without = (model.left_out[model.strengths.index(each)] for each in (model.strength, 0.0))
    little = "little gain: " if chosen > (1 - LITTLE) * without else ""
    return (
        f"Steady-state term of lambda {model.strength:.3g}, {little}the error on conditions left out is {chosen:.3g} "
        f"against {without:.3g} without it.{belief}"
    )


def fit_steady_state(
    screen: Screen,
    term: Asked = "auto",
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
    require_known(term)
    rows = np.arange(screen.shape[0]) if rows is None else np.asarray(rows)
    verdict = drift(screen.take(rows), seed)
    asked = TermFit(
        allowed(term, verdict), law=NeuralLaw() if law is None else law, strengths=strengths, steps=steps, rate=rate
    )
    model, plain = (each.fit(screen, rows, seed=seed, monitor=monitor) for each in (asked, replace(asked, plain=True)))
    return SteadyStateFit(verdict, model, plain)


def keep_term(run: RunFolder, model: Fitted) -> None:
    """Write what the term of the model fitted on all rows is, and what it gained there."""
    assert isinstance(model, FittedStates)
    steady = next(each for each in read_verdicts(run) if each["name"] == STEADY.name)
    content: dict[str, Any] = {
        "said": said_of(model, steady["verdict"], steady["why"]),
        "term": model.term,
        "lambda": model.strength,
        "tried": list(model.strengths),
        "left_out": model.left_out.tolist(),
    }
    run.write_json(FILE, content)


def decided(term: Asked, screen: Screen, seed: int) -> Term:
    """The term that the controls of a screen allow; UserError where they forbid the one that was asked for.

    And where the screen is none of time courses.
    """
    course_table([condition for condition in screen.conditions if not condition.is_control])
    return allowed(term, drift(screen, seed))


def drift(screen: Screen, seed: int) -> Verdict:
    """Do the controls of a screen move with time? The same test, with the same numbers, as `assumptions_of` makes."""
    return steady_controls(screen, LEVEL, PERMUTATIONS, np.random.default_rng([seed, 0]))


def require_known(term: str) -> None:
    """Raise UserError for a term that there is not."""
    if term not in ("auto", *get_args(Term)):
        raise UserError(f"The steady-state term '{term}' is unknown: use auto, {', '.join(get_args(Term))}.")


def allowed(term: Asked, verdict: Verdict) -> Term:
    """The term that the verdict on the controls allows; UserError where it forbids the one that was asked for."""
    if verdict.verdict != VIOLATED:
        return "trajectory" if term == "auto" else term
    if term in ("auto", "controls"):
        return "controls"
    raise UserError(
        f"The steady-state term '{term}' is refused, for controls move with time ({verdict.why}): use 'controls', "
        "which fits the control time points as data."
    )
