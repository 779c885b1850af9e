"""What the cells say without a latent space: log rates of controls and of conditions, and shrunken effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from semimech.data.condition import Condition
from semimech.data.counts import HALF, CountSums, count_sums
from semimech.data.effects import Effects
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.effects import EffectEstimator
from semimech.models.effects.estimator import measured_effects
from semimech.numerics.counts import expected_log1p

CONTROLS = 128  # control cells that predictions are made of
RIDGE = 1e-2  # rows that speak for no effect of a perturbation
THETA = (0.05, 500.0)  # bounds of a gene's dispersion


@dataclass(frozen=True, eq=False)
class ClosedForm:
    """Shrunken effects of the training conditions, and the same as changes of log rate, which add up.

    conditions: those of training; effects, errors: their effects on the effect scale, shrunken, and the standard
    errors before (conditions x features); offsets: shrunken changes of the natural logarithm of the rate, or of the
    value where the scale is no count (conditions x features); each: the same of single perturbations
    (perturbations x features). base: log rate (or value) of the controls of each batch (batches x features).
    log_theta: dispersion (features,). library, batch: of the control cells that predictions start from, whose rows
    in the screen are `rows` (cells,), empty where log-ratios have none. dosage: one dose of each perturbation that
    counts as 1 (perturbations,).
    """

    features: tuple[str, ...]
    perturbations: tuple[str, ...]
    conditions: tuple[Condition, ...]
    counts: bool
    effects: np.ndarray
    errors: np.ndarray
    offsets: np.ndarray
    each: np.ndarray
    base: np.ndarray
    log_theta: np.ndarray
    library: np.ndarray
    batch: np.ndarray
    rows: np.ndarray
    dosage: np.ndarray

    @cached_property
    def place(self) -> dict[Condition, int]:
        """Where each training condition stands."""
        return {condition: i for i, condition in enumerate(self.conditions)}

    def design(self, conditions: Sequence[Condition]) -> np.ndarray:
        """Doses in units of the usual dose (conditions x perturbations); unknown perturbations are left out."""
        column = {name: j for j, name in enumerate(self.perturbations)}
        design = np.zeros((len(conditions), len(self.perturbations)), np.float32)
        for row, condition in enumerate(conditions):
            for name, dose in condition.doses:
                if name in column:
                    design[row, column[name]] = dose / self.dosage[column[name]]
        return design

    def offset(self, conditions: Sequence[Condition], design: np.ndarray) -> np.ndarray:
        """Changes of log rate (conditions x features): a training condition's own, else the sum of its singles'."""
        added = (design @ self.each).astype(np.float32)
        for row, condition in enumerate(conditions):
            if condition in self.place:
                added[row] = self.offsets[self.place[condition]]
        return added

    def predict(self, conditions: Sequence[Condition], design: np.ndarray) -> np.ndarray:
        """Effects (conditions x features): a training condition's own, else its change of rate put through counts."""
        offset = self.offset(conditions, design)
        unseen = np.array([condition not in self.place for condition in conditions], bool)
        mean = np.zeros((len(conditions), len(self.features)), np.float32)
        if unseen.any():
            mean[unseen] = self.through_counts(self.base[self.batch], offset[unseen])
        for row in np.flatnonzero(~unseen):
            mean[row] = self.effects[self.place[conditions[int(row)]]]
        return mean

    def through_counts(self, logits: np.ndarray, offset: np.ndarray) -> np.ndarray:
        """Effects of changes of log rate on control cells with those logits (cells x features)."""
        if not self.counts:
            return offset
        cells = jnp.asarray(logits, jnp.float32)
        parts = cells, jnp.asarray(self.library, jnp.float32), jnp.asarray(self.log_theta, jnp.float32)
        before = mean_level(*parts)
        return np.stack([np.asarray(mean_level(cells + row[None, :], *parts[1:]) - before) for row in offset])


@jax.jit
def mean_level(logits: Array, library: Array, log_theta: Array) -> Array:
    """Mean over cells of E log(1 + 1e4 x / library) (features,)."""
    log_mean = jax.nn.log_softmax(logits, axis=1) + jnp.log(library)[:, None]
    return expected_log1p(log_mean, log_theta, 1e4 / library).mean(0)


def closed_form(screen: Screen, rows: np.ndarray, seed: int, owner: str = "vae") -> ClosedForm:
    """From the given rows of the screen: effects by `EffectEstimator`, rates from sums of counts.

    Raises UserError, in the name of `owner`, where the rows have no controls or fewer than two perturbations.
    """
    rows = np.asarray(rows)
    effects = measured_effects(screen, rows, owner)
    told = EffectEstimator().fit(screen, Split("rows", "rows", seed, rows, rows[:0]), seed=seed)
    counts = screen.scale == "counts"
    doses = screen.default_doses
    dosage = np.array([abs(doses[name]) or 1.0 for name in effects.perturbations])
    rates = rates_of(screen, rows) if counts else values_of(screen, rows, effects, told.estimates)
    design = effects.design / dosage
    weights = design.T * effects.counts
    ridge = RIDGE * np.median(effects.counts) * np.eye(design.shape[1])
    each = np.linalg.solve(weights @ design + ridge, weights @ rates.offsets)
    control = rows[screen.is_control[rows]]
    random = np.random.default_rng([seed, 15_485_863])
    drawn = np.sort(random.choice(control, min(CONTROLS, len(control)), replace=False)) if len(control) else control
    # Log-ratios need no control rows: cells of none, in the batches that there are, stand for them.
    batch = screen.batches[drawn] if len(drawn) else np.resize(np.unique(screen.batches[rows]), CONTROLS)
    return ClosedForm(
        features=effects.features,
        perturbations=effects.perturbations,
        conditions=effects.conditions,
        counts=counts,
        effects=told.estimates.astype(np.float32),
        errors=told.standard_errors.astype(np.float32),
        offsets=rates.offsets.astype(np.float32),
        each=each.astype(np.float32),
        base=rates.base.astype(np.float32),
        log_theta=rates.log_theta.astype(np.float32),
        library=np.maximum(values_at(screen, drawn).sum(1), 1) if len(drawn) else np.ones(len(batch)),
        batch=batch,
        rows=drawn,
        dosage=dosage,
    )


def values_at(screen: Screen, rows: np.ndarray) -> np.ndarray:
    """The given ascending rows, dense (rows x features)."""
    blocks = [block for _, block in screen.blocks(rows)] if len(rows) else []
    return np.concatenate(blocks) if blocks else np.zeros((0, screen.shape[1]), np.float32)


@dataclass(frozen=True, eq=False)
class Rates:
    """base (batches x features), offsets (conditions x features), log_theta (features,)."""

    base: np.ndarray
    offsets: np.ndarray
    log_theta: np.ndarray


def rates_of(screen: Screen, rows: np.ndarray) -> Rates:
    """Log rates of the controls of each batch and changes of them by condition, shrunken gene by gene towards none."""
    sums = count_sums(screen, rows)
    usable = sums.control_library > 0
    base = np.tile(np.log(sums.control_rates + HALF / sums.control_library.sum()), (len(usable), 1))
    library = sums.control_library[usable, None]
    base[usable] = np.log((sums.control_counts[usable] + HALF) / library)
    theta = np.clip(1 / np.maximum(sums.dispersion, 1 / THETA[1]), *THETA)
    return Rates(base, towards_none(sums.changes, squared_errors(sums)), np.log(theta))


def squared_errors(sums: CountSums) -> np.ndarray:
    """Squared standard errors of `CountSums.changes` by the negative-binomial law (conditions x features).

    1 / counts + sum_b (L_b / L_0b)^2 counts_0b / expected^2 + phi sum L^2 / (sum L)^2 of both sides: the controls of
    batch b, L_0b counts in all, are carried to the L_b counts that the condition has there.
    """
    carried = sums.library_by_batch / np.maximum(sums.control_library, 1)
    of_controls = carried**2 @ (sums.control_counts + HALF) / (sums.expected + HALF) ** 2
    spread = sums.library_squared / np.maximum(sums.library, 1) ** 2
    share = sums.library_by_batch / np.maximum(sums.library_by_batch.sum(1, keepdims=True), 1)
    spread_of_controls = share**2 @ (sums.control_squared / np.maximum(sums.control_library, 1) ** 2)
    return 1 / (sums.counts + HALF) + of_controls + sums.dispersion * (spread + spread_of_controls)[:, None]


def values_of(screen: Screen, rows: np.ndarray, effects: Effects, table: np.ndarray) -> Rates:
    """The same for values that are no counts: levels of the controls, and effects as they are."""
    n_batches = int(screen.batches.max()) + 1
    base = np.zeros((n_batches, screen.shape[1]))
    if screen.scale != "log-ratio":
        base += effects.control_mean
        control = rows[screen.is_control[rows]]
        total, n = np.zeros_like(base), np.bincount(screen.batches[control], minlength=n_batches)
        for numbers, block in screen.blocks(control):
            np.add.at(total, screen.batches[numbers], block.astype(float))
        base[n > 0] = total[n > 0] / n[n > 0, None]
    return Rates(base, table, np.zeros(screen.shape[1]))


def towards_none(change: np.ndarray, squared: np.ndarray) -> np.ndarray:
    """change tau^2 / (tau^2 + squared), tau_g^2 = max(0, mean change^2 - mean squared).

    Half of a gene's tau^2 is that of all genes.
    """
    own = np.maximum((change**2 - squared).mean(0), 0)
    signal = 0.5 * own + 0.5 * own.mean()
    total = signal[None, :] + squared
    return change * np.divide(signal[None, :], total, out=np.zeros_like(total), where=total > 0)
