"""Flows against SciPy and matrix exponentials; the laws of composition on random fields."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from semimech.numerics.flow import Integration, commutator, flow, weighted_mean, with_growth

EXACT = Integration(rtol=1e-10, atol=1e-12)
TWO = np.array([2.0], np.float32)
FOUR = np.zeros(4)  # times of one shape, so that the flow of the network is compiled once
HOURS = st.floats(0.0, 3.0)
SEEDS = st.integers(0, 10_000)


def network(t, x, args):
    """A small non-linear network: args = (W, u)."""
    weights, u = args
    return jnp.tanh(weights @ x + u) - 0.5 * x


def random_args(seed, phases=2, nodes=3):
    random = np.random.default_rng(seed)
    weights = np.repeat(random.normal(size=(1, nodes, nodes)), phases, 0)
    return (jnp.asarray(weights), jnp.repeat(jnp.asarray(random.normal(size=(1, nodes))), phases, 0))


@pytest.fixture(scope="module")
def solve():
    """The compiled flow of `network`, in float64."""
    return jax.jit(lambda *arguments: flow(network, *arguments, EXACT))


def test_two_phases_are_as_scipy_finds_them(solve):
    with jax.enable_x64(True):
        weights, push = random_args(0)
        args = (weights, jnp.stack([push[0], -push[0]]))
        durations, times = np.array([1.5, 2.0]), np.array([0.0, 1.0, 1.5, 3.5])
        course = solve(jnp.ones(3), args, jnp.asarray(durations), jnp.asarray(times))
        expected, x = [np.ones(3)], np.ones(3)
        for k, points in enumerate(([1.0, 1.5], [2.0])):
            weights, u = np.asarray(args[0][k]), np.asarray(args[1][k])
            found = solve_ivp(
                lambda t, x, w=weights, u=u: np.tanh(w @ x + u) - 0.5 * x,
                (0, durations[k]),
                x,
                t_eval=points,
                rtol=1e-11,
                atol=1e-12,
            )
            expected += list(found.y.T)
            x = found.y[:, -1]
        np.testing.assert_allclose(course.states, expected, atol=1e-7)
        np.testing.assert_allclose(course.end, expected[-1], atol=1e-7)
        assert bool(course.solved)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, first=HOURS, second=HOURS)
def test_semigroup(solve, seed, first, second):
    """Two phases under one condition are one phase of their sum, and a phase of no time changes nothing."""
    with jax.enable_x64(True):
        args = random_args(seed)
        once = jnp.array([first + second, 0.0])
        whole, parts = (solve(jnp.ones(3), args, part, FOUR).end for part in (once, jnp.array([first, second])))
        np.testing.assert_allclose(parts, whole, atol=1e-7)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_swapping_conditions_moves_the_end_by_the_commutator(solve, seed):
    """F_B^s F_A^s - F_A^s F_B^s = s^2 [A, B] + O(s^3)."""
    with jax.enable_x64(True):
        weights, push = random_args(seed)
        u = push * jnp.array([[1.0], [-1.0]]) + jnp.array([[0.3, -0.2, 0.1], [0.0, 0.4, 0.0]])
        x, step = jnp.ones(3), 1e-3
        one, other = (lambda t, y, _, k=k: network(t, y, (weights[k], u[k])) for k in (0, 1))
        durations = jnp.array([step, step])
        ends = [solve(x, (weights, part), durations, FOUR).end for part in (u, u[::-1])]
        bracket = commutator(one, other, x)
        assert float(jnp.max(jnp.abs(bracket))) > 1e-3
        np.testing.assert_allclose((ends[0] - ends[1]) / step**2, bracket, atol=0.05)


def test_commutator_of_linear_fields_is_that_of_their_matrices():
    random = np.random.default_rng(0)
    a, b, x = random.normal(size=(4, 4)), random.normal(size=(4, 4)), random.normal(size=4)
    with jax.enable_x64(True):
        found = commutator(lambda t, x, _: a @ x, lambda t, x, _: b @ x, jnp.asarray(x))
        np.testing.assert_allclose(found, (b @ a - a @ b) @ x, atol=1e-12)
        translations = commutator(lambda t, x, _: jnp.asarray(a[0]), lambda t, x, _: jnp.asarray(b[0]), jnp.asarray(x))
        np.testing.assert_array_equal(translations, np.zeros(4))


def test_gradient_passes_through_all_phases():
    with jax.enable_x64(True):
        matrices = jnp.asarray(np.random.default_rng(0).normal(size=(2, 2, 2)))

        def first(start):
            return flow(lambda t, x, a: a @ x, start, matrices, jnp.ones(2), jnp.zeros(1), EXACT).end[0]

        expected = expm(matrices[1]) @ expm(matrices[0])
        np.testing.assert_allclose(jax.jit(jax.grad(first))(jnp.ones(2)), expected[0], atol=1e-7)


def test_protocols_of_different_length_share_one_vmap():
    rates, durations = jnp.array([[1.0, 2.0], [3.0, 0.0]]), jnp.array([[1.0, 1.0], [0.5, 0.0]])

    def one(rate, duration):
        return flow(lambda t, x, a: -a * x, jnp.ones(()), rate, duration, jnp.array([0.5, 1.5]))

    course = jax.jit(jax.vmap(one))(rates, durations)
    np.testing.assert_allclose(course.end, np.exp([-3.0, -1.5]), rtol=1e-4)
    assert np.isnan(course.states[1, 1])  # after the end of the second protocol
    np.testing.assert_allclose(course.states[0], np.exp([-0.5, -2.0]), rtol=1e-4)


def test_a_failure_is_said_and_gives_no_number():
    few = Integration(max_steps=3)
    course = flow(lambda t, x, a: -a * x, jnp.ones(1), jnp.array([1.0, 500.0]), jnp.ones(2), jnp.array([0.0, 2.0]), few)
    assert not bool(course.solved)
    assert np.isnan(course.states[1]).all()
    assert np.isnan(course.end).all()


def test_stiff_solvers_can_be_chosen():
    stiff = Integration(diffrax.Kvaerno5(), max_steps=200)
    with jax.enable_x64(True):
        one = jnp.ones(1)
        course = flow(lambda t, x, a: a * (1 - x), jnp.zeros(1), jnp.array([1e4]), one, one, stiff)
        np.testing.assert_allclose(course.end, 1, atol=1e-4)
        assert bool(course.solved)


def test_growth_weights_the_population():
    """Cells that differ in growth alone: the weighted mean has a closed form."""
    cells, growth = jnp.array([[1.0], [3.0]]), jnp.array([0.0, 0.7])
    field = with_growth(lambda t, x, a: jnp.zeros_like(x), lambda t, x, a: a)
    course = jax.jit(lambda *args: flow(field, *args))((cells, jnp.zeros(2)), growth[None], TWO, TWO)
    share = np.exp(1.4) / (1 + np.exp(1.4))
    np.testing.assert_allclose(weighted_mean(*course.end), 1 + 2 * share, rtol=1e-5)
