"""The blocks by role against the whole network integrated as one, in every form of the law."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from semimech.numerics.activations import Activation
from semimech.numerics.fields import Blocks, Field, effective, molecule_system, positive, rate, raw_of, readout
from semimech.numerics.integrate import heun, settle
from semimech.numerics.steady_state import Solver, steady_state

M, P, INPUTS, C = 6, 2, 3, 4


def blocks_of(seed: int = 0) -> Blocks:
    random = np.random.default_rng(seed)
    internal = 0.12 * random.normal(size=(M, M))
    np.fill_diagonal(internal, 0)
    rates = (random.uniform(0.5, 1.5, M + P) for _ in range(3))
    parts = (internal, random.normal(size=(M, INPUTS)), random.normal(size=(P, M)))
    return Blocks(*(jnp.asarray(a) for a in parts), *(raw_of(jnp.asarray(r)) for r in rates))


@pytest.mark.parametrize(
    ("envelope", "activation", "second_order"),
    [
        (0, Activation(), False),
        (1, Activation("hill", 2), False),
        (2, Activation(), False),
        (0, Activation("polynomial", 1), True),
        (2, Activation("hill", 2), True),
    ],
    ids=str,
)
def test_blocks_agree_with_the_whole_network(envelope: int, activation: Activation, second_order: bool) -> None:
    with jax.enable_x64(True):
        field = Field(envelope, activation, second_order)  # type: ignore[arg-type]
        blocks = blocks_of()
        random = np.random.default_rng(1)
        doses, force = random.normal(size=(C, INPUTS)), np.zeros((C, M))
        force[:, :2] = random.normal(size=(C, 2))
        activity = activation(jnp.asarray(doses)) if envelope == 0 else jnp.asarray(doses)
        nothing = jnp.zeros((C, M))
        system = molecule_system(field, blocks, activity, jnp.asarray(force), nothing, nothing)
        solution = steady_state(Solver(tolerance=1e-13, max_steps=2000), activation, system, nothing, nothing)
        assert np.asarray(solution.converged).all()
        phenotypes = readout(field, blocks, solution.values)

        n = M + P + INPUTS
        weights = np.zeros((n, n))
        weights[:M, :M] = np.asarray(effective(field, blocks.internal))
        weights[:M, M + P :] = np.asarray(blocks.drive)
        weights[M : M + P, :M] = np.asarray(blocks.readout)
        whole = Field(field.envelope, activation)
        ones = np.ones(INPUTS)
        eps, alpha, psi = (np.concatenate([np.asarray(positive(r)), ones]) for r in blocks[3:6])
        u = np.concatenate([force, np.zeros((C, P)), doses], 1)
        arrays = tuple(jnp.asarray(a) for a in (weights, eps, alpha, psi))
        end = heun(lambda x: jax.vmap(partial(rate, whole, *arrays))(x, jnp.asarray(u)), jnp.zeros((C, n)), 4000, 0.02)
        np.testing.assert_allclose(end[:, :M], solution.values, atol=1e-8)
        np.testing.assert_allclose(end[:, M : M + P], phenotypes, atol=1e-8)


def test_second_order_adds_the_row_sums_as_self_loops() -> None:
    weights = np.random.default_rng(0).normal(size=(4, 4)).astype(np.float32)
    x = np.random.default_rng(1).normal(size=4).astype(np.float32)
    expected = weights @ x + weights.sum(1) * x
    found = np.asarray(effective(Field(second_order=True), jnp.asarray(weights))) @ x
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_form_of_the_julia_package_is_envelope_0() -> None:
    with jax.enable_x64(True):
        random = np.random.default_rng(3)
        weights, a, mu, x = (jnp.asarray(random.normal(size=s)) for s in ((4, 4), (4,), (1, 4), (1, 4)))
        ones = jnp.ones(4)
        found = jax.vmap(partial(rate, Field(), weights, a, ones, ones))(x, -mu)
        expected = np.asarray(a) * np.tanh(np.asarray(x) @ np.asarray(weights).T - np.asarray(mu)) - np.asarray(x)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_settling_reaches_the_steady_state() -> None:
    with jax.enable_x64(True):
        end = settle(lambda x: jnp.tanh(0.5 * x + 1) - x, jnp.zeros((1, 1)))
        assert bool(end.converged.all())
        x = float(end.values[0, 0])
        assert x == pytest.approx(np.tanh(0.5 * x + 1), abs=1e-4)
