"""How well one half of the test rows predicts the other: what a replicate of the experiment would score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from semimech.data.effects import Effects, effects_of
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen
from semimech.data.splits import Split, stratified_half
from semimech.evaluate.reference import Reference, reference_of
from semimech.evaluate.scores import SCORES, ScoreCard
from semimech.models.baselines.means import mean_response

ROWS_NEEDED = 2


@dataclass(frozen=True)
class Ceiling:
    """Scores of one half of the test rows as the prediction of the other half, by card; or why there are none.

    `stepped` is what all test rows would score as the prediction of as many others, for the scores that can tell.
    """

    values: Mapping[str, float] = field(default_factory=dict)
    stepped: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))
        object.__setattr__(self, "stepped", MappingProxyType(dict(self.stepped)))


NO_CEILING = Ceiling(reason="it was not measured")


def ceiling_of(screen: Screen, split: Split, *, repeats: int = 10, seed: int = 0) -> Ceiling:
    """Split the test rows in half, control rows too, and let each half predict the other; mean over repeats.

    Each half has its own control rows of every batch; of two replicates each half has one, and conditions with a
    single test row are left out. `stepped` is for n rows against n, not n/2 against n/2: noise has half the variance,
    so squared errors are halved (and divided by sum y^2 of all n rows for the NMSE) and a correlation r becomes
    2 r / (1 + r), where r > 0 (not so the WMSE: its weights hold the same noise). Rows are a noisy predictor even so:
    a model that shrinks what it has learnt, or learns from more rows, may be above the ceiling. Spearman 1910,
    doi:10.1111/j.2044-8295.1910.tb00206.x.
    """
    effects = effects_of(screen, split.test)
    if not len(effects) or np.median(effects.counts) < ROWS_NEEDED:
        return Ceiling(reason=f"most conditions have fewer than {ROWS_NEEDED} test rows, too few to halve")
    test = _halvable(screen, split)
    effects = effects_of(screen, np.flatnonzero(test))
    mean = mean_response(screen, effects_of(screen, split.train))
    found: dict[str, list[float]] = {}
    for repeat in range(repeats):
        random = np.random.default_rng([seed, repeat, 32_452_843])
        first = stratified_half(screen.condition_codes, screen.batches, test, random)
        rows = [np.flatnonzero(half) for half in (first, test & ~first)]
        if not all(len(effects_of(screen, half)) for half in rows):
            return Ceiling(reason="too few control rows to halve")
        halves = [reference_of(screen, split, rows=half, training_mean=mean) for half in rows]
        for judged, predicting in (halves, halves[::-1]):
            for name, value in _scored(judged, predicting).items():
                found.setdefault(name, []).append(value)
    values = {name: float(np.nanmean(each)) for name, each in found.items() if np.isfinite(each).any()}
    return Ceiling(values, _stepped(values, screen, effects))


def _halvable(screen: Screen, split: Split) -> np.ndarray:
    """The test rows (mask) without those that are the only one of their condition."""
    test = np.zeros(screen.shape[0], bool)
    test[split.test] = True
    rows = np.bincount(screen.condition_codes[test], minlength=int(screen.condition_codes.max()) + 1)
    return test & (screen.is_control | (rows[screen.condition_codes] > 1))


def _stepped(values: Mapping[str, float], screen: Screen, effects: Effects) -> dict[str, float]:
    """The ceilings of all test rows against as many, from those of half against half."""
    found = {}
    for card in SCORES:
        value = values.get(card.name, np.nan)
        if card.step == "spearman-brown" and value > 0:
            found[card.name] = 2 * value / (1 + value)
        elif card.step == "halved" and np.isfinite(value):
            found[card.name] = value / 2
    scored = scored_entries(screen, effects.conditions)
    size = np.square(effects.values[scored], dtype=np.float64)
    if "nmse" in found and size.any():
        # The halves' own sum of y^2 holds twice the noise of all rows together.
        found["nmse"] = found["mse"] / float(size.mean())
    return found


def _scored(judged: Reference, predicting: Reference) -> dict[str, float]:
    """Every score of one half's effects as a prediction of the other's; conditions of one half only count as zero."""
    row = {condition: i for i, condition in enumerate(predicting.conditions)}
    predicted = np.zeros_like(judged.observed)
    for i, condition in enumerate(judged.conditions):
        if condition in row:
            predicted[i] = predicting.observed[row[condition]]
    cards: list[ScoreCard] = [card for card in SCORES if card.needs in judged.provides]
    return {card.name: float(card.reduce(card.summarise(judged, predicted).sum(0))) for card in cards}
