"""The edges into one node: what can be told, and total least squares against a minimiser."""

import numpy as np
import pytest
from scipy.optimize import minimize

from semimech.evaluate.evidence.row import edges_into, told_apart


def test_what_moves_together_cannot_be_told() -> None:
    random = np.random.default_rng(0)
    table = 10 * random.standard_normal((40, 5))
    table[:, 3] = table[:, 1] - 2 * table[:, 2]
    kept, told = told_apart(table + random.standard_normal(table.shape), np.eye(5))
    np.testing.assert_array_equal(told, [True, False, False, False, True])
    assert kept.sum() == 4
    assert kept[[0, 4]].all()


def test_fewer_conditions_than_sources_tell_nothing() -> None:
    random = np.random.default_rng(1)
    row = edges_into(random.standard_normal(4), random.standard_normal((4, 6)), np.eye(4), np.eye(7), 100)
    assert not row.told.any()
    assert np.isnan(row.p_value).all()
    assert row.independent == 4


def test_sources_that_are_no_more_than_noise_tell_nothing() -> None:
    random = np.random.default_rng(0)
    row = edges_into(random.standard_normal(12), random.standard_normal((12, 2)), np.eye(12), np.eye(3), 20)
    assert not row.told.any()
    assert np.isnan(row.p_value).all()
    assert row.independent == 0


def test_weights_minimise_the_squares_over_their_noise() -> None:
    random = np.random.default_rng(2)
    x = 3 * random.standard_normal((30, 3))
    y = x @ [0.5, 0.0, -0.3]
    within = 0.04 * (np.eye(4) + 0.3)
    between = np.eye(30) + 0.1
    noise = np.linalg.cholesky(between) @ random.standard_normal((30, 4)) @ np.linalg.cholesky(within).T
    y, x = y + noise[:, 0], x + noise[:, 1:]
    row = edges_into(y, x, between, within, 10**6)

    def misfit(b: np.ndarray) -> float:
        v = np.r_[1.0, -b]
        left = y - x @ b
        return float(left @ np.linalg.solve(between, left) / (v @ within @ v))

    best = minimize(misfit, np.zeros(3), tol=1e-10)
    np.testing.assert_allclose(row.weight, best.x, atol=1e-4)
    held = minimize(lambda b: misfit(np.array([b[0], 0.0, b[1]])), np.zeros(2), tol=1e-10)
    assert row.error[1] == pytest.approx(abs(best.x[1]) / np.sqrt(held.fun - best.fun), rel=0.05)
    assert row.p_value[0] < 1e-6 < row.p_value[1]


def test_saturation_is_no_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    """y = tanh of a sum, and a third node with the cube of that sum, which a straight line takes for a source."""
    random = np.random.default_rng(3)
    x = random.standard_normal((80, 3))
    inner = x @ [0.5, -0.4, 0.0]
    x[:, 2] = inner**3 + 0.3 * x[:, 2]
    table = np.column_stack([np.tanh(inner), x]) + 0.03 * random.standard_normal((80, 4))
    arrays = table[:, 0], table[:, 1:], np.eye(80), 0.03**2 * np.eye(4)
    bent = edges_into(*arrays, 10**6)
    assert (bent.p_value[:2] < 1e-6).all()
    assert bent.p_value[2] > 0.01
    monkeypatch.setattr("semimech.evaluate.evidence.row.BENDS", (0.0,))
    assert edges_into(*arrays, 10**6).p_value[2] < 1e-6
