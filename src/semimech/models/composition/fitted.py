"""Singles that were measured, and the rule by which they make combinations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from semimech.data.condition import Condition
from semimech.data.network import Network
from semimech.models.base import Prediction
from semimech.models.composition.rules import Rule, compose
from semimech.models.composition.validation import NOTHING, floored
from semimech.models.scm import FittedSCM


@dataclass(frozen=True, eq=False)
class FittedComposition:
    """singles: conditions with their effects `values` and standard errors `noise` (singles x features).

    control: level of the unperturbed (features,), 0 for log-ratios, against which `values` are; offset: how far it is
    from the mean of the controls. columns: features each perturbation holds. told:
    what the rule was chosen by ('' where it was given); error: its squared error there as a share of no change.
    """

    features: tuple[str, ...]
    singles: tuple[Condition, ...]
    values: np.ndarray
    noise: np.ndarray
    control: np.ndarray
    offset: np.ndarray
    columns: Mapping[str, tuple[int, ...]]
    rule: Rule
    told: str
    error: float
    network_model: FittedSCM

    def predict(self, conditions: Sequence[Condition]) -> Prediction:
        """Effects of the conditions: combinations by the rule, everything else by the linear SCM."""
        conditions = tuple(conditions)
        by_network = self.network_model.predict(conditions)
        mean = by_network.mean.copy()
        words = list(by_network.rests_on)
        for row, condition in enumerate(conditions):
            if condition.is_combination:
                mean[row], words[row] = self._composed(condition, mean[row])
        return Prediction(conditions, self.features, mean, rests_on=tuple(words))

    def network(self) -> Network:
        """The network of the linear SCM."""
        return self.network_model.network()

    @cached_property
    def _row(self) -> dict[Condition, int]:
        return {condition: i for i, condition in enumerate(self.singles)}

    def _composed(self, condition: Condition, state: np.ndarray) -> tuple[np.ndarray, str]:
        parts, noise, estimated = [], [], []
        for part in condition.doses:
            single = Condition((part,), condition.context)
            row = self._row.get(single)
            if row is None:
                estimated.append(part[0])
            parts.append(
                self.network_model.predict([single]).mean[0] - self.offset if row is None else self.values[row]
            )
            noise.append(np.zeros(len(self.features)) if row is None else self.noise[row])
        effect = compose(self.rule, np.stack(parts), np.stack(noise), self.control, state - self.offset)
        effect = floored(effect, self.control) + self.offset
        for (name, _), part in zip(condition.doses, parts, strict=True):
            held = list(self.columns.get(name, ()))
            effect[held] = part[held] + self.offset[held]
        words = [f"its single perturbations by the rule '{self.rule}', {self._chosen()}"]
        words += [f"the linear SCM for {' and '.join(estimated)}, never given alone"] if estimated else []
        return effect, "; ".join(words)

    def _chosen(self) -> str:
        if not self.told:
            return "as given"
        if self.told == NOTHING:
            return "by default, as no combination and no half dose in training can tell"
        return f"chosen by {self.told} (error {self.error:.2f} of no change)"
