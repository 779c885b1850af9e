"""No change, and the same change for everything: the two baselines that need no design."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semimech.data.effects import Effects, effects_of
from semimech.data.inner import inner_effects
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.baselines.fitted import Linear
from semimech.support.progress import Monitor, silent


def mean_response(screen: Screen, effects: Effects) -> np.ndarray:
    """Mean effect over conditions (features,), each feature over the conditions that do not target it."""
    counted = scored_entries(screen, effects.conditions) | (screen.features["role"] == "input").to_numpy()
    n = counted.sum(0)
    masked = (effects.values * counted).sum(0, dtype=np.float64) / np.maximum(n, 1)
    return np.where(n > 0, masked, effects.values.mean(0, dtype=np.float64))


def constant(effects: Effects, base: np.ndarray, basis: str) -> Linear:
    """The law that predicts `base` for every condition."""
    nothing = np.zeros((len(effects.perturbations), len(effects.features)))
    return Linear(effects.features, effects.perturbations, base, nothing, basis)


@dataclass(frozen=True)
class NoChange:
    """effect = 0: the honest answer where effects are weak, and the 1 of the normalised error."""

    name: ClassVar[str] = "no-change"
    is_baseline: ClassVar[bool] = True

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> Linear:
        """Learn nothing."""
        effects = effects_of(screen, split.train)
        return constant(effects, np.zeros(len(effects.features)), "nothing: no change is predicted")


@dataclass(frozen=True)
class MeanResponse:
    """effect = a * mean over training conditions of their effects, whatever is asked.

    A feature's mean leaves out the conditions that target it. `shrink`: choose a in [0, 1] by inner folds (0 is no
    change) in place of a = 1. Ahlmann-Eltze et al. 2025, doi:10.1038/s41592-025-02772-6.
    """

    shrink: bool = False
    name: ClassVar[str] = "mean-response"
    is_baseline: ClassVar[bool] = True

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> Linear:
        """Average the effects of the training conditions."""
        effects = effects_of(screen, split.train)
        factor = self._factor(screen, split, seed) if self.shrink else 1.0
        basis = f"the mean effect of {len(effects)} training conditions"
        if factor != 1:
            basis = f"{factor:.2f} of {basis}"
        return constant(effects, factor * mean_response(screen, effects), basis)

    @staticmethod
    def _factor(screen: Screen, split: Split, seed: int) -> float:
        pairs = inner_effects(screen, split, seed=seed)
        predicted = [np.tile(mean_response(screen, fit), (len(held), 1)) for fit, held in pairs]
        return best_factor(screen, predicted, [held for _, held in pairs])


def best_factor(screen: Screen, predicted: list[np.ndarray], held: list[Effects]) -> float:
    """argmin over a in [0, 1] of sum (a * predicted - held)^2 over the entries that count; 1 with nothing to go by."""
    product = square = 0.0
    for guess, effects in zip(predicted, held, strict=True):
        counted = scored_entries(screen, effects.conditions)
        product += float((guess * effects.values)[counted].sum())
        square += float((guess**2)[counted].sum())
    return float(np.clip(product / square, 0, 1)) if square > 0 else 1.0
