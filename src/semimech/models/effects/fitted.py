"""Estimated effects of the conditions in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from semimech.data.condition import Condition
from semimech.data.network import Network
from semimech.models.base import Prediction
from semimech.models.baselines import Table
from semimech.models.direct import Clamps, clamp_network


@dataclass(frozen=True, eq=False)
class FittedEffects:
    """estimates, measured: effects of the training conditions; standard_errors: of those measured (all c x f).

    shares: of each method in the estimates; told: what they were chosen by; errors: of each method on held-out cells,
    noise-weighted, as shares of that of the condition mean. clamps: what direct edges are read from, None where fewer
    than two genes were perturbed.
    """

    features: tuple[str, ...]
    conditions: tuple[Condition, ...]
    estimates: np.ndarray
    measured: np.ndarray
    standard_errors: np.ndarray
    shares: Mapping[str, float]
    told: str
    errors: Mapping[str, float]
    clamps: Clamps | None = None

    def predict(self, conditions: Sequence[Condition]) -> Prediction:
        """The estimates; the sum of the single perturbations where the condition was not seen, else no change."""
        conditions = tuple(conditions)
        found = [self._answer(condition) for condition in conditions]
        mean = np.array([effect for effect, _ in found]).reshape(len(conditions), len(self.features))
        return Prediction(conditions, self.features, mean, rests_on=tuple(words for _, words in found))

    def network(self) -> Network | None:
        """The direct edges from the genes that were perturbed, see `models.direct.screen_network`."""
        return clamp_network(self.clamps) if self.clamps is not None else None

    @cached_property
    def _table(self) -> Table:
        return Table(self.features, (), self.conditions, self.estimates, "own")

    @cached_property
    def _method(self) -> str:
        mixed = " + ".join(
            f"{share:.2f} {method}" if share < 1 else method
            for method, share in sorted(self.shares.items(), key=lambda item: -item[1])
        )
        return f"{mixed}, {self.told}"

    def _answer(self, condition: Condition) -> tuple[np.ndarray, str]:
        effect, where = self._table.looked_up(condition)
        if effect is not None:
            return effect, f"{where}, {self._method}"
        parts = [self._table.looked_up(Condition((part,), condition.context)) for part in condition.doses]
        singles = [effect for effect, _ in parts if effect is not None]
        if condition.is_combination and len(singles) == len(parts):
            return np.sum(singles, axis=0), f"the sum of its single perturbations in training, {self._method}"
        return np.zeros(len(self.features)), "no change: the condition is not in training"
