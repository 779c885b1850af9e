"""Equilibria against closed forms: a switch, a clamp, an oscillator, and flows that commute."""

import jax
import jax.numpy as jnp
import numpy as np

from semimech.numerics.equilibria import clamped, commutator_norm, equilibria


def switch(t, x, args):
    """Two genes that repress each other: bistable for a strong repression, args."""
    return 1 / (1 + (args * x[::-1]) ** 2) - x


def test_a_switch_has_two_attractors_and_a_clamp_leaves_one():
    with jax.enable_x64(True):
        starts = jnp.asarray(np.random.default_rng(0).uniform(0, 1, (8, 2)))
        two = equilibria(switch, 4.0, starts, tolerance=1e-9)
        assert len(two.values) == 2
        assert (two.leading < 0).all()
        assert not two.is_unique
        np.testing.assert_allclose(two.values[0], two.values[1][::-1], atol=1e-8)
        assert equilibria(switch, 0.5, starts, tolerance=1e-9).is_unique
        held = equilibria(switch, 4.0, starts.at[:, 0].set(0.3), jnp.array([1.0, 0.0]), tolerance=1e-9)
        assert held.is_unique
        np.testing.assert_allclose(held.values[0], [0.3, 1 / (1 + 1.2**2)], atol=1e-8)
        np.testing.assert_allclose(held.leading, -1, atol=1e-8)  # of the free node alone


def test_what_never_rests_is_no_equilibrium():
    with jax.enable_x64(True):
        turning = equilibria(lambda t, x, args: jnp.array([x[1], -x[0]]), None, jnp.ones((2, 2)), until=20.0)
    np.testing.assert_array_equal(turning.reached, [-1, -1])
    assert len(turning.values) == 0
    assert not turning.is_unique


def test_a_clamped_node_stands_still():
    held = clamped(lambda t, x, args: x + args, jnp.array([1.0, 0.0]))
    np.testing.assert_array_equal(held(0.0, jnp.array([2.0, 3.0]), 1.0), [0.0, 4.0])


def test_translations_commute_and_pushes_through_a_network_do_not():
    states = jnp.asarray(np.random.default_rng(0).normal(size=(5, 3)), jnp.float32)
    weights = jnp.asarray(np.random.default_rng(1).normal(size=(3, 3)), jnp.float32)
    push, other = jnp.array([1.0, 0.0, 0.0]), jnp.array([0.0, 2.0, 0.0])
    assert float(commutator_norm(lambda t, x, u: u, push, other, states)) == 0
    assert 0.05 < float(commutator_norm(lambda t, x, u: jnp.tanh(weights @ x + u) - x, push, other, states)) <= 1
