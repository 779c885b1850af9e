"""Adds up the scores of all models over the folds of one split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from semimech.data.condition import Condition
from semimech.evaluate.bootstrap import resampled
from semimech.evaluate.reference import Reference
from semimech.evaluate.scores import ScoreCard
from semimech.evaluate.summaries import Summarise, by_feature, feature_correlations

Key = tuple[str, int]


@dataclass(frozen=True, eq=False)
class Tally:
    """Scores of one split. value, pooled, folds_sd, seeds_sd: models x cards; draws: models x cards x draws."""

    models: tuple[str, ...]
    value: np.ndarray
    draws: np.ndarray
    pooled: np.ndarray
    folds_sd: np.ndarray
    seeds_sd: np.ndarray
    per_condition: pd.DataFrame
    per_feature: pd.DataFrame


def tally(
    references: Sequence[Reference],
    arrays: Sequence[dict[Key, np.ndarray]],
    cards: Sequence[ScoreCard],
    weights: np.ndarray,
    unique: Sequence[Condition],
) -> Tally:
    """Score every prediction of every fold; `weights` (draws x unique conditions) are those of the bootstrap."""
    models = tuple(dict.fromkeys(model for fold in arrays for model, _ in fold))
    seeds = sorted({seed for fold in arrays for _, seed in fold})
    place = {condition: i for i, condition in enumerate(unique)}
    value = np.full((len(models), len(cards), len(references), len(seeds)), np.nan)
    drawn = _Means((len(models), len(cards), len(weights)))
    pooled: dict[tuple[str, int], np.ndarray] = {}
    features: dict[str, np.ndarray] = {}
    conditions: list[pd.DataFrame] = []
    for f, (reference, predictions) in enumerate(zip(references, arrays, strict=True)):
        mine = weights[:, [place[condition] for condition in reference.conditions]]
        for (model, seed), predicted in predictions.items():
            m, sums = models.index(model), _Sums(reference, predicted)
            features[model] = features.get(model, 0) + sums.of(by_feature).sum(0)
            for c, card in enumerate(cards):
                part = sums.of(card.summarise)
                value[m, c, f, seeds.index(seed)] = card.reduce(part.sum(0))
                drawn.add((m, c), resampled(mine, part, card.reduce))
                pooled[model, c] = pooled.get((model, c), 0) + part.sum(0)
            conditions.append(_per_condition(reference, sums, cards, model, seed))
    return Tally(
        models,
        _mean(_mean(value, 3), 2),
        drawn.value(),
        np.array([[float(card.reduce(pooled[model, c])) for c, card in enumerate(cards)] for model in models]),
        _sd(_mean(value, 3), 2),
        _sd(_mean(value, 2), 2),
        pd.concat(conditions, ignore_index=True),
        pd.concat([_per_feature(references[0], model, total) for model, total in features.items()], ignore_index=True),
    )


class _Means:
    """Running means that pass over values that are not finite."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.total = np.zeros(shape)
        self.n = np.zeros(shape)

    def add(self, where: tuple[int, ...], values: np.ndarray) -> None:
        known = np.isfinite(values)
        self.total[where] += np.where(known, values, 0)
        self.n[where] += known

    def value(self) -> np.ndarray:
        return np.divide(self.total, self.n, out=np.full_like(self.total, np.nan), where=self.n > 0)


class _Sums:
    """The sums of one prediction; cards that share a summary share the work."""

    def __init__(self, reference: Reference, predicted: np.ndarray) -> None:
        self.reference, self.predicted = reference, predicted
        self.known: dict[Summarise, np.ndarray] = {}

    def of(self, summarise: Summarise) -> np.ndarray:
        if summarise not in self.known:
            self.known[summarise] = summarise(self.reference, self.predicted)
        return self.known[summarise]


def _mean(values: np.ndarray, axis: int) -> np.ndarray:
    known = np.isfinite(values)
    n = known.sum(axis)
    return np.divide(np.where(known, values, 0).sum(axis), n, out=np.full(n.shape, np.nan), where=n > 0)


def _sd(values: np.ndarray, axis: int) -> np.ndarray:
    """Sample standard deviation of the finite values; NaN where there are fewer than two."""
    known = np.isfinite(values)
    n = known.sum(axis)
    centred = np.where(known, values - np.expand_dims(_mean(values, axis), axis), 0)
    return np.sqrt(np.divide((centred**2).sum(axis), n - 1, out=np.full(n.shape, np.nan), where=n > 1))


def _per_condition(
    reference: Reference, sums: _Sums, cards: Sequence[ScoreCard], model: str, seed: int
) -> pd.DataFrame:
    """The score of each condition by itself, where it has one."""
    labels = np.array([condition.label for condition in reference.conditions], dtype=object)
    values = np.array([card.reduce(sums.of(card.summarise)) for card in cards])
    score, row = np.nonzero(np.isfinite(values))
    names = np.array([card.name for card in cards], dtype=object)
    head = {"fold": reference.fold, "model": model, "seed": seed}
    return pd.DataFrame({**head, "condition": labels[row], "score": names[score], "value": values[score, row]})


def _per_feature(reference: Reference, model: str, total: np.ndarray) -> pd.DataFrame:
    """Correlation and error of each scored feature over the conditions of all folds."""
    n, _, _, xx, yy, xy = np.split(total, 6)
    scored = n > 0
    error = np.sqrt(np.maximum(xx - 2 * xy + yy, 0)[scored] / n[scored])
    names = np.asarray(reference.effects.features, dtype=object)[scored]
    return pd.DataFrame({"model": model, "feature": names, "r": feature_correlations(total)[scored], "error": error})
