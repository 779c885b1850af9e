"""How much of what the latent space adds to the closed form is kept: as much as held-out cells ask for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from semimech.data.effects import Effects
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen
from semimech.models.vae.closed import ClosedForm
from semimech.models.vae.pushing import Pushed

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
CERTAIN = 1.0  # standard errors by which a weight must be better than none


@dataclass(frozen=True)
class Residual:
    """weight: of the latent part; gate: of the pair term; gain: share of the closed form's error that it takes away."""

    weight: float = 0.0
    gate: float = 0.0
    gain: float = 0.0


def weighted_error(screen: Screen, closed: ClosedForm, held: Effects) -> float:
    """Noise-weighted squared error of the closed form on held-out effects."""
    design = closed.design(held.conditions)
    counted = scored_entries(screen, held.conditions) * precision_of(held)[None, :]
    return float((counted * (held.values - closed.predict(held.conditions, design)) ** 2).sum())


def precision_of(held: Effects) -> np.ndarray:
    """1 / the typical squared standard error of each feature (features,)."""
    squared = held.standard_errors.astype(float) ** 2
    typical = np.nanmedian(squared, axis=0) if np.isfinite(squared).any() else np.ones(squared.shape[1])
    return 1 / np.where(np.isfinite(typical) & (typical > 0), typical, np.nanmedian(typical) or 1.0)


def residual_of(screen: Screen, closed: ClosedForm, model: Pushed, held: Effects) -> Residual:
    """The weight (and the gate of pairs, 0 or 1) with the least noise-weighted error of held-out effects.

    error = sum over entries that count of (observed - closed - weight * residual)^2 / standard error^2; a weight above
    0 must be better by more than one standard error of the paired difference over conditions.
    """
    known = [i for i, c in enumerate(held.conditions) if set(c.names) <= set(closed.perturbations)]
    if not known:
        return Residual()
    held = held.take(np.array(known))
    design = closed.design(held.conditions)
    offsets, answers = closed.offset(held.conditions, design), closed.predict(held.conditions, design)
    counted = scored_entries(screen, held.conditions) * precision_of(held)[None, :]
    left = held.values - answers
    gates = (0.0, 1.0) if "pair_in" in model.parameters and any(c.is_combination for c in held.conditions) else (0.0,)
    found = Residual()
    for gate in gates:
        beyond = np.stack([model.effect(closed, row, o, gate) for row, o in zip(design, offsets, strict=True)])
        for weight in WEIGHTS[1:]:
            gains = (counted * (left**2 - (left - weight * beyond) ** 2)).sum(1)
            gain = float(gains.sum() / max((counted * left**2).sum(), 1e-12))
            error = gains.std(ddof=1) * np.sqrt(len(gains)) if len(gains) > 1 else np.inf
            if gains.sum() > CERTAIN * error and gain > found.gain:
                found = Residual(weight, gate, gain)
    return found
