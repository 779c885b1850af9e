"""Steady states and their gradients against scipy, finite differences and long integration."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize
from tests.numerics.problems import random_system

from semimech.numerics.activations import Activation
from semimech.numerics.fields import System, fixed_point_map
from semimech.numerics.integrate import heun
from semimech.numerics.steady_state import FIXED_POINT, NEWTON, Solution, Solver, steady_state

TANH = Activation()
EXACT = Solver(tolerance=1e-13, max_steps=5000, adjoint_tolerance=1e-13)


@partial(jax.jit, static_argnames=("solver", "phi"))
def solve(system: System, solver: Solver = EXACT, phi: Activation = TANH, start: jax.Array | None = None) -> Solution:
    nothing = jnp.zeros_like(system.level)
    return steady_state(solver, phi, system, nothing if start is None else start, nothing)


@pytest.mark.parametrize(
    "phi", [TANH, Activation("polynomial", 1), Activation("clipped"), Activation("linear")], ids=str
)
def test_states_are_those_of_scipy(phi: Activation) -> None:
    with jax.enable_x64(True):
        system = random_system()
        found = solve(system, phi=phi)
        assert np.asarray(found.converged).all()
        assert (np.asarray(found.method) == FIXED_POINT).all()
        for row in range(len(found.values)):
            alone = jax.tree.map(lambda a, r=row: a[r : r + 1] if a.shape == system.level.shape else a, system)
            root = scipy.optimize.root(
                lambda x, s=alone: np.asarray(fixed_point_map(phi, s, jnp.asarray(x)[None])[0]) - x,
                np.zeros(system.gain.size),
                tol=1e-13,
            )
            np.testing.assert_allclose(found.values[row], root.x, atol=1e-9)
        held = np.asarray(system.clamped) > 0
        np.testing.assert_array_equal(np.asarray(found.values)[held], np.asarray(system.level)[held])


@pytest.mark.parametrize("dense", [False, True])
def test_gradient_is_that_of_finite_differences(dense: bool) -> None:
    with jax.enable_x64(True):
        system = random_system(1)
        target = jnp.asarray(np.random.default_rng(5).normal(size=system.level.shape))
        solver = replace(EXACT, dense_adjoint=dense)

        @jax.jit
        def loss(system: System) -> jax.Array:
            return ((solve(system, solver).values - target) ** 2).sum()

        gradient = jax.grad(loss)(system)
        random = np.random.default_rng(2)
        for name in ("weights", "gain", "inside", "outside", "level"):
            part = np.asarray(getattr(system, name))
            direction = random.normal(size=part.shape)
            h = 1e-6
            up = loss(system._replace(**{name: jnp.asarray(part + h * direction)}))
            down = loss(system._replace(**{name: jnp.asarray(part - h * direction)}))
            slope = float((np.asarray(getattr(gradient, name)) * direction).sum())
            assert slope == pytest.approx(float(up - down) / (2 * h), rel=1e-6), name


def test_gradient_is_that_of_4000_steps_of_integration() -> None:
    with jax.enable_x64(True):
        system = random_system(3, nodes=12, conditions=6)
        target = jnp.asarray(np.random.default_rng(7).normal(size=system.level.shape))

        def integrated(system: System) -> jax.Array:
            start = jnp.where(system.clamped > 0, system.level, 0)
            end = heun(lambda x: fixed_point_map(TANH, system, x) - x, start, 4000, 0.05)
            return ((end - target) ** 2).sum()

        implicit = jax.grad(lambda s: ((solve(s).values - target) ** 2).sum())(system)
        unrolled = jax.jit(jax.grad(integrated))(system)
        for name in ("weights", "gain", "inside", "outside"):
            np.testing.assert_allclose(getattr(implicit, name), getattr(unrolled, name), atol=1e-9, err_msg=name)


def test_gradient_of_an_added_constant_is_the_adjoint() -> None:
    with jax.enable_x64(True):
        system = random_system(4)
        cotangent = np.random.default_rng(1).normal(size=system.level.shape)
        solution, pull = jax.vjp(lambda outside: solve(system._replace(outside=outside)).values, system.outside)
        adjoint = np.asarray(pull(jnp.asarray(cotangent))[0])
        free = np.asarray(system.clamped) == 0
        for row, x in enumerate(np.asarray(solution)):
            alone = jax.tree.map(lambda a, r=row: a[r : r + 1] if a.shape == system.level.shape else a, system)
            jacobian = np.asarray(jax.jacobian(lambda x, s=alone: fixed_point_map(TANH, s, x[None])[0])(jnp.asarray(x)))
            expected = np.linalg.solve(np.eye(len(x)) - jacobian.T, cotangent[row])
            np.testing.assert_allclose(adjoint[row][free[row]], expected[free[row]], atol=1e-9)
        assert (adjoint[~free] == 0).all()


def test_newton_takes_over_where_the_map_is_no_contraction() -> None:
    with jax.enable_x64(True):
        # s W = -6: the undamped map swings for ever, and 3 damped steps do not get there either.
        system = System(
            *(jnp.asarray(a) for a in ([[-3.0]], [2.0], [[1.0], [0.0]], [[0.0], [0.0]], [[0.0], [0.0]], [[0.0], [0.0]]))
        )
        found = solve(system, Solver(tolerance=1e-12, max_steps=3, newton_steps=30))
        assert np.asarray(found.converged).all()
        np.testing.assert_array_equal(found.method, [NEWTON, FIXED_POINT])
        x = float(found.values[0, 0])
        assert x == pytest.approx(2 * np.tanh(1 - 3 * x), abs=1e-10)


def test_failure_is_a_value() -> None:
    system = System(*(jnp.asarray(a) for a in ([[2.0]], [1.0], [[1.0]], [[0.0]], [[0.0]], [[0.0]])))
    found = solve(system, Solver(tolerance=1e-6, max_steps=4, newton_steps=0), Activation("linear"))
    assert not bool(found.converged[0])
    assert float(found.residual[0]) > 1
    assert int(found.steps[0]) == 4


def test_each_condition_stops_by_itself() -> None:
    system = jax.tree.map(lambda a: jnp.asarray(a, jnp.float32), random_system(6, clamps=False))
    easy = system._replace(inside=system.inside.at[0].set(0.0), outside=system.outside.at[0].set(0.0))
    found = solve(easy, Solver(tolerance=1e-5))
    assert int(found.steps[0]) == 0 < int(found.steps[1])


def test_warm_starts_give_the_same_gradient_in_fewer_steps() -> None:
    with jax.enable_x64(True):
        system = random_system(8)
        nothing = jnp.zeros_like(system.level)

        @jax.jit
        def gradient(start: jax.Array, adjoint: jax.Array) -> System:
            def loss(s: System) -> jax.Array:
                return (steady_state(EXACT, TANH, s, start, adjoint).values ** 2).sum()

            return jax.grad(loss)(system)

        cold = gradient(nothing, nothing)
        solution = solve(system)
        warm = gradient(solution.values, cold.outside)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-10), warm, cold)
        assert int(solve(system, start=solution.values).steps.max()) <= 1


def test_vmap_over_members() -> None:
    systems = [jax.tree.map(lambda a: jnp.asarray(a, jnp.float32), random_system(seed)) for seed in range(3)]
    stacked = jax.tree.map(lambda *a: jnp.stack(a), *systems)
    solver = Solver(tolerance=1e-6)
    together = jax.vmap(lambda s: solve(s, solver).values)(stacked)
    for number, system in enumerate(systems):
        np.testing.assert_allclose(together[number], solve(system, solver).values, atol=1e-5)
