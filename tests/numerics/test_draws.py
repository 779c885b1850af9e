"""Sums over draws against a plain sum and its gradient."""

import jax
import jax.numpy as jnp
import numpy as np

from semimech.numerics.draws import sum_over_draws


def test_the_sum_and_its_gradient_are_those_of_a_plain_sum() -> None:
    random = np.random.default_rng(0)
    weights, draws = (jnp.asarray(random.normal(size=shape), jnp.float32) for shape in ((3, 2), (4, 5, 3)))
    chosen = jnp.array([0, 2, 1, 1, 0])

    def one(shared: dict[str, jax.Array], own: jax.Array, fixed: jax.Array) -> jax.Array:
        return jnp.tanh(own[fixed] @ shared["weights"]).sum()

    def plain(weights: jax.Array, draws: jax.Array) -> jax.Array:
        return 3 * jax.vmap(lambda own: one({"weights": weights}, own, chosen))(draws).sum()

    def found(weights: jax.Array, draws: jax.Array) -> jax.Array:
        return 3 * sum_over_draws(one, {"weights": weights}, draws, chosen)

    expected, got = (jax.jit(jax.value_and_grad(f, (0, 1)))(weights, draws) for f in (plain, found))
    for a, b in zip(jax.tree.leaves(expected), jax.tree.leaves(got), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-5)
    np.testing.assert_allclose(jax.jit(found)(weights, draws), expected[0], rtol=1e-6)
