"""What the estimate of effects was chosen to be, and the conditions with the largest effects, in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from semimech.models.effects import EffectEstimator, FittedEffects
from semimech.report.reading import ReportData
from semimech.report.words import number
from semimech.runs.pipeline import load_model

SHOWN, LARGEST = 12, 3


def effect_rows(data: ReportData) -> dict[str, Any] | None:
    """Errors and shares of the estimates, and the strongest conditions; None where the model was not fitted."""
    if EffectEstimator.name not in data.run.models():
        return None
    fitted = load_model(data.run, EffectEstimator.name).model
    if not isinstance(fitted, FittedEffects):
        return None
    sizes = root_mean_square(fitted.estimates)
    strongest = np.argsort(-sizes, kind="stable")[:SHOWN]
    return {
        "words": f"Effects of {len(sizes):,} conditions from all rows ({data.unit}), {fitted.told}.",
        "methods": [
            {"name": name, "error": number(error), "share": number(float(fitted.shares.get(name, 0.0)))}
            for name, error in fitted.errors.items()
        ],
        "rows": [_row(fitted, i, sizes[i]) for i in strongest],
    }


def root_mean_square(values: np.ndarray) -> np.ndarray:
    """Over features (conditions,)."""
    return np.sqrt((values**2).mean(1))


def _row(fitted: FittedEffects, i: int, size: float) -> dict[str, str]:
    largest = np.argsort(-np.abs(fitted.estimates[i]), kind="stable")[:LARGEST]
    named = (f"{fitted.features[j]} {number(float(fitted.estimates[i, j]), sign=True)}" for j in largest)
    return {
        "condition": fitted.conditions[i].label,
        "measured": number(float(root_mean_square(fitted.measured[[i]])[0])),
        "estimated": number(float(size)),
        "noise": number(float(root_mean_square(np.nan_to_num(fitted.standard_errors[[i]]))[0])),
        "largest": "; ".join(named),
    }
