"""What every model is: options that fit, and a fitted thing that predicts and may have a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from semimech.data.condition import Condition, Perturbation
from semimech.data.network import Network
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.support.progress import Monitor, silent


@dataclass(frozen=True, eq=False)
class Prediction:
    """Predicted effects of conditions against control, on the screen's effect scale.

    mean, lower, upper: conditions x features (lower and upper None where there is no interval, else the bounds of a
    `level` interval, NaN where there is none). rests_on: for each condition, in words, what the prediction rests on.
    status: for each condition, in words, what went wrong in solving for it; '' where all went well. interval_from:
    for each condition, in words, what its interval was measured on, or why there is none. spread: standard deviation
    over the members of an ensemble (conditions x features), None for a single model.
    """

    conditions: tuple[Condition, ...]
    features: tuple[str, ...]
    mean: np.ndarray
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None
    level: float = 0.9
    rests_on: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    interval_from: tuple[str, ...] = ()
    spread: np.ndarray | None = None

    def __post_init__(self) -> None:
        n = len(self.conditions)
        for name in ("rests_on", "status", "interval_from"):
            object.__setattr__(self, name, tuple(getattr(self, name)) or ("",) * n)


@runtime_checkable
class Fitted(Protocol):
    """A frozen dataclass of arrays, numbers and names, saved and loaded by `semimech.models.storage`."""

    def predict(self, conditions: Sequence[Condition]) -> Prediction:
        """Effects of the conditions; a perturbation it knows nothing of counts as no change, and is said so."""
        ...

    def network(self) -> Network | None:
        """The network it learnt, or None where the model has none."""
        ...


@runtime_checkable
class Informed(Fitted, Protocol):
    """A fitted model that predicts perturbations of which no more is known than their annotations."""

    def knowing(self, perturbations: Sequence[Perturbation]) -> Informed:
        """The same model, told of perturbations that are not in the screen."""
        ...


@runtime_checkable
class Estimator(Protocol):
    """A frozen dataclass of options; the same in Python, in a TOML section and on the command line."""

    name: ClassVar[str]
    is_baseline: ClassVar[bool]

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> Fitted:
        """Learn from the training rows of the split only."""
        ...


def what_it_rests_on(condition: Condition, seen: Sequence[Condition]) -> str:
    """In words: was this condition, or only its parts, or nothing of it, among those that were learnt from."""
    known = {name for other in seen for name in other.names}
    unknown = [name for name in condition.names if name not in known]
    if unknown:
        return f"no training data with {' and '.join(unknown)}"
    if condition.doses in {other.doses for other in seen}:
        return "the same condition in training"
    singles = {other.names[0] for other in seen if len(other.names) == 1}
    alone = [name for name in condition.names if name in singles]
    if len(alone) == len(condition.names):
        return "its single perturbations in training" if condition.is_combination else "other doses in training"
    return "combinations with its perturbations in training"
