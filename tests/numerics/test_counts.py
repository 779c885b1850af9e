"""Likelihoods against SciPy, and an expectation against the sum over counts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special, stats

from semimech.numerics.counts import (
    digamma,
    dispersion_part,
    expected_log1p,
    gaussian,
    log_gamma,
    poisson,
    softmax_part,
)

COUNTS = np.array([[0, 1, 7], [300, 2, 0]], np.float32)
MEANS = np.array([[0.3, 2.5, 4.0], [210.0, 0.02, 9.0]], np.float32)
THETA = np.array([0.4, 3.0, 120.0], np.float32)


def test_log_gamma_and_digamma() -> None:
    y = np.geomspace(1e-3, 1e5, 60).astype(np.float32)
    np.testing.assert_allclose(jax.jit(log_gamma)(y), special.gammaln(y), rtol=1e-4, atol=2e-4)
    np.testing.assert_allclose(jax.jit(digamma)(y), special.digamma(y), rtol=1e-4, atol=1e-4)


def test_the_gradient_of_the_part_without_the_mean() -> None:
    slope = np.array([0.7, -2.0], np.float32)
    found = jax.jit(jax.grad(lambda log_theta: (slope * dispersion_part(COUNTS, log_theta)).sum()))(np.log(THETA))
    each = special.digamma(COUNTS + THETA) - special.digamma(THETA) + np.log(THETA) + 1
    np.testing.assert_allclose(found, THETA * (slope @ each), rtol=1e-3, atol=1e-3)


def test_likelihoods_are_those_of_scipy() -> None:
    factorial = special.gammaln(COUNTS + 1)
    found = jax.jit(dispersion_part)(COUNTS, np.log(THETA)) - factorial.sum(1)
    found += jax.jit(softmax_part)(COUNTS, np.log(MEANS), MEANS.sum(1), np.log(THETA))
    expected = stats.nbinom.logpmf(COUNTS, THETA, THETA / (THETA + MEANS)).sum(1)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(
        jax.jit(poisson)(COUNTS, np.log(MEANS)) - factorial, stats.poisson.logpmf(COUNTS, MEANS), rtol=1e-4, atol=1e-3
    )
    found = jax.jit(gaussian)(COUNTS, MEANS, np.log(MEANS))
    np.testing.assert_allclose(found, stats.norm.logpdf(COUNTS, MEANS, MEANS), 1e-5)


def test_the_written_gradient_is_that_of_the_likelihood() -> None:
    random = np.random.default_rng(0)
    logits, library = random.normal(size=(4, 2, 3)).astype(np.float32), np.array([40.0, 900.0], np.float32)

    def plain(logits: jax.Array, log_theta: jax.Array) -> jax.Array:
        mean = jax.nn.log_softmax(logits, axis=2) + np.log(library)[None, :, None]
        theta = jnp.exp(log_theta)
        return (COUNTS[None] * mean - (COUNTS + theta[None])[None] * jnp.log(jnp.exp(mean) + theta[None, None])).sum(2)

    def found(logits: jax.Array, log_theta: jax.Array) -> jax.Array:
        return jax.vmap(lambda own: softmax_part(COUNTS, own, library, log_theta))(logits)

    weights = random.normal(size=(4, 2)).astype(np.float32)
    one, two = (
        jax.jit(jax.value_and_grad(lambda a, b, f=f: (weights * f(a, b)).sum(), (0, 1)))(logits, np.log(THETA))
        for f in (plain, found)
    )
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("library", [500.0, 50_000.0])
def test_counts_are_integrated_out(library: float) -> None:
    counts = np.arange(20_000)
    factor = 1e4 / library
    pmf = stats.nbinom.pmf(counts[:, None, None], THETA, THETA / (THETA + MEANS))
    expected = (pmf * np.log1p(factor * counts)[:, None, None]).sum(0)
    found = jax.jit(expected_log1p)(np.log(MEANS), np.log(THETA), np.full(2, factor, np.float32))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_large_counts_are_integrated_out_too() -> None:
    factor, mean, theta = 3.0, 3000.0, 5.0
    counts = np.arange(60_000)
    expected = (stats.nbinom.pmf(counts, theta, theta / (theta + mean)) * np.log1p(factor * counts)).sum()
    arrays = (np.full(shape, value, np.float32) for shape, value in (((1, 1), np.log(mean)), (1, np.log(theta))))
    found = jax.jit(expected_log1p)(*arrays, np.full(1, factor, np.float32))
    np.testing.assert_allclose(found, expected, atol=1e-3)
