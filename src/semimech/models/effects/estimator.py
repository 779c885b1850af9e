"""Effects of perturbations that were seen, freed of noise as far as held-out cells say that it pays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import ClassVar, Literal

import numpy as np

from semimech.data.effects import Effects, effects_of
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.direct import clamps_if_any
from semimech.models.effects.fitted import FittedEffects
from semimech.models.effects.methods import METHODS, PLAIN, Method, estimate
from semimech.models.effects.noise import Noise, noise_of
from semimech.models.effects.validation import best_shares, products
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, silent

UNTOLD: Method = "bayes-zero"  # where no cells can be held out to tell which is best


@dataclass(frozen=True)
class EffectEstimator:
    """effect = sum_m w_m estimate_m of what was measured, w by validation on cells held out of training.

    The estimates: condition-mean as measured, bayes-zero and bayes-mean (per gene, toward no change or the mean
    effect), low-rank (singular values of the whitened table), adaptive (spike and normals for each perturbation) and
    low-rank-adaptive (the second on what the first leaves). choice: 'mixture' (shares w >= 0, sum 1, of the least
    noise-weighted squared error) or 'best' (one of them); `method` takes one without choosing. folds: parts of the
    cells of each condition and batch that are held out in turn; the estimate is then made of all training cells.
    A condition never seen is the sum of its single perturbations, or no change, and it is said so. Its network is that
    of `models.direct`: direct edges from the genes that were perturbed.
    Raises UserError for unknown options, and where there are no controls or fewer than two perturbations.
    Stacking: Breiman 1996, doi:10.1007/BF00117832; the estimates: docs/effects.md.

    >>> from semimech import simulate_demo, split_screen
    >>> screen = simulate_demo()
    >>> EffectEstimator().fit(screen, split_screen(screen, "cells")[0]).estimates.shape
    (44, 22)
    """

    method: Method | None = None
    choice: Literal["mixture", "best"] = "mixture"
    folds: int = 5
    name: ClassVar[str] = "effects"
    is_baseline: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.method is not None and self.method not in METHODS:
            raise UserError(f"The method '{self.method}' of effects is unknown: use one of {', '.join(METHODS)}.")
        if self.choice not in ("mixture", "best"):
            raise UserError(f"The choice of effects is '{self.choice}': use mixture or best.")
        if self.folds < 2:
            raise UserError(f"The folds of effects are {self.folds}: give at least 2.")

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> FittedEffects:
        """Choose by held-out training cells, then estimate from all of them."""
        effects = measured_effects(screen, split.train, self.name)
        return replace(self._chosen(screen, split, effects, seed), clamps=clamps_if_any(screen, split.train))

    def _chosen(self, screen: Screen, split: Split, effects: Effects, seed: int) -> FittedEffects:
        noise = noise_of(screen, split.train, effects)
        if noise is None:
            told = "as measured: too few conditions have two rows to tell their noise"
            return _fitted(effects, None, {str(PLAIN): 1.0}, told)
        if self.method is not None:
            return _fitted(effects, noise, {str(self.method): 1.0}, "as given")
        found = products(screen, split, METHODS, noise, self.folds, seed)
        if not found.any():
            return _fitted(effects, noise, {UNTOLD: 1.0}, "by default: no cells could be held out")
        errors = np.diag(found) / found[0, 0]
        shares = best_shares(found) if self.choice == "mixture" else np.eye(len(METHODS))[int(errors.argmin())]
        reached = float(shares @ found @ shares / found[0, 0])
        told = f"by held-out cells, error {reached:.3f} of that of the condition mean"
        chosen = {str(method): float(share) for method, share in zip(METHODS, shares, strict=True) if share}
        return _fitted(effects, noise, chosen, told, dict(zip(METHODS, errors.tolist(), strict=True)))

    def refits(
        self, screen: Screen, split: Split, fitted: FittedEffects, inner: Sequence[Split], *, seed: int,
        monitor: Monitor,
    ) -> list[np.ndarray]:  # fmt: skip
        """Effects of the test conditions of each inner split with the shares of a fit (see `models.intervals`)."""
        found = []
        for each in inner:
            effects = effects_of(screen, each.train)
            noise = noise_of(screen, each.train, effects)
            part = _fitted(effects, noise, fitted.shares if noise is not None else {PLAIN: 1.0}, fitted.told)
            found.append(part.predict(effects_of(screen, each.test).conditions).mean)
        return found


def _fitted(
    effects: Effects,
    noise: Noise | None,
    shares: Mapping[str, float],
    told: str,
    errors: Mapping[str, float] = MappingProxyType({}),
) -> FittedEffects:
    values = effects.values.astype(float)
    estimates, standard_errors = values, effects.standard_errors.astype(float)
    if noise is not None:
        parts = [share * estimate(method, values, noise) for method, share in shares.items()]
        # A feature that never varies within a condition has no noise to be freed of.
        estimates = np.where(noise.variance > 0, np.sum(parts, axis=0), values)
        standard_errors = noise.standard_errors
    return FittedEffects(effects.features, effects.conditions, estimates, values, standard_errors, shares, told, errors)


def measured_effects(screen: Screen, rows: np.ndarray, model: str) -> Effects:
    """The effects of the rows; UserError without controls, or with fewer than two perturbations."""
    rows = np.asarray(rows)
    if screen.scale != "log-ratio" and not screen.is_control[rows].any():
        raise UserError(
            f"There are no control rows to learn from, and {model} measures effects against them: name the control "
            "label (--control), or give untreated rows in every batch."
        )
    effects = effects_of(screen, rows)
    names = {name for condition in effects.conditions for name in condition.names}
    if len(names) < 2:
        raise UserError(
            f"The rows to learn from have {len(names)} perturbation{'s' if len(names) != 1 else ''} in batches with "
            f"controls, and {model} needs at least two: choose another model, or another split."
        )
    return effects
