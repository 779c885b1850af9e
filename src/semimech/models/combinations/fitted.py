"""A fitted law of combinations, and how it was come by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from semimech.data.condition import Condition
from semimech.models.base import Prediction, what_it_rests_on
from semimech.models.combinations.law import Law, Settings

RATES = "sum of log-rates, pushed through the counts of control cells"


@dataclass(frozen=True, eq=False)
class FittedCombinations:
    """The law, its settings, and the conditions it was learnt from.

    told: what the settings were chosen by; errors: noise-weighted, on what was held out, as shares of no change.
    """

    features: tuple[str, ...]
    conditions: tuple[Condition, ...]
    law: Law
    settings: Settings
    told: str
    errors: Mapping[str, float]

    def predict(self, conditions: Sequence[Condition]) -> Prediction:
        """Effects of conditions of any number of perturbations; one that is unknown counts as no change."""
        conditions = tuple(conditions)
        words = tuple(self._words(condition) for condition in conditions)
        return Prediction(conditions, self.features, self.law.predict(conditions), rests_on=words)

    def network(self) -> None:
        """None: what perturbations do together is no network of features."""
        return

    @cached_property
    def _known(self) -> set[str]:
        return {name for condition in self.conditions for name in condition.names}

    @cached_property
    def _method(self) -> str:
        words = RATES if self.settings.scale == "log-rate" else "sum of effects, by ridge"
        if self.law.bilinear is not None:
            words += f", and {self.settings.gate:g} of a bilinear term"
        if not self.errors:
            return words
        error = self.errors["with a bilinear term" if self.settings.gate else "sums"]
        return f"{words}; chosen by {self.told} (error {error:.2f} of no change)"

    def _words(self, condition: Condition) -> str:
        unknown = [name for name in condition.names if name not in self._known]
        nothing = [f"no change for {' and '.join(unknown)}, of which nothing is known"] if unknown else []
        return "; ".join([self._method, what_it_rests_on(condition, self.conditions), *nothing])
