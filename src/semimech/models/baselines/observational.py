"""What the untreated cells alone would say about a knock-out: how the other genes vary with its target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from semimech.data.condition import GENETIC
from semimech.data.effects import Effects, effects_of
from semimech.data.scored import target_columns
from semimech.data.screen import Screen, normalise
from semimech.data.splits import Split
from semimech.models.baselines.fitted import Linear
from semimech.models.baselines.means import best_factor
from semimech.support.progress import Monitor, silent


@dataclass(frozen=True)
class Observational:
    """effect_g = sum over targets t of shift_t * cov(g, t) / var(t), over training control rows centred by batch.

    shift_t is minus the control mean for a knock-out; for a knock-down or activation the target's own effect in
    training, or for an unseen one the median own effect of those seen (zero if there are none). Perturbations that
    are not genetic, or whose target is not measured, count as no change. `shrink`: scale all by the factor in
    [0, 1] that fits the training effects best.
    """

    shrink: bool = False
    name: ClassVar[str] = "observational"
    is_baseline: ClassVar[bool] = True

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> Linear:
        """Regress every feature on every target within the training control rows."""
        effects = effects_of(screen, split.train)
        columns = target_columns(screen)
        genetic = {p.name: columns[p.name] for p in screen.perturbations if p.kind in GENETIC and columns[p.name].size}
        targets = np.unique(np.concatenate([*genetic.values(), np.zeros(0, int)]))
        slopes = _slopes(screen, split.train[screen.is_control[split.train]], targets)
        shifts = _own_shifts(screen, effects, genetic)
        coefficients = np.zeros((len(effects.perturbations), len(effects.features)))
        for row, name in enumerate(effects.perturbations):
            for target, shift in zip(genetic.get(name, ()), shifts.get(name, ()), strict=True):
                coefficients[row] += shift * slopes[np.searchsorted(targets, target)]
        basis = "how features vary with the target among training control rows"
        fitted = Linear(
            effects.features,
            effects.perturbations,
            np.zeros(len(effects.features)),
            coefficients,
            basis,
            encoding="given",
            names_unknown=True,
        )
        if not self.shrink:
            return fitted
        factor = best_factor(screen, [fitted.predict(effects.conditions).mean], [effects])
        words = f"{factor:.2f} of {basis}"
        return Linear(
            fitted.features, fitted.perturbations, fitted.base, factor * coefficients, words, "given", (), True
        )


def _slopes(screen: Screen, rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """cov(g, t) / var(t) within batches (targets x features); zero where a target does not vary."""
    if not targets.size or not rows.size:
        return np.zeros((targets.size, screen.shape[1]))
    batches, n_batches = screen.batches, int(screen.batches.max()) + 1
    total = np.zeros((n_batches, screen.shape[1]))
    products = np.zeros((targets.size, screen.shape[1]))
    for numbers, block in screen.blocks(rows):
        values = normalise(block, screen.scale).astype(np.float64)
        member = (np.ones(len(numbers)), (batches[numbers], np.arange(len(numbers))))
        total += sp.csr_array(member, shape=(n_batches, len(numbers))) @ values
        products += values[:, targets].T @ values
    size = np.maximum(np.bincount(batches[rows], minlength=n_batches), 1)
    covariance = products - (total[:, targets] / size[:, None]).T @ total
    variance = covariance[np.arange(targets.size), targets]
    varies = variance > 1e-9 * np.maximum(products[np.arange(targets.size), targets], 1e-30)
    return np.divide(covariance, variance[:, None], out=np.zeros_like(covariance), where=varies[:, None])


def _own_shifts(screen: Screen, effects: Effects, genetic: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The shift of its own targets that each perturbation is taken to cause."""
    kinds = {p.name: p.kind for p in screen.perturbations}
    alone = {condition.names[0]: i for i, condition in enumerate(effects.conditions) if len(condition.names) == 1}
    measured = {name: effects.values[alone[name], columns] for name, columns in genetic.items() if name in alone}
    shifts = {}
    for name, columns in genetic.items():
        same_kind = [shift for other, shift in measured.items() if kinds[other] == kinds[name]]
        if kinds[name] == "knock-out":
            shifts[name] = -effects.control_mean[columns]
        elif name in measured:
            shifts[name] = measured[name]
        else:
            shifts[name] = np.full(columns.size, np.median(np.concatenate(same_kind)) if same_kind else 0.0)
    return shifts
