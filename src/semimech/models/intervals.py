"""Intervals for every model by one rule: leave out of training what is like the question, predict it, and see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, get_args, runtime_checkable

import numpy as np

from semimech.data.condition import Condition, Perturbation
from semimech.data.effects import Effects, effects_of
from semimech.data.inner import Question, inner_splits, questions_of
from semimech.data.network import Network
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.base import Estimator, Fitted, Informed, Prediction
from semimech.models.conformal import Conformal, conformal, smoothed
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, silent

LEVEL = 0.9
DOSE_MARGIN = 1.001
FIRST = "a first combination"
FOLDS: Mapping[Question, int] = {"rows": 5, "conditions": 5, "partners": 8, "perturbations": 12}
HELD = {
    "rows": "{} training conditions whose rows were held out",
    "conditions": "{} training conditions held out",
    "partners": "{} combinations held out with a partner never seen in combination",
    "perturbations": "{} perturbations held out with all their conditions",
}
# What may speak for a question: itself, then harder ones; 'conditions' for new partners too, then widened.
SPEAKERS: Mapping[Question, tuple[Question, ...]] = {
    "rows": ("rows", "conditions", "perturbations"),
    "conditions": ("conditions", "partners", "perturbations"),
    "partners": ("partners", "conditions", "perturbations"),
    "perturbations": ("perturbations",),
}


@runtime_checkable
class Refits(Protocol):
    """An estimator that refits parts of its training rows at the settings of a fit, faster than choosing them anew."""

    def refits(
        self, screen: Screen, split: Split, fitted: Fitted, inner: Sequence[Split], *, seed: int, monitor: Monitor
    ) -> list[np.ndarray]:
        """For each inner split, effects of its test conditions as its training rows predict them."""
        ...


@dataclass(frozen=True, eq=False)
class WithIntervals:
    """A fitted model whose predictions have intervals of `level`, as wide as held-out training conditions ask for.

    An interval covers, with probability `level` over conditions like those held out and over features, the effect
    that would be observed of a condition with as many rows and controls as a typical training condition, not the
    effect without noise. calibrations: by question (see `inner.questions_of`); seen: the training conditions.
    """

    model: Fitted
    calibrations: Mapping[str, Conformal]
    seen: tuple[Condition, ...]
    level: float = LEVEL

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise UserError(f"The level of the intervals is {self.level}: give a number between 0 and 1, such as 0.9.")

    def predict(self, conditions: Sequence[Condition]) -> Prediction:
        """The model's prediction with lower and upper bounds, and in words what they were measured on.

        What nothing in training could ask (a first combination, a new context, a dose beyond those seen) is named and
        widens the interval by sqrt(1 + their number), as independent errors add; for a first combination by how much
        more the members of an ensemble disagree on it than on what was held out, where there are members.
        """
        prediction = self.model.predict(conditions)
        half = np.full(prediction.mean.shape, np.nan)
        spread = np.zeros(half.shape) if prediction.spread is None else prediction.spread
        words = []
        questions = questions_of(prediction.conditions, self.seen)
        for row, (condition, question) in enumerate(zip(prediction.conditions, questions, strict=True)):
            used = next((each for each in SPEAKERS[question] if each in self.calibrations), None)
            if used is None:
                words.append("no interval: nothing like it could be held out of training")
                continue
            beyond = self._beyond(condition, question, used)
            width = self.calibrations[used].half_widths(self.level, spread[row])
            unmeasured = [each for each in beyond if prediction.spread is None or each != FIRST]
            half[row] = np.sqrt(1 + len(unmeasured)) * width
            held = HELD[used].format(len(self.calibrations[used].scores.order))
            widened = f", widened for {' and '.join(dict.fromkeys(beyond))}, which none of them asks" if beyond else ""
            words.append(f"{100 * self.level:g} % interval from {held}{widened}")
        bounds = {} if np.isnan(half).all() else {"lower": prediction.mean - half, "upper": prediction.mean + half}
        return replace(prediction, **bounds, level=self.level, interval_from=tuple(words))

    def network(self) -> Network | None:
        """The model's network."""
        return self.model.network()

    def at(self, level: float) -> WithIntervals:
        """The same with intervals of another level."""
        return replace(self, level=level)

    def _beyond(self, condition: Condition, question: Question, used: Question) -> list[str]:
        """What the condition asks that the held-out ones did not, one word for each."""
        words = []
        if question == "partners" and used == "conditions":
            words += [FIRST] * (len(condition.names) - 1)
        if condition.context not in self._contexts:
            words.append("a context never seen")
        largest = self._largest
        words += [f"a dose of {name} beyond those seen" for name, dose in condition.doses
                  if abs(dose) > DOSE_MARGIN * largest.get(name, np.inf)]  # fmt: skip
        return words

    @cached_property
    def _contexts(self) -> set[str]:
        return {condition.context for condition in self.seen}

    @cached_property
    def _largest(self) -> dict[str, float]:
        largest: dict[str, float] = {}
        for name, dose in (part for condition in self.seen for part in condition.doses):
            largest[name] = max(largest.get(name, 0.0), abs(dose))
        return largest


@dataclass(frozen=True, eq=False)
class InformedWithIntervals(WithIntervals):
    """The same for a model that can be told of new perturbations."""

    def knowing(self, perturbations: Sequence[Perturbation]) -> InformedWithIntervals:
        """The same model, told of perturbations that are not in the screen."""
        assert isinstance(self.model, Informed)
        return replace(self, model=self.model.knowing(perturbations))


def with_intervals(
    estimator: Estimator,
    fitted: Fitted,
    screen: Screen,
    split: Split,
    *,
    level: float = LEVEL,
    seed: int = 0,
    monitor: Monitor = silent,
) -> WithIntervals:
    """Measure errors of `estimator` on parts of the training rows, for what the test rows ask (without any: for all).

    Each inner fold is predicted by a fit to the rest: at the settings of `fitted` where the estimator can (`Refits`),
    else by its whole fit, choices included.
    """
    whole = effects_of(screen, split.train)
    asked = effects_of(screen, split.test).conditions if split.test.size else ()
    wanted = set(questions_of(asked, whole.conditions)) or set(get_args(Question))
    found: dict[Question, Conformal | None] = {}
    for question in sorted(wanted):
        for each in SPEAKERS[question]:
            if each not in found:
                inner = inner_splits(screen, split, each, FOLDS[each], seed)
                found[each] = _held_out(estimator, fitted, screen, split, each, inner, whole, seed, monitor)
            if found[each] is not None:
                break
    calibrations: dict[str, Conformal] = {name: each for name, each in found.items() if each is not None}
    kind = InformedWithIntervals if isinstance(fitted, Informed) else WithIntervals
    return kind(fitted, calibrations, whole.conditions, level)


def _held_out(
    estimator: Estimator,
    fitted: Fitted,
    screen: Screen,
    split: Split,
    question: Question,
    inner: Sequence[Split],
    whole: Effects,
    seed: int,
    monitor: Monitor,
) -> Conformal | None:
    """Errors on the held-out conditions of all inner splits, each condition once; None where there are too few."""
    if not inner:
        return None
    held = [effects_of(screen, each.test) for each in inner]
    if isinstance(estimator, Refits):
        predicted = estimator.refits(screen, split, fitted, inner, seed=seed, monitor=monitor)
    else:
        predicted = [
            estimator.fit(screen, each, seed=seed).predict(part.conditions).mean
            for each, part in zip(inner, held, strict=True)
        ]
    kept: dict[Condition, tuple[int, int]] = {}
    for fold, (each, part) in enumerate(zip(inner, held, strict=True)):
        asked = questions_of(part.conditions, effects_of(screen, each.train).conditions)
        kept = {c: (fold, row) for row, c in enumerate(part.conditions) if asked[row] == question} | kept
    if not kept:
        return None
    where = list(kept.values())
    errors = np.stack([held[fold].values[row] - predicted[fold][row] for fold, row in where])
    errors[~scored_entries(screen, list(kept))] = np.nan
    standard = np.stack([held[fold].standard_errors[row] for fold, row in where])
    spread = fitted.predict(list(kept)).spread
    noise = np.sqrt(np.median(smoothed(whole.standard_errors), axis=0))
    units = _units(list(kept), question, [inner[fold] for fold, _ in where], screen)
    return conformal(errors, standard, noise, np.zeros(errors.shape) if spread is None else spread, units, seed)


def _units(conditions: Sequence[Condition], question: Question, inner: Sequence[Split], screen: Screen) -> np.ndarray:
    """Numbers of what is exchangeable: conditions, or where perturbations were held out these, with all they are in."""
    if question != "perturbations":
        return np.arange(len(conditions))
    unseen = []
    for condition, each in zip(conditions, inner, strict=True):
        known = {name for other in effects_of(screen, each.train).conditions for name in other.names}
        unseen.append(min(name for name in condition.names if name not in known))
    return np.unique(unseen, return_inverse=True)[1]
