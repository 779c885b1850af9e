"""The match of a cell against a loop, and the loss of the network against its equation."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from semimech.models.vae.alignment import alignment_loss, matched
from semimech.models.vae.form import Form, Minibatch, Tables

FORM = Form("negative-binomial", True, False, True, False, 1, 3, 1.0, 0.0, 2.0, 0.0, True, 1, 0.3)
RANDOM = np.random.default_rng(0)


def test_the_match_has_the_least_relative_cost() -> None:
    values = RANDOM.normal(size=(9, 4)).astype(np.float32)
    control, present = np.arange(9) < 4, np.arange(9) < 8
    cost = ((values[:, None] - values[None, :4]) ** 2).sum(2)
    expected = np.argmin(cost - cost[4:8].mean(0), axis=1)
    np.testing.assert_array_equal(jax.jit(matched)(values, control, present), expected)


def test_the_signed_loss_is_the_misfit_in_standard_errors() -> None:
    size, n = 4, 6
    network = RANDOM.normal(size=(size, size)).astype(np.float32)
    delta, precision = RANDOM.normal(size=(3, size)), RANDOM.uniform(1, 3, (3, size))
    precision[:, 3] = 0
    index, dose = RANDOM.integers(0, size, (n, 2)), RANDOM.normal(size=(n, 2))
    dose[4:] = 0
    condition = np.array([0, 1, 2, 0, 1, 1])
    nothing = jnp.zeros((1, 1))
    tables = Tables(*([nothing] * 8), jnp.float32(delta), jnp.float32(precision), nothing, nothing, nothing)
    cells = Minibatch(nothing, nothing, index, jnp.float32(dose), condition, jnp.ones(n), nothing, nothing)
    reach = sum(np.linalg.matrix_power(network, k + 1) / size**k for k in range(4))
    expected = []
    for i in range(4):
        given = np.zeros(size)
        np.add.at(given, index[i], dose[i])
        expected.append((np.abs(given @ reach - delta[condition[i]]) * precision[condition[i]])[:3])
    found = jax.jit(lambda w: alignment_loss(FORM, {"network": w}, tables, cells))(network)
    np.testing.assert_allclose(found, np.mean(expected), rtol=1e-4)


def test_without_a_control_the_published_loss_has_nothing_to_match() -> None:
    form = replace(FORM, signed=False, likelihood="gaussian", threshold=0.4)
    nothing, size, n = jnp.zeros((1, 1)), 3, 5
    values, network = RANDOM.normal(size=(n, 4)), RANDOM.normal(size=(size, size)).astype(np.float32)
    index, dose = np.arange(n)[:, None] % size, np.ones((n, 1))
    tables = Tables(*([nothing] * 11), jnp.array([0, 1, 3]), jnp.array([1.0, 1.0, 0.0]))
    reach = sum(np.linalg.matrix_power(network, k + 1) / size**k for k in range(4))

    def found(dose: np.ndarray) -> float:
        cells = Minibatch(jnp.float32(values), nothing, index, jnp.float32(dose), np.zeros(n, int), jnp.ones(n),
                          nothing, nothing)  # fmt: skip
        return float(jax.jit(lambda w: alignment_loss(form, {"network": w}, tables, cells))(network))

    assert found(dose) == 0
    dose[0] = 0
    expected = [np.abs(reach[index[i, 0]] - (np.abs(values[i] - values[0])[[0, 1, 3]] - 0.4))[:2] for i in range(1, n)]
    np.testing.assert_allclose(found(dose), np.mean(expected), rtol=1e-4)
