"""What in the training rows tells how effects compose: combinations, else one perturbation at half and at full dose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from semimech.data.condition import Condition
from semimech.data.effects import Effects, group_moments
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.composition.rules import Rule, compose
from semimech.models.scm import LinearSCM
from semimech.models.scm.law import law_of
from semimech.models.scm.targets import held_columns, measured_slopes, rows_that_hold

CALM = 2.0  # standard errors
COMBINATIONS, DOSES, NOTHING = "combinations in training", "half and full doses", "nothing"


@dataclass(frozen=True, eq=False)
class Case:
    """Something whose effect is known, and the parts it could be made of.

    parts, noise: parts x features; state: by the network; known: observed effect; counted: the features that count.
    """

    parts: np.ndarray
    noise: np.ndarray
    state: np.ndarray
    known: np.ndarray
    counted: np.ndarray


@dataclass(frozen=True, eq=False)
class Training:
    """Effects to learn from, against the level of the unperturbed: the controls' mean and `offset` (features,).

    noise: their standard errors; counted: which entries count (both conditions x features).
    """

    screen: Screen
    split: Split
    effects: Effects
    noise: np.ndarray
    counted: np.ndarray
    offset: np.ndarray


def standard_errors(screen: Screen, split: Split, effects: Effects) -> np.ndarray:
    """Standard errors of the effects (conditions x features); of single rows as the control rows scatter, 0 if none.

    A few controls scatter by chance: each feature's variance is not taken below the mean over features.
    """
    errors = effects.standard_errors.astype(float)
    rows = _controls(screen, split)
    if np.isfinite(errors).all() or len(rows) < 2:
        return np.nan_to_num(errors)
    _, variance, _ = group_moments(screen, rows, np.zeros(screen.shape[0], int), 1)
    guess = np.sqrt(np.maximum(variance[0], variance[0].mean()) / effects.counts[:, None])
    return np.where(np.isfinite(errors), errors, guess)


def unperturbed(screen: Screen, split: Split, effects: Effects, noise: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """What to add to the controls' mean for the level of the unperturbed (features,), where single rows meet few.

    The mean of the controls and of all single rows that leave the feature within two standard errors of it, found
    by iteration; 0 where standard errors are known, or there are no controls to scatter.
    """
    rows = len(_controls(screen, split))
    offset = np.zeros(len(effects.features))
    if np.isfinite(effects.standard_errors).any() or not noise.any():
        return offset
    values = effects.values.astype(float)
    for _ in range(10):
        calm = (np.abs(values - offset) < CALM * noise) & counted
        offset = (values * calm).sum(0) / (rows + calm.sum(0))
    return offset


def _controls(screen: Screen, split: Split) -> np.ndarray:
    train = np.asarray(split.train)
    return train[screen.is_control[train]]


def cases_of(training: Training, network: LinearSCM, seed: int) -> tuple[str, list[Case]]:
    """(what tells, cases): combinations whose singles are known; else perturbations given at half and at full dose."""
    conditions = training.effects.conditions
    singles = {c: i for i, c in enumerate(conditions) if not c.is_combination}
    pairs = {i: found for i, c in enumerate(conditions) if c.is_combination and (found := parts_of(c, singles))}
    if pairs:
        return COMBINATIONS, _combinations(training, network, seed, pairs)
    halves = [(i, half) for c, i in singles.items() if (half := _half(c, singles)) is not None]
    if halves:
        return DOSES, _doses(training, network, halves)
    return NOTHING, []


def parts_of(condition: Condition, singles: dict[Condition, int]) -> list[int] | None:
    """Where the single conditions of a combination are; None where one is missing."""
    found = [singles.get(Condition((part,), condition.context)) for part in condition.doses]
    return None if None in found else [i for i in found if i is not None]


def best_rule(cases: Sequence[Case], rules: Sequence[Rule], control: np.ndarray) -> tuple[Rule, float]:
    """The rule of the least squared error over the cases, and that error as a share of no change."""
    errors = [sum(_error(rule, case, control) for case in cases) for rule in rules]
    total = sum(float((case.known[case.counted] ** 2).sum()) for case in cases)
    best = int(np.argmin(errors))
    return rules[best], errors[best] / total if total else float("nan")


def _error(rule: Rule, case: Case, control: np.ndarray) -> float:
    answer = floored(compose(rule, case.parts, case.noise, control, case.state), control)
    return float(((answer - case.known)[case.counted] ** 2).sum())


def floored(effect: np.ndarray, control: np.ndarray) -> np.ndarray:
    """Effects that leave no level below zero; log-ratios, whose controls are 0, stay as they are."""
    return np.maximum(effect, -control) if (control > 0).any() else effect


def _half(condition: Condition, singles: dict[Condition, int]) -> int | None:
    if not condition.doses:
        return None
    ((name, dose),) = condition.doses
    return singles.get(Condition(((name, dose / 2),), condition.context))


def _combinations(training: Training, network: LinearSCM, seed: int, pairs: Mapping[int, Sequence[int]]) -> list[Case]:
    """Combinations against their singles (by row: rows); the network has seen the singles only."""
    screen, effects = training.screen, training.effects
    combined = np.array([c.is_combination for c in screen.conditions])[screen.condition_codes]
    train = np.asarray(training.split.train)
    alone = Split("singles", "singles", seed, train[~combined[train]], train[combined[train]])
    states = network.fit(screen, alone, seed=seed).predict([effects.conditions[i] for i in pairs]).mean
    cases = []
    for state, (i, rows) in zip(states - training.offset, pairs.items(), strict=True):
        parts, doubt = effects.values[list(rows)].astype(float), training.noise[list(rows)]
        cases.append(Case(parts, doubt, state, effects.values[i].astype(float), training.counted[i]))
    return cases


def _doses(training: Training, network: LinearSCM, halves: Sequence[tuple[int, int]]) -> list[Case]:
    """A full dose as two half ones; the network has not seen the perturbation, but what it leaves of the half dose."""
    effects, noise, columns = training.effects, training.noise, held_columns(training.screen)
    values = effects.values.astype(float)
    slopes = measured_slopes(effects, columns)
    strength = min(network.strengths, key=lambda each: abs(np.log(each)))
    cases = []
    for full, half in halves:
        name = effects.conditions[full].names[0]
        kept = [i for i, c in enumerate(effects.conditions) if name not in c.names]
        state = values[half]
        if kept:
            law = law_of(values[kept], rows_that_hold([effects.conditions[i] for i in kept], columns), strength)
            left = (values[[half]] - law.explained(values[[half]]))[0]
            held = np.array(columns[name], int)
            levels = slopes[name] * effects.conditions[full].doses[0][1] if held.size else np.zeros(0)
            state = law.solve(held, levels, 2 * left)
        parts, doubt = np.stack([values[half]] * 2), np.stack([noise[half]] * 2)
        cases.append(Case(parts, doubt, state, values[full], training.counted[full]))
    return cases
