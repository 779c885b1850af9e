"""The score of the published protocol of GPO-VAE, whose reference holds the training cells, beside the held-out one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from semimech.data.effects import Effects, effects_of
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.base import Fitted


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
    held = effects_of(screen, split.test)
    kept = set(held.conditions)
    whole = effects_of(screen, np.arange(screen.shape[0]))
    whole = whole.take(np.array([condition in kept for condition in whole.conditions]))
    return PublishedScores(_rho(whole, fitted), _rho(held, fitted))


def _rho(observed: Effects, fitted: Fitted) -> float:
    predicted = fitted.predict(observed.conditions).mean
    rows = [
        np.corrcoef(one, two)[0, 1]
        for one, two in zip(observed.values, predicted, strict=True)
        if np.ptp(one) > 0 and np.ptp(two) > 0
    ]
    return float(np.mean(rows)) if rows else float("nan")
