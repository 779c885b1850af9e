"""Effects of combinations: sums on the scale of rates, pushed through counts, and what goes beyond sums if it pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semimech.data.counts import count_sums
from semimech.data.effects import Effects, effects_of
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.combinations.counts import CountCurves
from semimech.models.combinations.fitted import FittedCombinations
from semimech.models.combinations.law import Law, Scale, Settings, gated, with_bilinear
from semimech.models.combinations.validation import Data, choose, folds_of
from semimech.models.effects import Noise, noise_of
from semimech.models.effects.estimator import measured_effects
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, silent

UNTOLD = 1.0  # spread where nothing can be held out
NOISE_SHARE = 0.1  # of the mean squared effect, where no condition has two rows


@dataclass(frozen=True)
class Combinations:
    """change(D) = T(D) B + gate sum_{a < b} (U_a * U_b) V; the effect is what that change makes of control cells.

    For counts a change is one of the logarithm of expression rates: B by ridge over all conditions, the rates after
    the change made to sum to 1, and the mean of log(1 + 10^4 x / library) taken over the negative binomial of control
    cells. For other scales a change is the effect. scale takes one of the two ('log-rate', 'effect'); if not given,
    both are tried where there are counts. rank: of the bilinear term, 0 for none; starts: random beginnings of its
    fit, of which the best counts. Scale, a-priori size of effects, penalty and gate (0 among its values) have the
    least noise-weighted error on combinations held out of training; without any in training there is no bilinear
    term, and held-out conditions or cells choose the others. Raises UserError for options out of range, rates of a
    screen without counts, and where there are no controls or fewer than two perturbations.

    >>> from semimech import simulate_demo, split_screen
    >>> screen = simulate_demo()
    >>> Combinations().fit(screen, split_screen(screen, "combinations")[0]).settings.scale
    'effect'
    """

    scale: Scale | None = None
    rank: int = 4
    starts: int = 24
    folds: int = 5
    name: ClassVar[str] = "combinations"
    is_baseline: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.scale not in (None, "log-rate", "effect"):
            raise UserError(f"The scale of combinations is '{self.scale}': use log-rate or effect.")
        if self.rank < 0 or self.starts < 4 or self.folds < 2:
            raise UserError("The rank of combinations must be at least 0, its starts at least 4, its folds at least 2.")

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> FittedCombinations:
        """Choose the settings by held-out combinations, then fit all training conditions."""
        effects = measured_effects(screen, split.train, self.name)
        data = self._data(screen, split, effects)
        told, folds = folds_of(data, split, self.folds, seed)
        scales = self._scales(screen)
        settings, errors = Settings(scales[0], UNTOLD), dict[str, float]()
        if folds:
            settings, errors = choose(data, folds, scales, self.rank, self.starts, seed)
        law = self._law(data, np.asarray(split.train), settings, seed)
        total = errors.get("no change", 0.0)
        shares = {what: error / total for what, error in errors.items()} if total else {}
        return FittedCombinations(effects.features, effects.conditions, law, settings, told, shares)

    def refits(
        self, screen: Screen, split: Split, fitted: FittedCombinations, inner: Sequence[Split], *, seed: int,
        monitor: Monitor,
    ) -> list[np.ndarray]:  # fmt: skip
        """Effects of the test conditions of each inner split at the settings of a fit (see `models.intervals`)."""
        data = self._data(screen, split, effects_of(screen, split.train))
        found = []
        for each in inner:
            law = self._law(data, each.train, fitted.settings, seed)
            found.append(law.predict(effects_of(screen, each.test).conditions))
        return found

    def _scales(self, screen: Screen) -> tuple[Scale, ...]:
        """The scales to try, the one to be taken untried first; UserError for rates without counts."""
        if self.scale == "log-rate" and screen.scale != "counts":
            raise UserError(
                f"The screen is on the scale '{screen.scale}', and log-rates need raw counts: read the counts, or use "
                "scale = 'effect' for combinations."
            )
        if self.scale is not None:
            return (self.scale,)
        if screen.scale != "counts":
            return ("effect",)
        return ("log-rate", "effect")

    def _data(self, screen: Screen, split: Split, effects: Effects) -> Data:
        rows = np.asarray(split.train)
        noise = noise_of(screen, rows, effects) or _unknown(effects)
        curves = None
        if screen.scale == "counts" and self.scale != "effect":
            sums = count_sums(screen, rows)
            libraries = np.concatenate([block.sum(1) for _, block in screen.blocks(rows[screen.is_control[rows]])])
            curves = CountCurves.of(sums.control_rates, sums.dispersion, libraries)
        return Data(screen, noise, curves)

    def _law(self, data: Data, rows: np.ndarray, settings: Settings, seed: int) -> Law:
        changes = data.changes(settings.scale, rows)
        plain = data.plain(changes, settings)
        if not settings.gate or not any(condition.is_combination for condition in changes.conditions):
            return plain
        (whole,) = with_bilinear(changes, plain, settings.spread, (settings.penalty,), self.rank, 2 * self.starts, seed)
        return gated(plain, whole, settings.gate)


def _unknown(effects: Effects) -> Noise:
    """Noise of one size for all entries, where single rows do not tell it."""
    values = effects.values.astype(float)
    variance = np.full(values.shape[1], NOISE_SHARE * float((values**2).mean()))
    ones, counts = np.ones(len(values)), effects.counts.astype(float)
    return Noise(effects.conditions, variance, np.ones(values.shape), ones, counts, np.zeros((len(values),) * 2))
