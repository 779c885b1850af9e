"""The score of the published protocol of GPO-VAE, whose reference holds the training cells, beside the held-out one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from semimech.data.condition import Condition
from semimech.data.effects import Effects, effects_of
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.base import Fitted, Prediction


@dataclass(frozen=True)
class PublishedScores:
    """Mean over conditions of the correlation of predicted and observed effects over genes, targets included.

    published: observed of all cells, those that were learnt from among them. held_out: of test cells only.
    """

    published: float
    held_out: float


def published_scores(screen: Screen, split: Split, fitted: Fitted) -> PublishedScores:
    """Both scores of one fit: what they differ by is not skill.

    The effects are those of log1p of 1e4-normalised counts, treated minus control (a factor log 2 from the published
    average treatment effect, which correlations do not see).
    """
    return published_of(screen, split, fitted.predict(effects_of(screen, split.test).conditions))


def published_of(screen: Screen, split: Split, prediction: Prediction) -> PublishedScores:
    """The same of a prediction of the split's test conditions."""
    predicted = dict(zip(prediction.conditions, prediction.mean, strict=True))
    held, whole = effects_of(screen, split.test), effects_of(screen, np.arange(screen.shape[0]))
    return PublishedScores(_rho(whole, predicted), _rho(held, predicted))


def _rho(observed: Effects, predicted: Mapping[Condition, np.ndarray]) -> float:
    pairs = [
        (values, predicted[condition])
        for condition, values in zip(observed.conditions, observed.values, strict=True)
        if condition in predicted
    ]
    rows = [np.corrcoef(one, two)[0, 1] for one, two in pairs if np.ptp(one) > 0 and np.ptp(two) > 0]
    return float(np.mean(rows)) if rows else float("nan")
