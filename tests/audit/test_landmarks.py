"""Landmark ridge against ridge with all compounds written out, and its penalty against the definition of GCV."""

import numpy as np
from scipy import linalg
from tests.audit.bioactivities import molecules

from semimech.audit.fingerprints import morgan, tanimoto
from semimech.audit.landmarks import JITTER, PENALTIES, landmark_features, landmarks_of


def test_all_compounds_as_landmarks_give_the_kernel() -> None:
    bits = morgan(molecules(60), 2, 512)
    train, test = landmark_features(bits[:40], bits[40:])
    np.testing.assert_allclose(train @ train.T, tanimoto(bits[:40], bits[:40]), atol=20 * JITTER)
    np.testing.assert_allclose(test @ train.T, tanimoto(bits[40:], bits[:40]), atol=20 * JITTER)


def written_out(train: np.ndarray, y: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Ridge with the penalty of least GCV, by inverses."""
    n, k = train.shape
    centred, costs, predictions = train - train.mean(0), [], []
    for penalty in PENALTIES:
        solve = np.linalg.inv(centred.T @ centred + penalty * np.eye(k)) @ centred.T
        hat = centred @ solve + 1 / n
        costs.append(np.sum((y - hat @ y) ** 2) / (n - np.trace(hat)) ** 2)
        predictions.append(y.mean() + (test - train.mean(0)) @ solve @ (y - y.mean()))
    return np.asarray(predictions[int(np.argmin(costs))])


def test_ridge_uses_the_landmarks_of_training_only_and_the_penalty_of_least_gcv() -> None:
    rng = np.random.default_rng(0)
    bits = morgan(molecules(90), 2, 512)
    marks, train = landmarks_of(bits, 30), rng.random(90) < 0.7
    y = bits[:, :40] @ rng.normal(size=(40, 2)) + rng.normal(0, [0.1, 3.0], (90, 2))
    found = marks.ridge(train, y, ~train, marks.every - marks.moments(~train))
    own = marks.rows[train[marks.rows]]
    factor = linalg.cholesky(tanimoto(bits[own], bits[own]) + JITTER * np.eye(len(own)), lower=True)
    z = linalg.solve_triangular(factor, tanimoto(bits[own], bits), lower=True).T
    for target in range(2):
        expected = written_out(z[train], y[train, target], z[~train])
        np.testing.assert_allclose(found[:, target], expected, rtol=1e-4, atol=1e-4)


def test_what_is_held_out_teaches_nothing() -> None:
    bits = morgan(molecules(60), 2, 512)
    marks, train = landmarks_of(bits), np.arange(60) < 40
    y = np.random.default_rng(0).normal(size=(60, 1))
    first, second = (
        marks.ridge(train, values, ~train, marks.moments(train)) for values in (y, np.where(train[:, None], y, 99.0))
    )
    np.testing.assert_array_equal(first, second)


def test_without_a_landmark_in_training_the_mean_is_predicted() -> None:
    bits = morgan(molecules(60), 2, 512)
    marks = landmarks_of(bits, 3)
    train = np.isin(np.arange(60), marks.rows, invert=True)
    y = np.arange(60.0)[:, None]
    found = marks.ridge(train, y, ~train, marks.moments(train))
    np.testing.assert_allclose(found, np.full((3, 1), y[train].mean()))
