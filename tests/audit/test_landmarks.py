"""Landmark ridge against kernel ridge with all compounds, and GCV against its definition."""

import numpy as np
from tests.audit.bioactivities import molecules

from semimech.audit.fingerprints import morgan, tanimoto
from semimech.audit.landmarks import JITTER, PENALTIES, landmark_features, ridge


def test_all_compounds_as_landmarks_give_the_kernel() -> None:
    bits = morgan(molecules(60), 2, 512)
    train, test = landmark_features(bits[:40], bits[40:])
    np.testing.assert_allclose(train @ train.T, tanimoto(bits[:40], bits[:40]), atol=20 * JITTER)
    np.testing.assert_allclose(test @ train.T, tanimoto(bits[40:], bits[:40]), atol=20 * JITTER)


def test_ridge_takes_the_penalty_of_least_gcv() -> None:
    rng = np.random.default_rng(0)
    x, new = rng.normal(size=(50, 8)), rng.normal(size=(5, 8))
    y = x @ rng.normal(size=8) + rng.normal(0, 2, 50)
    centred, costs, predictions = x - x.mean(0), [], []
    for penalty in PENALTIES:
        solve = np.linalg.inv(centred.T @ centred + penalty * np.eye(8)) @ centred.T
        hat = centred @ solve + 1 / 50
        costs.append(np.sum((y - hat @ y) ** 2) / (50 - np.trace(hat)) ** 2)
        predictions.append(y.mean() + (new - x.mean(0)) @ solve @ (y - y.mean()))
    np.testing.assert_allclose(ridge(x, y, new), predictions[int(np.argmin(costs))])
