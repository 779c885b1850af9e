"""The proximal step against a numerical minimiser, and that zeros are exact."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

from semimech.numerics.proximal import Sided, adam_metric, proximal_step, soft_threshold


def test_soft_threshold_gives_exact_zeros() -> None:
    x = jnp.asarray([-2.0, -0.5, 0.0, 0.5, 2.0])
    np.testing.assert_array_equal(soft_threshold(x, jnp.asarray(1.0)[None]), [-1, 0, 0, 0, 1])


def test_step_minimises_the_local_model() -> None:
    # argmin_z direction * metric * (z - x) + metric (z - x)^2 / (2 rate) + penalty |z|
    random = np.random.default_rng(0)
    for _ in range(20):
        x, direction, metric, rate, penalty = *random.normal(size=2), *random.uniform(0.1, 1, 3)
        best = scipy.optimize.minimize_scalar(
            lambda z, x=x, d=direction, m=metric, r=rate, p=penalty: (
                d * m * (z - x) + m * (z - x) ** 2 / (2 * r) + p * abs(z)
            ),
            bracket=(-3, 3),
            options={"xtol": 1e-12},
        ).x
        found = proximal_step(*(jnp.asarray(v) for v in (x, direction, metric, rate, penalty)))
        assert float(found) == pytest.approx(best, abs=1e-5)


def test_each_side_has_its_own_penalty() -> None:
    # argmin_z (z - y)^2 metric / (2 rate) + above max(z, 0) + below max(-z, 0), y = x - rate * direction
    random = np.random.default_rng(1)
    for _ in range(20):
        x, direction, metric, rate, above, below = *random.normal(size=2), *random.uniform(0.1, 1, 4)
        best = scipy.optimize.minimize_scalar(
            lambda z, y=x - rate * direction, m=metric, r=rate, p=above, n=below: (
                m * (z - y) ** 2 / (2 * r) + p * max(z, 0) + n * max(-z, 0)
            ),
            bracket=(-3, 3),
            options={"xtol": 1e-12},
        ).x
        numbers = (jnp.asarray(v) for v in (x, direction, metric, rate))
        found = proximal_step(*numbers, Sided(jnp.asarray(above), jnp.asarray(below)))
        assert float(found) == pytest.approx(best, abs=1e-5)


def test_metric_is_bias_corrected() -> None:
    assert float(adam_metric(jnp.asarray(0.001 * 4.0), jnp.asarray(1.0))) == pytest.approx(2, rel=1e-3)
