"""How much smaller the error of one model is than that of another, as a ratio with a paired interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from semimech.evaluate.alignment import aligned
from semimech.evaluate.bootstrap import dirichlet_weights, interval
from semimech.evaluate.judge import Fold

COLUMNS = ("split", "model", "other", "error", "other_error", "ratio", "lower", "upper", "spread", "n_conditions")


def error_ratios(folds: Sequence[Fold], model: str, other: str, *, draws: int = 1000, seed: int = 0) -> pd.DataFrame:
    """One row for each split: root mean square errors over the scored entries of all folds and seeds, and their ratio.

    ratio: error / other_error, with a 95 % interval by the Bayesian bootstrap over conditions, the same weights for
    both. spread: standard deviation of the error over seeds, as a ratio to that of the other model; NaN with one seed.
    """
    rows = []
    for split in dict.fromkeys(fold.reference.split for fold in folds):
        mine = [fold for fold in folds if fold.reference.split == split]
        unique = list(dict.fromkeys(condition for fold in mine for condition in fold.reference.conditions))
        squared, counts = zip(*(_squared(mine, name, unique) for name in (model, other)), strict=True)
        weights = dirichlet_weights(len(unique), draws, seed)
        errors = [np.sqrt(sums.sum() / size.sum()) for sums, size in zip(squared, counts, strict=True)]
        drawn = [
            np.sqrt((weights @ sums.sum(0)) / (weights @ size.sum(0)))
            for sums, size in zip(squared, counts, strict=True)
        ]
        lower, upper = interval(drawn[0] / drawn[1])
        spreads = [_over_seeds(sums, size) for sums, size in zip(squared, counts, strict=True)]
        spread = spreads[0] / spreads[1] if spreads[1] > 0 else np.nan
        rows.append((split, model, other, *errors, errors[0] / errors[1], lower, upper, spread, len(unique)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _over_seeds(sums: np.ndarray, size: np.ndarray) -> float:
    errors = np.sqrt(sums.sum(1) / size.sum(1))
    return float(errors.std(ddof=1)) if len(errors) > 1 else float("nan")


def _squared(folds: Sequence[Fold], model: str, unique: Sequence[object]) -> tuple[np.ndarray, np.ndarray]:
    """Sums of squared errors and their number, seeds x conditions."""
    place = {condition: i for i, condition in enumerate(unique)}
    seeds = sorted({seed for fold in folds for name, seed in fold.predictions if name == model})
    sums, size = np.zeros((2, len(seeds), len(unique)))
    for fold in folds:
        reference = fold.reference
        at = [place[condition] for condition in reference.conditions]
        for number, seed in enumerate(seeds):
            values = aligned(fold.predictions[model, seed], reference, model)[0]
            missed = np.where(reference.scored, values - reference.observed, 0)
            np.add.at(sums[number], at, (missed**2).sum(1))
            np.add.at(size[number], at, reference.scored.sum(1))
    return sums, size


def verdict_on(ratio: float, lower: float, upper: float) -> str:
    """In words: does what sets the two models apart help?"""
    if upper < 1:
        return "helps"
    if lower > 1:
        return "does harm"
    return "little gain: within noise" if np.isfinite(ratio) else ""
