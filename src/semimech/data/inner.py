"""Validation carved from the training rows: whole perturbations, conditions or rows, as the outer split holds out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import numpy as np

from semimech.data.condition import Condition
from semimech.data.effects import Effects, effects_of
from semimech.data.screen import Screen
from semimech.data.splits import Split

Question = Literal["rows", "conditions", "partners", "perturbations"]


def inner_effects(
    screen: Screen, split: Split, folds: int = 5, seed: int = 0, *, question: Question | None = None
) -> list[tuple[Effects, Effects]]:
    """(to fit, to validate) effects of inner folds, both from training rows only, with disjoint control rows.

    Where the outer test asks for conditions that are in training (`cells`), rows are held out. Where it asks for
    other conditions of perturbations that are all in training, conditions are held out, but only those whose
    perturbations stay in the fitted part (a held-out single would be an unseen perturbation). Where it asks for a
    perturbation that is not in training, whole perturbations are. So new combinations are validated by combinations
    and other conditions, but a new context, time or highest dose by conditions drawn at random (in all their contexts
    and times): that is an easier question than the outer one. Without test rows, conditions are held out, or rows
    where no condition can be. Returns [] where the training rows cannot be asked: nothing can be selected then.
    `question` asks another one than the outer split does; with as many folds as perturbations, 'perturbations' leaves
    out one at a time.
    """
    for asked in _questions(screen, split) if question is None else (question,):
        inner = inner_splits(screen, split, asked, folds, seed)
        pairs = [(effects_of(screen, each.train), effects_of(screen, each.test)) for each in inner]
        pairs = [(fit, held) for fit, held in pairs if len(fit) and len(held)]
        if pairs:
            return pairs
    return []


def inner_splits(screen: Screen, split: Split, question: Question, folds: int, seed: int) -> list[Split]:
    """Splits of the training rows that ask one question, but those that leave a side without perturbed rows."""
    train = np.asarray(split.train)
    treated = ~screen.is_control[train]
    masks = _folds(screen, train, question, folds, np.random.default_rng([seed, 7919]))
    return [
        Split(f"inner {question}", f"inner {number}", seed, train[~held], train[held])
        for number, held in enumerate(masks)
        if treated[held].any() and treated[~held].any()
    ]


def questions_of(conditions: Collection[Condition], learnt: Collection[Condition]) -> list[Question]:
    """What predicting each condition asks of a model that has learnt from others.

    rows: it is among them. perturbations: it has one that none of them has. partners: a combination with a
    perturbation that was in no combination. conditions: any other, the same doses in another context too.
    """
    same = set(learnt)
    known = {name for other in same for name in other.names}
    combined = {name for other in same if other.is_combination for name in other.names}
    found: list[Question] = []
    for condition in conditions:
        if condition in same:
            found.append("rows")
        elif not known.issuperset(condition.names):
            found.append("perturbations")
        else:
            alone = condition.is_combination and not combined.issuperset(condition.names)
            found.append("partners" if alone else "conditions")
    return found


def _questions(screen: Screen, split: Split) -> tuple[Question, ...]:
    """What the test rows ask; where there are none (a model to be kept), what they would be asked for most."""
    asked = _conditions(screen, split.test)
    learnt = _conditions(screen, split.train)
    if not asked:
        return ("conditions", "rows")
    if asked <= learnt:
        return ("rows",)
    known = {name for condition in learnt for name in condition.names}
    return ("conditions",) if all(known.issuperset(each.names) for each in asked) else ("perturbations",)


def _conditions(screen: Screen, rows: np.ndarray) -> set[Condition]:
    codes = np.unique(screen.condition_codes[rows])
    return {screen.conditions[i] for i in codes if not screen.conditions[i].is_control}


def _folds(
    screen: Screen, train: np.ndarray, question: Question, folds: int, random: np.random.Generator
) -> list[np.ndarray]:
    """For each fold a mask over `train` of the rows to validate on, a share of the control rows among them."""
    control = screen.is_control[train]
    codes = screen.condition_codes[train]
    by_row = dealt(screen.batches[train] * len(screen.conditions) + codes, folds, random)
    if question == "rows":
        return [by_row == fold for fold in range(folds)]
    treated = np.unique(codes[~control])
    names = [set(screen.conditions[i].names) for i in treated]
    masks = []
    if question == "conditions":
        # Replicates, the same doses in another context included, stay on one side.
        doses = [screen.conditions[i].doses for i in treated]
        number = {key: i for i, key in enumerate(dict.fromkeys(doses))}
        place = random.permutation(len(number)) % folds
        assigned = np.array([place[number[key]] for key in doses])
        for fold in range(folds):
            held = assigned == fold
            known = set().union(*(names[i] for i in np.flatnonzero(~held)))
            masks.append(held & np.array([part <= known for part in names]))
    elif question == "partners":
        combined = np.array([len(part) > 1 for part in names])
        for held in _with_dealt(names, folds, random):
            known = set().union(*(part for part, out in zip(names, held & combined, strict=True) if not out))
            masks.append(held & combined & np.array([part <= known for part in names]))
    else:
        masks = _with_dealt(names, folds, random)
    return [
        (np.isin(codes, treated[held]) & ~control) | (control & (by_row == fold)) for fold, held in enumerate(masks)
    ]


def _with_dealt(names: list[set[str]], folds: int, random: np.random.Generator) -> list[np.ndarray]:
    """Perturbations dealt to folds; for each fold which conditions have one of them (bool)."""
    pool = sorted(set().union(*names))
    place = dict(zip(pool, random.permutation(len(pool)) % folds, strict=True))
    return [np.array([any(place[name] == fold for name in part) for part in names]) for fold in range(folds)]


def dealt(strata: np.ndarray, folds: int, random: np.random.Generator) -> np.ndarray:
    """A fold for each row, dealt evenly within each stratum."""
    fold = np.empty(len(strata), int)
    for stratum in np.unique(strata):
        members = random.permutation(np.flatnonzero(strata == stratum))
        fold[members] = (np.arange(len(members)) + random.integers(folds)) % folds
    return fold
