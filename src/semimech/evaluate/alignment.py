"""Predictions in the order of the reference they are judged against."""

from __future__ import annotations

import numpy as np

from semimech.evaluate.reference import Reference
from semimech.models.base import Prediction
from semimech.support.errors import UserError, listed


def aligned(prediction: Prediction, reference: Reference, model: str) -> tuple[np.ndarray, list[tuple[str, str]]]:
    """Predicted effects (the reference's conditions x features), and (condition, reason) of those that failed.

    A condition with a value that is not finite counts as no change, for all models are judged on the same
    conditions. Raises UserError where a test condition or a scored feature was not predicted.
    """
    row = {condition: i for i, condition in enumerate(prediction.conditions)}
    missing = [condition.label for condition in reference.conditions if condition not in row]
    if missing:
        raise UserError(
            f"{model} has no prediction for {listed(missing)} in fold '{reference.fold}': predict every test condition."
        )
    features = reference.effects.features
    absent = {features[j] for j in np.flatnonzero(reference.scored.any(axis=0))}.difference(prediction.features)
    if absent:
        raise UserError(f"{model} has no prediction for the feature {listed(sorted(absent))}: predict every feature.")
    values = placed(prediction.mean, prediction, reference)
    failed = ~np.isfinite(values).all(1)
    values[failed] = 0
    reason = "its prediction is not finite: counted as no change"
    return values, [(reference.conditions[i].label, reason) for i in np.flatnonzero(failed)]


def placed(table: np.ndarray, prediction: Prediction, reference: Reference) -> np.ndarray:
    """A table of the prediction (its conditions x its features) in the order of the reference; 0 where it has none."""
    row = {condition: i for i, condition in enumerate(prediction.conditions)}
    column = {name: j for j, name in enumerate(prediction.features)}
    features = reference.effects.features
    there = np.array([name in column for name in features], bool)
    rows = [row[condition] for condition in reference.conditions]
    values = np.zeros(reference.observed.shape)
    values[:, there] = table[np.ix_(rows, [column[name] for name in features if name in column])]
    return values
