"""An additive ridge and a CellBox of what it leaves, with a weight that inner folds choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from semimech.data.effects import Effects, effects_of
from semimech.data.inner import inner_effects
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.baselines import Linear
from semimech.models.baselines.ridge import choose_penalty, dot, fit_ridge
from semimech.models.cellbox import CellBox
from semimech.models.cellbox.learning import choose, held_out, refit
from semimech.models.hybrid.fitted import FittedHybrid
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, silent


@dataclass(frozen=True)
class Hybrid:
    """effect = tanh(u) @ B + w x, B a ridge, x the CellBox fitted to the effects less tanh(u) @ B.

    The penalties, the steps and w of `shares` are chosen by inner folds of the training rows, where ridge and CellBox
    see the fitted part only; of shares that do equally well the smallest. With w = 0 the ridge alone answers, and the
    prediction says so; so it is where no fold can be made. sparsity, steps, members, folds: as in `CellBox`.
    Raises UserError for options out of range.
    """

    name: ClassVar[str] = "hybrid"
    is_baseline: ClassVar[bool] = False
    shares: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    sparsity: tuple[float, ...] = (1e-3, 1e-2)
    steps: int = 300
    members: int = 10
    folds: int = 4

    def __post_init__(self) -> None:
        object.__setattr__(self, "shares", tuple(sorted(self.shares)))
        object.__setattr__(self, "sparsity", tuple(self.sparsity))
        if not self.shares or self.shares[0] < 0:
            raise UserError(f"The hybrid's shares are {self.shares}: give at least one, none below 0.")
        _ = self.mechanism

    @property
    def mechanism(self) -> CellBox:
        """The options of the CellBox part."""
        return CellBox(
            sparsity=self.sparsity, input_share=(1.0,), steps=self.steps, members=self.members, folds=self.folds
        )

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> FittedHybrid:
        """Choose by inner folds, then fit the ridge on all training rows and the CellBox on what it leaves."""
        effects = effects_of(screen, split.train)
        penalty, words = choose_penalty(dot, screen, split, "rows", None, seed)
        additive, mechanism = fit_ridge(effects, penalty, words), self.mechanism
        problem = mechanism.problem(screen, split, effects=left_by(additive, effects))
        pairs = inner_effects(screen, split, self.folds, seed) if self.folds > 1 else []
        # The ridge of a fold has the penalty of the whole, but sees the fitted part only.
        ridges = [fit_ridge(fit, penalty, words) for fit, _ in pairs]
        within = [(left_by(ridge, fit), left_by(ridge, held)) for ridge, (fit, held) in zip(ridges, pairs, strict=True)]
        chosen = choose(mechanism, problem, within, seed, monitor)
        settings = chosen.penalties, chosen.steps
        predicted = held_out(mechanism, problem, settings, within, seed, monitor) if within else []
        share, told = self._weighed(screen, within, predicted)
        trained = refit(mechanism, problem, chosen, seed, monitor)
        return FittedHybrid(additive, mechanism.finish(problem, chosen, trained), share, told)

    def _weighed(
        self, screen: Screen, pairs: Sequence[tuple[Effects, Effects]], predicted: Sequence[np.ndarray]
    ) -> tuple[float, str]:
        """The share with the least squared error over the folds, and how it was come by in words."""
        if not pairs:
            return 0.0, "as nothing in training can weigh the mechanistic one"
        counted = np.concatenate([scored_entries(screen, held.conditions) for _, held in pairs])
        left = np.concatenate([held.values for _, held in pairs])[counted]
        rest = np.nan_to_num(np.concatenate(predicted))[counted]
        errors = [((left - share * rest) ** 2).sum() for share in self.shares]
        return self.shares[int(np.argmin(errors))], "by inner folds"


def left_by(additive: Linear, effects: Effects) -> Effects:
    """What the additive law leaves of the effects."""
    predicted = additive.predict(effects.conditions).mean
    return replace(effects, values=(effects.values - predicted).astype(np.float32))
