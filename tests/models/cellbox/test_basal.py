"""The learned constant inside phi: effects as differences of two steady states."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.models.cellbox.screens import basal_screen, drug_screen

from semimech.data.condition import Condition
from semimech.data.effects import effects_of
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.models.base import Fitted
from semimech.models.cellbox import CellBox
from semimech.models.cellbox.objective import Observations, SteadyStateObjective
from semimech.models.storage import load_fitted, save_fitted
from semimech.numerics.activations import Activation
from semimech.numerics.fields import Blocks, Field, molecule_system, raw_of, readout, untreated
from semimech.numerics.steady_state import Solver, steady_state
from semimech.simulate.steady_state import solve_steady_state

M, P, INPUTS, C = 5, 2, 3, 4
EXACT = Solver(tolerance=1e-14, max_steps=5000, adjoint_tolerance=1e-14)


def blocks_of(basal: bool = True, seed: int = 0) -> Blocks:
    """Random parameters of a contraction, in JAX's present default precision."""
    random = np.random.default_rng(seed)
    internal = 0.25 * random.normal(size=(M, M))
    np.fill_diagonal(internal, 0)
    arrays = internal, random.normal(size=(M, INPUTS)), random.normal(size=(P, M))
    ones = raw_of(jnp.ones(M + P))
    raw = raw_of(jnp.asarray(random.uniform(0.6, 1.2, M + P)))
    a = jnp.asarray(random.normal(size=M + P)) if basal else None
    return Blocks(*(jnp.asarray(array) for array in arrays), raw, ones, ones, a)


def observations(seed: int = 1) -> Observations:
    """Four conditions, the last with its first two molecules held."""
    random = np.random.default_rng(seed)
    clamped = np.zeros((C, M))
    clamped[-1, :2] = 1
    arrays = (
        random.normal(size=(C, M + P)),
        np.ones((C, M + P)),
        np.zeros((C, M + P)),
        np.zeros((C, M + P)),
        random.normal(size=(C, INPUTS)),
        clamped,
        clamped * random.normal(size=(C, M)),
        np.asarray(0.1),
    )
    return Observations(*(jnp.asarray(array) for array in arrays))


def constant_of(blocks: Blocks) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """W of all nodes, s and b = a - W s tanh(a)."""
    weights = np.zeros((M + P, M + P))
    weights[:M, :M], weights[M:, :M] = np.asarray(blocks.internal), np.asarray(blocks.readout)
    scale, a = np.log1p(np.exp(np.asarray(blocks.eps))), np.asarray(blocks.basal)
    return weights, scale, a - weights @ (scale * np.tanh(a))


@partial(jax.jit, static_argnums=0)
def gradient_of(objective: SteadyStateObjective, blocks: Blocks, data: Observations) -> Blocks:
    return objective.gradient(blocks, objective.start(blocks, data), data)[0]


def test_effects_are_the_difference_of_two_steady_states() -> None:
    with jax.enable_x64(True):
        blocks, data = blocks_of(), observations()
        weights, scale, b = constant_of(blocks)
        found = np.asarray(SteadyStateObjective(Field(), EXACT, 0.9, True).predict(blocks, data))
        inputs = np.zeros((C, M + P))
        inputs[:, :M] = np.asarray(data.activity) @ np.asarray(blocks.drive).T
        resting = solve_steady_state(weights, scale, b[None])
        treated = solve_steady_state(weights, scale, inputs + b)
        np.testing.assert_allclose(found[:-1], (treated - resting)[:-1], atol=1e-11)

        held = resting[0, :2] + np.asarray(data.level)[-1, :2]
        x = np.zeros(M + P)
        for _ in range(2000):
            x = scale * np.tanh(weights @ x + inputs[-1] + b)
            x[:2] = held
        np.testing.assert_allclose(found[-1], x - resting[0], atol=1e-11)


def test_a_chain_of_two_in_closed_form() -> None:
    with jax.enable_x64(True):
        w, drive, b, u = 0.8, 1.3, np.array([0.4, -0.7]), 0.9
        resting = np.tanh(b[0]), np.tanh(w * np.tanh(b[0]) + b[1])
        first = np.tanh(drive * u + b[0])
        expected = [first - resting[0], np.tanh(w * first + b[1]) - resting[1]]
        a = jnp.asarray([b[0], w * np.tanh(b[0]) + b[1]])
        ones, nothing = raw_of(jnp.ones(2)), jnp.zeros((1, 2))
        arrays = (jnp.asarray(x) for x in ([[0.0, 0.0], [w, 0.0]], [[drive], [0.0]], np.zeros((0, 2))))
        system = molecule_system(Field(), Blocks(*arrays, ones, ones, ones, a), jnp.asarray([[u]]), *[nothing] * 3)
        found = steady_state(EXACT, Activation(), system, nothing, nothing).values
        np.testing.assert_allclose(found[0], expected, atol=1e-14)


@pytest.mark.parametrize("field", [Field(), Field(1, second_order=True), Field(2, Activation("hill", 2))], ids=str)
def test_no_input_is_no_effect(field: Field) -> None:
    blocks, data = blocks_of(), observations()
    nothing = jnp.zeros_like(data.level)
    system = molecule_system(field, blocks, jnp.zeros_like(data.activity), nothing, nothing, nothing)
    found = steady_state(Solver(), field.activation, system, nothing, nothing).values
    np.testing.assert_allclose(found, 0, atol=1e-6)
    np.testing.assert_allclose(readout(field, blocks, found), 0, atol=1e-6)
    assert (np.abs(np.asarray(untreated(field, jnp.ones(M + P), blocks.basal))) > 0).all()


@pytest.mark.parametrize("second_order", [False, True])
def test_gradient_is_that_of_finite_differences(second_order: bool) -> None:
    with jax.enable_x64(True):
        blocks, data = blocks_of(), observations()
        blocks = blocks._replace(internal=blocks.internal / 2)
        objective = SteadyStateObjective(Field(0, Activation(), second_order), EXACT, 0.9, True)
        gradient = gradient_of(objective, blocks, data)

        def loss(blocks: Blocks) -> float:
            gap = objective.predict(blocks, data) - data.observed
            return float((gap**2).mean() + data.ridge * (blocks.drive**2).sum() / gap.size)

        random = np.random.default_rng(2)
        for name in ("internal", "drive", "readout", "eps", "basal"):
            part, h = np.asarray(getattr(blocks, name)), 1e-6
            direction = random.normal(size=part.shape)
            ends = [loss(blocks._replace(**{name: jnp.asarray(part + sign * h * direction)})) for sign in (1, -1)]
            slope = float((np.asarray(getattr(gradient, name)) * direction).sum())
            assert slope == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-6), name


def test_zero_is_left_once_an_edge_has_moved() -> None:
    """At a = 0 an odd phi does not hide the direction: the derivative of the effect is -s tanh^2 of the argument."""
    with jax.enable_x64(True):
        blocks, data = blocks_of()._replace(basal=jnp.zeros(M + P)), observations()
        objective = SteadyStateObjective(Field(), EXACT, 0.9)
        still = blocks._replace(drive=0 * blocks.drive)
        data = data._replace(clamped=0 * data.clamped, level=0 * data.level)
        slopes = [np.asarray(gradient_of(objective, b, data).basal) for b in (still, blocks)]
        np.testing.assert_allclose(slopes[0], 0, atol=1e-14)
        assert (np.abs(slopes[1]) > 1e-3).all()


OPTIONS = CellBox(sparsity=(3e-3,), input_share=(0.0,), input_ridge=(0.1,), steps=200, members=1, folds=1)


@pytest.fixture(scope="module")
def screen() -> tuple[Screen, Split]:
    made = basal_screen()
    return made, split_screen(made, "combinations")[0]


@pytest.fixture(scope="module")
def fitted(screen):
    return replace(OPTIONS, basal_offset=True).fit(*screen)


def relative_error(fitted: Fitted, screen: Screen, split: Split) -> float:
    reference = effects_of(screen, split.test)
    predicted = fitted.predict(reference.conditions).mean
    return float(((predicted - reference.values) ** 2).sum() / (reference.values**2).sum())


def test_pairs_are_predicted_better_where_nodes_do_not_rest_at_the_middle(screen, fitted) -> None:
    assert relative_error(fitted, *screen) < 0.8 * relative_error(OPTIONS.fit(*screen), *screen)


def test_survives_being_saved_with_its_constant(fitted, tmp_path) -> None:
    save_fitted(fitted, tmp_path)
    loaded = load_fitted(tmp_path)
    conditions = [Condition((("dA", 1.0), ("dD", 1.0))), Condition(())]
    np.testing.assert_array_equal(loaded.predict(conditions).mean, fitted.predict(conditions).mean)
    np.testing.assert_allclose(loaded.predict(conditions).mean[1], 0, atol=1e-6)
    np.testing.assert_array_equal(loaded.offset(), fitted.offset())


def test_the_constant_gives_back_the_untreated_state(fitted) -> None:
    m = fitted.internal.shape[1]
    b, a, gain = fitted.offset()[0], fitted.basal[0], fitted.gain[0]
    resting = solve_steady_state(fitted.internal[0], gain[:m], b[None, :m])[0]
    np.testing.assert_allclose(resting, gain[:m] * np.tanh(a[:m]), atol=1e-5)


def test_none_is_learned_unless_asked_for() -> None:
    drugs = drug_screen()
    plain = replace(OPTIONS, steps=3, members=1, folds=1).fit(drugs, split_screen(drugs, "combinations")[0])
    assert plain.basal is None
    assert plain.offset() is None
