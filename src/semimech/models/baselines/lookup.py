"""Baselines that look up training conditions: its own rows, the nearest condition, the sum of the singles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from semimech.data.effects import Effects, effects_of
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.baselines.fitted import Table
from semimech.models.baselines.means import mean_response
from semimech.models.baselines.ridge import Ridge
from semimech.support.options import require_one_of
from semimech.support.progress import Monitor, silent

Toward = Literal["no-change", "mean-response"]


@dataclass(frozen=True)
class ConditionMean:
    """effect = the condition's own effect in training; no change, and said so, where it was not seen."""

    name: ClassVar[str] = "condition-mean"
    is_baseline: ClassVar[bool] = True

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> Table:
        """Keep the effects of the training conditions."""
        return table(effects_of(screen, split.train), "own")


@dataclass(frozen=True)
class ShrunkConditionMean:
    """The condition's own effect, shrunk gene by gene by empirical Bayes.

    effect_pg = m_g + (e_pg - m_g) tau_g^2 / (tau_g^2 + s_pg^2), with s the standard errors and
    tau_g^2 = max(0, mean_p (e_pg - m_g)^2 - mean_p s_pg^2). `toward`: m is zero (no-change) or the mean response.
    Raises UserError for another. Efron and Morris 1975, doi:10.1080/01621459.1975.10479864.
    """

    toward: Toward = "no-change"
    name: ClassVar[str] = "condition-mean-shrunk"
    is_baseline: ClassVar[bool] = True

    def __post_init__(self) -> None:
        require_one_of(self.name, "toward", self.toward, get_args(Toward))

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> Table:
        """Shrink the effects of the training conditions; they are kept as they are where no error is known."""
        effects = effects_of(screen, split.train)
        centre = np.zeros(len(effects.features)) if self.toward == "no-change" else mean_response(screen, effects)
        if np.isnan(effects.standard_errors).all():
            return table(effects, "own", basis="not shrunk: single rows have no standard error")
        return table(effects, "own", shrunk(effects, centre), f"shrunk towards {self.toward}")


def shrunk(effects: Effects, centre: np.ndarray) -> np.ndarray:
    """Posterior means of the effects (conditions x features); see `ShrunkConditionMean`.

    Where a condition has no standard error, the feature's median over the others stands in for it.
    """
    known = np.isfinite(effects.standard_errors).any(1)
    typical = np.median(effects.standard_errors[known], axis=0)
    noise = np.where(np.isfinite(effects.standard_errors), effects.standard_errors, typical).astype(np.float64) ** 2
    deviation = effects.values - centre
    signal = np.maximum((deviation**2).mean(0) - noise.mean(0), 0)
    total = signal + noise
    return centre + deviation * np.divide(signal, total, out=np.ones_like(total), where=total > 0)


@dataclass(frozen=True)
class Nearest:
    """effect = that of the training condition whose tanh(doses) are nearest; equally near ones are averaged."""

    name: ClassVar[str] = "nearest"
    is_baseline: ClassVar[bool] = True

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> Table:
        """Keep the effects of the training conditions."""
        return table(effects_of(screen, split.train), "nearest")


@dataclass(frozen=True)
class Additive:
    """effect = sum of the effects of its single perturbations, each at its dose; the ridge where one is missing."""

    name: ClassVar[str] = "additive"
    is_baseline: ClassVar[bool] = True

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> Table:
        """Keep the effects of the training singles, and a ridge for those that are missing."""
        effects = effects_of(screen, split.train)
        singles = effects.take(np.array([len(condition.names) == 1 for condition in effects.conditions], bool))
        ridge = Ridge().fit(screen, split, seed=seed)
        return Table(
            effects.features, effects.perturbations, singles.conditions, singles.values, "additive", rest=ridge
        )


def table(
    effects: Effects, rule: Literal["own", "nearest"], values: np.ndarray | None = None, basis: str = ""
) -> Table:
    """A table of effects, or of other `values` for the same conditions."""
    kept = effects.values if values is None else values
    return Table(effects.features, effects.perturbations, effects.conditions, kept, rule, basis)
