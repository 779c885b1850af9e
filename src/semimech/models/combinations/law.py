"""Changes of combinations as a law that can be fitted to any part of the data at given settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from semimech.data.condition import Condition
from semimech.models.baselines.fitted import encode
from semimech.models.combinations.bilinear import Bilinear, fit_bilinear, given
from semimech.models.combinations.counts import CountCurves
from semimech.models.combinations.linear import AdditivePath, beyond_sums
from semimech.models.combinations.table import Changes

Scale = Literal["log-rate", "effect"]


@dataclass(frozen=True)
class Settings:
    """scale: on which effects are added. spread: a-priori sd of effects there, in root mean squares of the changes.

    penalty: lambda of the bilinear term, in units of what noise alone does to the largest singular value; gate: the
    share of it that is kept, 0 for none.
    """

    scale: Scale
    spread: float
    penalty: float = 1.0
    gate: float = 0.0


@dataclass(frozen=True, eq=False)
class Law:
    """change = T(doses) B + gate (U_a * U_b) V, and by the counts of control cells (`curves`) the effect it makes.

    coefficients: B, perturbations x features. curves: None where changes are effects.
    """

    perturbations: tuple[str, ...]
    coefficients: np.ndarray
    bilinear: Bilinear | None
    gate: float
    curves: CountCurves | None

    def predict(self, conditions: Sequence[Condition]) -> np.ndarray:
        """Effects (conditions x features)."""
        conditions = tuple(conditions)
        changes = encode(conditions, self.perturbations) @ self.coefficients
        if self.bilinear is not None:
            changes = changes + self.gate * self.bilinear.predict(conditions)
        return changes if self.curves is None else self.curves.effects(changes)


def sums_of(changes: Changes, perturbations: tuple[str, ...], spread: float, curves: CountCurves | None) -> Law:
    """The law without a bilinear term."""
    tau = spread * root_mean_square(changes)
    return Law(perturbations, AdditivePath.of(changes, perturbations).solve(tau), None, 0.0, curves)


def with_bilinear(
    changes: Changes, plain: Law, spread: float, penalties: Sequence[float], rank: int, starts: int, seed: int
) -> list[Law]:
    """The law with a bilinear term for each penalty, its sums fitted again beside it."""
    combined = np.array([condition.is_combination for condition in changes.conditions])
    conditions = tuple(c for c in changes.conditions if c.is_combination)
    tau = spread * root_mean_square(changes)
    target, root = beyond_sums(changes, plain.perturbations, tau)
    unit = np.sqrt(target.shape[0]) + np.sqrt(target.shape[1])
    members = given(conditions, plain.perturbations)
    laws = []
    for factors, programmes in fit_bilinear(target, root, members, rank, unit * np.array(penalties), starts, seed):
        term = Bilinear(plain.perturbations, factors, programmes * np.sqrt(changes.variance))
        values = changes.values.copy()
        values[combined] -= term.predict(conditions)
        sums = AdditivePath.of(replace(changes, values=values), plain.perturbations).solve(tau)
        laws.append(replace(plain, coefficients=sums, bilinear=term, gate=1.0))
    return laws


def gated(plain: Law, whole: Law, gate: float) -> Law:
    """Between the law without the bilinear term and with all of it; gate in [0, 1]."""
    if gate == 0:
        return plain
    mixed = plain.coefficients + gate * (whole.coefficients - plain.coefficients)
    return replace(whole, coefficients=mixed, gate=gate)


def root_mean_square(changes: Changes) -> float:
    """Of changes beyond their noise: over all features, or over those of little noise (weights 1 / variance^2).

    The larger is taken, as rates of genes that are hardly seen are all noise, and effects on them next to nothing; at
    least a thirtieth of that of the changes as they are.
    """
    noise = np.diag(changes.covariance)[:, None] * changes.variance
    square = changes.values**2
    found = [1e-3 * float(square.mean())]
    for weights in (np.ones(len(changes.variance)), changes.variance**-2.0):
        found.append(float(((square - noise) @ weights).mean() / weights.sum()))
    return float(np.sqrt(max(found)))
