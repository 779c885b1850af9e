"""Divergences against Monte Carlo, draws with their gradient, and the sum over hops against powers."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats

from semimech.numerics.spikes import kl_bernoulli, kl_normal, straight_through, sum_over_hops


def test_kl_of_normals_is_the_mean_log_ratio() -> None:
    drawn = np.random.default_rng(0).normal(0.7, 0.5, 400_000)
    ratio = stats.norm.logpdf(drawn, 0.7, 0.5) - stats.norm.logpdf(drawn, -0.2, 1.3)
    found = jax.jit(kl_normal)(*np.float32([0.7, np.log(0.5), -0.2, np.log(1.3)]))
    np.testing.assert_allclose(found, ratio.mean(), rtol=5e-3)


def test_kl_of_bernoullis_is_the_mean_log_ratio() -> None:
    logit, prior = np.array([-2.0, 0.3, 4.0]), np.array([-4.0, 0.3, -1.0])
    q, p = 1 / (1 + np.exp(-logit)), 1 / (1 + np.exp(-prior))
    drawn = np.random.default_rng(1).random((400_000, 3)) < q
    ratio = np.where(drawn, np.log(q / p), np.log((1 - q) / (1 - p)))
    found = jax.jit(kl_bernoulli)(logit.astype(np.float32), prior.astype(np.float32))
    np.testing.assert_allclose(found, ratio.mean(0), rtol=1e-2, atol=1e-5)


def test_draws_have_the_probability_and_the_gradient_of_the_relaxed_draw() -> None:
    @jax.jit
    def found(logit: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        key = jax.random.key(0)
        drawn, back = jax.vjp(lambda x: straight_through(x, key), logit)
        return drawn, back(jnp.ones_like(logit))[0], jax.nn.sigmoid(logit + jax.random.logistic(key, logit.shape))

    drawn, slope, relaxed = (np.asarray(each) for each in found(np.full(40_000, -1.2, np.float32)))
    np.testing.assert_array_equal(drawn, relaxed > 0.5)
    np.testing.assert_allclose(drawn.mean(), 1 / (1 + np.exp(1.2)), atol=0.01)
    np.testing.assert_allclose(slope, relaxed * (1 - relaxed), rtol=1e-4, atol=1e-7)


def test_hops_are_powers() -> None:
    random = np.random.default_rng(2)
    weights, start = random.normal(size=(7, 7)), random.normal(size=(3, 7))
    powers = sum(np.linalg.matrix_power(weights, k + 1) / 7**k for k in range(6))
    found = jax.jit(lambda s, w: sum_over_hops(s, w, 5))(start.astype(np.float32), weights.astype(np.float32))
    np.testing.assert_allclose(found, start @ powers, rtol=1e-4, atol=1e-4)
