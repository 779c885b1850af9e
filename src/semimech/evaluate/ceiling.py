"""How well one half of the test rows predicts the other: what a replicate of the experiment would score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from semimech.data.effects import effects_of
from semimech.data.screen import Screen
from semimech.data.splits import Split, stratified_half
from semimech.evaluate.reference import Reference, reference_of
from semimech.evaluate.scores import SCORES, ScoreCard
from semimech.models.baselines.means import mean_response

ROWS_NEEDED = 4


@dataclass(frozen=True)
class Ceiling:
    """Scores of one half of the test rows as the prediction of the other half, by card; or why there are none.

    `spearman_brown` is 2 r / (1 + r) for the correlations: what twice the rows would reach.
    """

    values: Mapping[str, float] = field(default_factory=dict)
    spearman_brown: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))
        object.__setattr__(self, "spearman_brown", MappingProxyType(dict(self.spearman_brown)))


NO_CEILING = Ceiling(reason="it was not measured")


def ceiling_of(screen: Screen, split: Split, *, repeats: int = 10, seed: int = 0) -> Ceiling:
    """Split the test rows in half, control rows too, and let each half predict the other; mean over repeats.

    Each half has its own control rows of every batch. A half is a noisy predictor: a model that shrinks what it has
    learnt may well be above the ceiling, most of all by the errors. Spearman 1910,
    doi:10.1111/j.2044-8295.1910.tb00206.x.
    """
    effects = effects_of(screen, split.test)
    if not len(effects) or np.median(effects.counts) < ROWS_NEEDED:
        return Ceiling(reason=f"most conditions have fewer than {ROWS_NEEDED} test rows, too few to halve")
    test = np.zeros(screen.shape[0], bool)
    test[split.test] = True
    mean = mean_response(screen, effects_of(screen, split.train))
    found: dict[str, list[float]] = {}
    for repeat in range(repeats):
        random = np.random.default_rng([seed, repeat, 32_452_843])
        first = stratified_half(screen.condition_codes, screen.batches, test, random)
        halves = [
            reference_of(screen, split, rows=np.flatnonzero(half), training_mean=mean)
            for half in (first, test & ~first)
        ]
        for judged, predicting in (halves, halves[::-1]):
            for name, value in _scored(judged, predicting).items():
                found.setdefault(name, []).append(value)
    values = {name: float(np.nanmean(each)) for name, each in found.items() if np.isfinite(each).any()}
    correlations = [card.name for card in SCORES if card.is_correlation and values.get(card.name, 0) > 0]
    stepped = {name: 2 * values[name] / (1 + values[name]) for name in correlations}
    return Ceiling(values, stepped)


def _scored(judged: Reference, predicting: Reference) -> dict[str, float]:
    """Every score of one half's effects as a prediction of the other's; conditions of one half only count as zero."""
    row = {condition: i for i, condition in enumerate(predicting.conditions)}
    predicted = np.zeros_like(judged.observed)
    for i, condition in enumerate(judged.conditions):
        if condition in row:
            predicted[i] = predicting.observed[row[condition]]
    cards: list[ScoreCard] = [card for card in SCORES if card.needs in judged.provides]
    return {card.name: float(card.reduce(card.summarise(judged, predicted).sum(0))) for card in cards}
