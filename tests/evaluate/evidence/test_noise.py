"""The noise of effects against loops."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.effects import effects_of
from semimech.data.screen import Screen
from semimech.evaluate.evidence.noise import noise_of, shrunk


@pytest.fixture
def screen() -> Screen:
    """Two batches with controls, three perturbations, correlated noise."""
    random = np.random.default_rng(3)
    batch = random.integers(0, 2, 90)
    given = random.integers(0, 4, 90)
    mixing = np.eye(3) + 0.5 * random.standard_normal((3, 3))
    values = 5 + batch[:, None] + given[:, None] * np.array([1.0, -1.0, 0.2]) + random.standard_normal((90, 3)) @ mixing
    return Screen(
        responses=values.astype(np.float32),
        design=sp.csr_array(np.eye(4)[given][:, 1:]),
        perturbations=tuple(Perturbation(f"k{i}", "knock-out") for i in range(3)),
        features=pd.DataFrame(index=["a", "b", "c"]),
        obs=pd.DataFrame({"batch": batch}, index=[f"row {i}" for i in range(90)]),
        scale="log-normalised",
    )


def test_noise_against_loops(screen: Screen) -> None:
    rows = np.arange(5, 90)
    effects = effects_of(screen, rows)
    found = noise_of(screen, rows, effects, np.array([0, 2]))
    assert found is not None
    given = np.where(screen.is_control, -1, screen.design.toarray().argmax(1))
    batch, values = screen.batches, screen.responses.astype(float)
    names = [condition.names[0] for condition in effects.conditions]
    left, between = [], np.zeros((3, 3))
    controls = {b: rows[(given[rows] == -1) & (batch[rows] == b)] for b in (0, 1)}
    centre = {b: values[controls[b]].mean(0) for b in (0, 1)}
    mine = [rows[given[rows] == int(name[1])] for name in names]
    for members in mine:
        shifted = np.stack([values[i] - centre[batch[i]] for i in members])
        left += list(shifted - shifted.mean(0))
    for b in (0, 1):
        left += list(values[controls[b]] - centre[b])
    freedom = len(left) - 3 - 2
    assert found.freedom == freedom
    scatter = np.stack(left).T @ np.stack(left) / freedom
    np.testing.assert_allclose(np.diag(found.within), np.diag(scatter)[[0, 2]], rtol=1e-4)
    for i, first in enumerate(mine):
        for k, second in enumerate(mine):
            shared = sum((batch[first] == b).mean() * (batch[second] == b).mean() / len(controls[b]) for b in (0, 1))
            between[i, k] = shared + (i == k) / len(first)
    np.testing.assert_allclose(found.between, between, rtol=1e-6)


def test_correlations_shrink_as_their_doubt_asks() -> None:
    random = np.random.default_rng(4)
    half = random.standard_normal((5, 5))
    covariance = half @ half.T
    found = shrunk(covariance, 20)
    np.testing.assert_allclose(np.diag(found), np.diag(covariance))
    doubt = squares = 0.0
    for i in range(5):
        for k in range(5):
            if i != k:
                r = covariance[i, k] / np.sqrt(covariance[i, i] * covariance[k, k])
                doubt, squares = doubt + (1 - r**2) ** 2 / 20, squares + r**2
    np.testing.assert_allclose(found[0, 1] / covariance[0, 1], 1 - doubt / squares)
    np.testing.assert_allclose(shrunk(covariance, 10**9), covariance, rtol=1e-6)


def test_single_rows_say_nothing_of_noise(screen: Screen) -> None:
    rows = np.array([np.flatnonzero(screen.condition_codes == code)[0] for code in range(4)])
    assert noise_of(screen, rows, effects_of(screen, rows), np.arange(3)) is None
