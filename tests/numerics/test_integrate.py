"""Integrators against closed forms, and branches of a bistable switch."""

import jax
import jax.numpy as jnp
import numpy as np

from semimech.numerics.integrate import branches, heun, settle


def test_heun_is_second_order() -> None:
    with jax.enable_x64(True):
        errors = [abs(float(heun(lambda x: -x, jnp.ones(1), n, 1 / n)[0]) - np.exp(-1)) for n in (50, 100)]
        assert 3.5 < errors[0] / errors[1] < 4.5


def test_branches_of_a_switch() -> None:
    with jax.enable_x64(True):
        starts = jnp.asarray([0.1, 2.0, -0.1])
        ends = jax.vmap(lambda x: settle(lambda y: jnp.tanh(2 * y) - y, x[None, None]).values)(starts)
        np.testing.assert_allclose(np.abs(np.asarray(ends).ravel()), 0.9575, atol=1e-3)
        np.testing.assert_array_equal(branches(np.asarray(ends)).ravel(), [0, 0, 1])


def test_what_does_not_come_to_rest_is_said() -> None:
    end = settle(lambda x: jnp.stack([x[:, 1], -x[:, 0]], 1), jnp.asarray([[1.0, 0.0]]), until=20.0)
    assert not bool(end.converged[0])
