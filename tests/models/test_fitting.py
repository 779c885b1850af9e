"""The training loop on a problem with a known answer: a lasso."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.linear_model import Lasso

from semimech.models.fitting import Errors, Schedule, train


@dataclass(frozen=True)
class LeastSquares:
    """sum w (A x - b)^2 / sum w; data are (A, b, w, validation w)."""

    def start(self, parameters, data):
        return jnp.zeros((), jnp.int32)

    def gradient(self, parameters, state, data):
        matrix, target, weights, held = data

        def loss(x):
            return (weights * (matrix @ x["x"] - target) ** 2).sum() / weights.sum()

        squared, gradient = jax.value_and_grad(loss)(parameters)
        missed = (held * (matrix @ parameters["x"] - target) ** 2).sum() / held.sum()
        return gradient, state + 1, Errors(squared, missed)

    def project(self, parameters, state):
        return parameters, state


@pytest.fixture
def lasso():
    random = np.random.default_rng(0)
    matrix = random.normal(size=(60, 10)).astype(np.float32)
    truth = np.array([1, -2, 0, 0, 0.5, 0, 0, 0, 0, 0], np.float32)
    target = matrix @ truth + 0.3 * random.normal(size=60).astype(np.float32)
    return matrix, target


def fit(matrix, target, weights, held, penalties, schedule, stop=None, **more):
    members = len(weights)
    data = tuple(
        jnp.asarray(np.asarray(a, np.float32))
        for a in (np.stack([matrix] * members), np.stack([target] * members), weights, held)
    )
    start = {"x": jnp.zeros((members, matrix.shape[1]))}
    rates, l1 = {"x": jnp.asarray(0.05)}, {"x": jnp.asarray(penalties, jnp.float32)}
    return train(LeastSquares(), start, data, rates, l1, schedule, stop, **more)


def test_minimiser_is_the_lasso_with_exact_zeros(lasso) -> None:
    matrix, target = lasso
    weights = np.ones((2, 60))
    penalties = [0.05, 0.3]
    found = np.asarray(fit(matrix, target, weights, np.zeros((2, 60)), penalties, Schedule(2000, 1e-3)).last["x"])
    for x, penalty in zip(found, penalties, strict=True):
        # scikit-learn minimises |Ax - b|^2 / (2 n) + alpha |x|
        expected = (
            Lasso(alpha=penalty / 2, fit_intercept=False, tol=1e-8, max_iter=100_000)
            .fit(matrix.astype(float), target.astype(float))
            .coef_
        )
        np.testing.assert_allclose(x, expected, atol=2e-3)
        assert (x[expected == 0] == 0).all()


def test_weights_of_zero_are_rows_left_out(lasso) -> None:
    matrix, target = lasso
    some = np.arange(60) % 3 > 0
    schedule = Schedule(100)
    by_weight = fit(matrix, target, some[None], np.zeros((1, 60)), [0.1], schedule).last["x"]
    by_subset = fit(matrix[some], target[some], np.ones((1, some.sum())), np.zeros((1, some.sum())), [0.1], schedule)
    np.testing.assert_allclose(by_weight, by_subset.last["x"], atol=1e-5)


def test_best_is_that_of_the_whole_validation_curve(lasso) -> None:
    matrix, target = lasso
    held = np.arange(60) < 20
    trained = fit(matrix, target, ~held[None], held[None], [0.0], Schedule(120, chunk=50))
    assert trained.validation_error.shape == (1, 121)
    x = np.asarray(trained.best["x"][0])
    error = ((matrix[held] @ x - target[held]) ** 2).mean()
    assert error == pytest.approx(trained.validation_error.min(), rel=1e-4)
    # Stopping after that many updates gives the same parameters: what the refit relies on.
    step = trained.validation_error[0].argmin()
    stopped = fit(matrix, target, ~held[None], held[None], [0.0], Schedule(120, chunk=50), np.array([step]))
    np.testing.assert_allclose(stopped.last["x"][0], x, atol=1e-6)


def test_members_that_stop_settle(lasso) -> None:
    matrix, target = lasso
    weights, none = np.ones((3, 60)), np.zeros((3, 60))
    stop = np.array([0, 30, 30])
    settled = fit(matrix, target, weights, none, [0.0] * 3, Schedule(100, settle=20), stop).last["x"]
    at_once = fit(matrix, target, weights, none, [0.0] * 3, Schedule(100), stop).last["x"]
    assert (settled[0] == 0).all()
    assert (at_once[0] == 0).all()
    moved = np.abs(np.asarray(settled[1]) - np.asarray(at_once[1])).max()
    assert 0 < moved < 20 * 0.05 / 2


def test_members_do_not_touch_each_other(lasso) -> None:
    matrix, target = lasso
    random = np.random.default_rng(1)
    weights = random.exponential(size=(3, 60))
    none = np.zeros((3, 60))
    together = fit(matrix, target, weights, none, [0.0, 0.1, 0.2], Schedule(80)).last["x"]
    for member, penalty in enumerate([0.0, 0.1, 0.2]):
        alone = fit(matrix, target, weights[member : member + 1], none[:1], [penalty], Schedule(80)).last["x"]
        np.testing.assert_allclose(together[member], alone[0], atol=1e-5)


def test_monitor_is_called_and_may_interrupt(lasso) -> None:
    matrix, target = lasso
    calls = []

    def monitor(stage: str, done: int, total: int) -> None:
        calls.append((stage, done, total))
        if done == 22:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(matrix, target, np.ones((1, 60)), np.zeros((1, 60)), [0.0], Schedule(100, chunk=10), monitor=monitor)
    assert calls == [("training", 0, 100), ("training", 11, 100), ("training", 22, 100)]
