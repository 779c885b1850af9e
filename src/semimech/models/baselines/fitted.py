"""What the baselines become when fitted: a linear law, a table of training conditions, or a kernel expansion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from semimech.data.condition import Condition, design_matrix
from semimech.models.base import Prediction, what_it_rests_on

Encoding = Literal["tanh", "given"]


def encode(conditions: Sequence[Condition], perturbations: Sequence[str], encoding: Encoding = "tanh") -> np.ndarray:
    """Inputs of conditions (conditions x perturbations): tanh(dose), so that large doses saturate, or 1 where given."""
    design = design_matrix(conditions, perturbations).astype(np.float64)
    return np.tanh(design) if encoding == "tanh" else (design != 0).astype(np.float64)


def degree_two(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """k(a, b) = (1 + <a, b>)^2 - 1 = 2 <a, b> + <a, b>^2: zero for a control, so no change needs no intercept."""
    product = a @ b.T
    return 2 * product + product**2


@dataclass(frozen=True, eq=False)
class Linear:
    """effect(u) = base + t(u) @ coefficients, t the encoding of the doses.

    base: (features,). coefficients: perturbations x features. `basis` says in words what it rests on; where `seen`
    (the conditions learnt from) is given, it is said of each condition too. A perturbation whose coefficients are
    all zero adds no change, and with `names_unknown` that is said.
    """

    features: tuple[str, ...]
    perturbations: tuple[str, ...]
    base: np.ndarray
    coefficients: np.ndarray
    basis: str
    encoding: Encoding = "tanh"
    seen: tuple[Condition, ...] = ()
    names_unknown: bool = False

    def predict(self, conditions: Sequence[Condition]) -> Prediction:
        """Effects of the conditions, linear in the encoded doses."""
        conditions = tuple(conditions)
        mean = self.base + encode(conditions, self.perturbations, self.encoding) @ self.coefficients
        return Prediction(conditions, self.features, mean, rests_on=tuple(self._words(c) for c in conditions))

    def network(self) -> None:
        """None: there is no network in a linear law of the doses."""
        return

    @cached_property
    def _known(self) -> set[str]:
        return {name for name, row in zip(self.perturbations, self.coefficients, strict=True) if row.any()}

    def _words(self, condition: Condition) -> str:
        words = [self.basis]
        if self.seen:
            words.append(what_it_rests_on(condition, self.seen))
        if self.names_unknown:
            unknown = [name for name in condition.names if name not in self._known]
            words += [f"no change for {' and '.join(unknown)}, of which nothing is known"] if unknown else []
        return "; ".join(words)


@dataclass(frozen=True, eq=False)
class Kernel:
    """effect(u) = k(tanh(u), inputs) @ weights, k of degree two (see `degree_two`).

    inputs: training conditions x perturbations. weights: training conditions x features.
    """

    features: tuple[str, ...]
    perturbations: tuple[str, ...]
    inputs: np.ndarray
    weights: np.ndarray
    basis: str
    seen: tuple[Condition, ...]

    def predict(self, conditions: Sequence[Condition]) -> Prediction:
        """Effects of the conditions from their kernel with the training conditions."""
        conditions = tuple(conditions)
        mean = degree_two(encode(conditions, self.perturbations), self.inputs) @ self.weights
        words = tuple(f"{self.basis}; {what_it_rests_on(condition, self.seen)}" for condition in conditions)
        return Prediction(conditions, self.features, mean, rests_on=words)

    def network(self) -> None:
        """None: a kernel expansion has no network."""
        return


@dataclass(frozen=True, eq=False)
class Table:
    """Looks effects up among those of the training conditions (`values`, conditions x features).

    own: the condition's own effect, else that of the same doses in the other contexts, else no change.
    nearest: the mean effect of the training conditions at the least distance between tanh(doses).
    additive: the sum of the effects of its single perturbations; `rest` estimates those that are missing.
    """

    features: tuple[str, ...]
    perturbations: tuple[str, ...]
    conditions: tuple[Condition, ...]
    values: np.ndarray
    rule: Literal["own", "nearest", "additive"]
    basis: str = ""
    rest: Linear | None = None

    def predict(self, conditions: Sequence[Condition]) -> Prediction:
        """Effects of the conditions by the table's rule."""
        conditions = tuple(conditions)
        rule = {"own": self._own, "nearest": self._nearest, "additive": self._additive}[self.rule]
        found = [rule(condition) for condition in conditions]
        mean = np.array([effect for effect, _ in found]).reshape(len(conditions), len(self.features))
        words = tuple("; ".join(filter(None, [self.basis, words])) for _, words in found)
        return Prediction(conditions, self.features, mean, rests_on=words)

    def network(self) -> None:
        """None: a table has no network."""
        return

    def _own(self, condition: Condition) -> tuple[np.ndarray, str]:
        effect, words = self.looked_up(condition)
        if effect is None:
            return np.zeros(len(self.features)), "no change: the condition is not in training"
        return effect, words

    @cached_property
    def _rows(self) -> dict[tuple[tuple[str, float], ...], list[int]]:
        rows: dict[tuple[tuple[str, float], ...], list[int]] = {}
        for i, condition in enumerate(self.conditions):
            rows.setdefault(condition.doses, []).append(i)
        return rows

    @cached_property
    def _inputs(self) -> np.ndarray:
        return encode(self.conditions, self.perturbations)

    def looked_up(self, condition: Condition) -> tuple[np.ndarray | None, str]:
        """The condition's own effect, else that of the same doses in other contexts, else None; and which, in words."""
        same_doses = self._rows.get(condition.doses, [])
        own = [i for i in same_doses if self.conditions[i] == condition]
        if own:
            return self.values[own].mean(0), "its own training rows"
        if same_doses:
            return self.values[same_doses].mean(0), "the same doses in other contexts"
        return None, ""

    def _nearest(self, condition: Condition) -> tuple[np.ndarray, str]:
        asked = encode([condition], self.perturbations)
        distance = np.linalg.norm(self._inputs - asked, axis=1)
        near = np.flatnonzero(distance <= distance.min() + 1e-6)
        same_context = [i for i in near if self.conditions[i].context == condition.context]
        chosen = same_context or list(near)
        labels = [self.conditions[i].label for i in chosen]
        words = f"{labels[0]} in training" if len(labels) == 1 else f"{len(labels)} equally near training conditions"
        return self.values[chosen].mean(0), words

    def _additive(self, condition: Condition) -> tuple[np.ndarray, str]:
        total = np.zeros(len(self.features))
        estimated = []
        for part in condition.doses:
            single = Condition((part,), condition.context)
            effect, _ = self.looked_up(single)
            if effect is None and self.rest is not None:
                effect = self.rest.predict([single]).mean[0]
                estimated.append(part[0])
            total = total if effect is None else total + effect
        words = "the sum of its single effects"
        return total, f"{words}, the ridge estimate for {' and '.join(estimated)}" if estimated else words
