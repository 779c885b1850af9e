"""Hill regulation against a loop over genes, and its noise against closed forms."""

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from semimech.numerics.intrinsic import stochastic_end
from semimech.numerics.regulation import Regulation, langevin_spread, padded_sources, production_rate, regulated_rate


def slow_rate(weights, basal, production, decay, threshold, power, levels, push):
    rates = np.zeros(len(levels))
    for i in range(len(levels)):
        above, below = basal[i], 1.0
        for j in range(len(levels)):
            bound = abs(weights[i, j]) * (max(levels[j], 0) / threshold[j]) ** power
            below += bound
            if weights[i, j] > 0:
                above += bound
        rates[i] = 2.0 ** push[i] * production[i] * above / below - decay[i] * levels[i]
    return rates


def law_of(weights, basal, production, decay, threshold, power):
    target, source = np.nonzero(weights)
    sources, values = padded_sources(target, source, weights[target, source], len(weights))
    up, down = np.maximum(values, 0), np.maximum(-values, 0)
    return Regulation(*(jnp.asarray(part) for part in (sources, up, down, basal, production, decay, threshold, power)))


@pytest.fixture
def constants():
    random = np.random.default_rng(0)
    weights = random.standard_normal((6, 6)) * (random.random((6, 6)) < 0.4)
    weights[2] = 0  # a gene without regulators
    return weights, *(random.uniform(0.2, 1.0, 6) for _ in range(4)), np.float64(2.5)


def test_rates_are_those_of_a_loop(constants):
    random = np.random.default_rng(1)
    levels, push = random.uniform(-0.1, 1, 6), random.standard_normal(6)
    with jax.enable_x64(True):
        found = regulated_rate(law_of(*constants), jnp.asarray(levels), jnp.asarray(push))
    np.testing.assert_allclose(found, slow_rate(*constants, levels, push), atol=1e-12)


def test_promoters_are_never_more_than_fully_active(constants):
    with jax.enable_x64(True):
        law = law_of(*constants)
        made = production_rate(law, jnp.full(6, 50.0), jnp.zeros(6))
        assert (made > 0).all()
        assert (made <= law.production).all()


def test_padding_keeps_every_edge():
    weights = np.array([[0, 0, 0], [1.0, 0, -2.0], [0, 3.0, 0]])
    target, source = np.nonzero(weights)
    order = np.random.default_rng(0).permutation(3)
    sources, values = padded_sources(target[order], source[order], weights[target, source][order], 3)
    assert values.shape == (3, 2)
    again = np.zeros((3, 3))
    for i in range(3):
        np.add.at(again[i], sources[i], values[i])
    np.testing.assert_array_equal(again, weights)
    assert padded_sources(*(np.zeros(0, int),) * 2, np.zeros(0), 3)[1].shape == (3, 1)


def test_noise_of_an_unregulated_gene_is_that_of_its_number_of_molecules():
    """At the steady state of dm = (k - d m) dt + s sqrt(k + d m) dW the variance is s^2 k / d."""
    law = law_of(np.zeros((1, 1)), np.ones(1), np.full(1, 0.4), np.full(1, 0.5), np.ones(1), np.float64(2.0))
    law = jax.tree.map(lambda part: part.astype(jnp.float32) if part.dtype != jnp.int32 else part, law)
    noise = jnp.float32(0.1)

    def end(key):
        return stochastic_end(
            lambda t, x, push: regulated_rate(law, x, push),
            lambda t, x, push: langevin_spread(law, x, push, noise),
            jnp.full(1, 0.8, jnp.float32),
            jnp.zeros((1, 1)),
            jnp.full(1, 15.0),
            key,
            0.05,
        )

    cells = np.asarray(jax.jit(jax.vmap(end))(jr.split(jr.key(0), 4000)))
    assert cells.mean() == pytest.approx(0.8, abs=0.01)
    assert cells.var() == pytest.approx(0.1**2 * 0.8, rel=0.1)


def test_stochastic_phases_follow_one_another():
    """Ornstein-Uhlenbeck towards one level, then towards another; a phase of no time changes nothing."""

    def drift(t, x, level):
        return 0.5 * (level - x)

    def end(key, hours):
        levels = jnp.array([[1.0], [9.0], [3.0]])
        spread = lambda t, x, level: jnp.full_like(x, 0.2)  # noqa: E731
        return stochastic_end(drift, spread, jnp.zeros(1), levels, hours, key, 0.05)

    solve = jax.jit(jax.vmap(end, (0, None)))
    keys = jr.split(jr.key(1), 4000)
    cells = np.asarray(solve(keys, jnp.array([2.0, 0.0, 3.0])))
    first = 1 - np.exp(-1.0)
    assert cells.mean() == pytest.approx(3 + (first - 3) * np.exp(-1.5), abs=0.02)
    assert cells.var() == pytest.approx(0.2**2 * (1 - np.exp(-5.0)), rel=0.1)
    np.testing.assert_array_equal(solve(keys, jnp.zeros(3)), 0)


def test_time_runs_on_from_the_given_beginning():
    end = stochastic_end(
        lambda t, x, args: jnp.full_like(x, 1.0) * t,
        lambda t, x, args: jnp.zeros_like(x),
        jnp.zeros(1),
        jnp.zeros(2),
        jnp.array([1.0, 1.0]),
        jr.key(0),
        0.01,
        begin=-1.0,
    )
    np.testing.assert_allclose(end, 0, atol=0.02)
