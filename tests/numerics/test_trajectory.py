"""All ways to a gradient against finite differences on a 5-node system; backsolve found out on long horizons."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import fsolve

from semimech.numerics.trajectory import (
    NOT_FINITE,
    SOLVED,
    TOO_MANY_STEPS,
    Method,
    equilibrium,
    retrace,
    trajectories,
    trajectory,
    value_and_gradient,
)
from semimech.support.errors import UserError

NODES = 5
TIMES = np.array([0.5, 1.5, 4.0])


def parameters() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    weights = 0.4 * random.normal(size=(NODES, NODES))
    return {"weights": weights, "gain": random.uniform(0.5, 1.5, NODES), "decay": random.uniform(0.5, 1.0, NODES)}


DRIVE = np.array([0.8, -0.5, 0.0, 0.3, 0.0])


def field(t: Any, x: jax.Array, args: Any) -> jax.Array:
    return args["gain"] * jnp.tanh(args["weights"] @ x + jnp.asarray(DRIVE, x.dtype)) - args["decay"] * x


def plain_field(t: float, x: np.ndarray, args: dict[str, np.ndarray]) -> np.ndarray:
    return args["gain"] * np.tanh(args["weights"] @ x + DRIVE) - args["decay"] * x


def states(args: dict[str, np.ndarray]) -> np.ndarray:
    solved = solve_ivp(plain_field, (0, 4), np.zeros(NODES), "DOP853", TIMES, args=(args,), rtol=1e-12, atol=1e-13)
    return solved.y.T


def differences(loss: Callable[[Any], float], args: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Central differences, one entry at a time."""
    found = {}
    for name, values in args.items():
        slope = np.zeros_like(values)
        for place in np.ndindex(values.shape):
            up, down = (values.copy() for _ in range(2))
            up[place] += 1e-5
            down[place] -= 1e-5
            slope[place] = (loss({**args, name: up}) - loss({**args, name: down})) / 2e-5
        found[name] = slope
    return found


@pytest.fixture(scope="module")
def reference() -> dict[str, np.ndarray]:
    return differences(lambda args: float((states(args) ** 2).sum()), parameters())


@pytest.mark.parametrize(
    ("solver", "adjoint"),
    [
        ("rk4", "checkpoint"),
        ("rk4", "forward"),
        ("tsit5", "checkpoint"),
        ("tsit5", "backsolve"),
        ("tsit5", "forward"),
        ("kvaerno5", "checkpoint"),
    ],
)
def test_every_adjoint_agrees_with_finite_differences(
    solver: Any, adjoint: Any, reference: dict[str, np.ndarray]
) -> None:
    with jax.enable_x64(True):
        method = Method(solver, adjoint, steps=100, rtol=1e-10, atol=1e-12)
        start, begin, times = jnp.zeros(NODES), jnp.zeros(()), jnp.asarray(TIMES)

        def loss(args: Any) -> tuple[jax.Array, jax.Array]:
            found = trajectory(method, field, start, begin, times, args)
            return (found.states**2).sum(), found.states

        args = jax.tree.map(jnp.asarray, parameters())
        (_, found), gradient = jax.jit(lambda args: value_and_gradient(method, loss, args))(args)
        np.testing.assert_allclose(found, states(parameters()), atol=1e-8)
        for name, slope in reference.items():
            np.testing.assert_allclose(gradient[name], slope, atol=2e-7, err_msg=name)


def test_the_implicit_gradient_agrees_with_finite_differences() -> None:
    free = np.array([1.0, 1, 0, 1, 1])

    start = 0.7 * (1 - free)
    ended = solve_ivp(lambda t, x: free * plain_field(t, x, parameters()), (0, 60), start).y[:, -1]

    def steady(args: dict[str, np.ndarray]) -> np.ndarray:
        return fsolve(lambda x: np.where(free > 0, plain_field(0, x, args), x - 0.7), ended, xtol=1e-13)

    reference = differences(lambda args: float((steady(args) ** 2).sum()), parameters())
    with jax.enable_x64(True):

        def held(t: Any, x: jax.Array, args: Any) -> jax.Array:
            return free * field(t, x, args)

        def loss(args: Any) -> tuple[jax.Array, Any]:
            found = equilibrium(held, jnp.asarray(start), 60.0, 120, args, jnp.asarray(free))
            return (found.state**2).sum(), found

        args = jax.tree.map(jnp.asarray, parameters())
        (_, found), gradient = jax.value_and_grad(loss, has_aux=True)(args)
        np.testing.assert_allclose(found.state, steady(parameters()), atol=1e-9)
        assert found.residual < 1e-10
        for name, slope in reference.items():
            np.testing.assert_allclose(gradient[name], slope, atol=2e-7, err_msg=name)


def test_backsolve_is_found_out_where_decay_is_fast_for_the_interval() -> None:
    method = Method("tsit5", rtol=1e-6, atol=1e-8)
    args = jax.tree.map(lambda a: jnp.asarray(a, jnp.float32), parameters())

    @jax.jit
    def miss(horizon: jax.Array) -> jax.Array:
        return retrace(method, field, jnp.zeros(NODES), jnp.zeros(()), horizon[None], args)

    assert miss(jnp.asarray(1.0)) < 1e-3
    assert not miss(jnp.asarray(40.0)) < 1e-2


def test_each_condition_has_its_own_status() -> None:
    def explosive(t: Any, x: jax.Array, rate: jax.Array) -> jax.Array:
        return rate * x**2

    start, begin, times = jnp.ones((2, 1)), jnp.zeros(()), jnp.asarray([1.0, 2.0])
    for method, expected in ((Method("tsit5", max_steps=64), TOO_MANY_STEPS), (Method(steps=64), NOT_FINITE)):
        rates = jnp.asarray([-1.0, 1.0])
        found = jax.vmap(lambda x, r, m=method: trajectory(m, explosive, x, begin, times, r))(start, rates)
        assert found.status.tolist() == [SOLVED, expected]
        np.testing.assert_allclose(found.states[0, :, 0], [1 / 2, 1 / 3], rtol=1e-3)


@pytest.mark.parametrize("solver", ["rk4", "tsit5"])
def test_courses_taken_together_are_those_taken_one_by_one(solver: Any) -> None:
    def turning(t: Any, x: jax.Array, args: Any) -> jax.Array:
        weights, push = args
        return jnp.tanh(weights @ x + push) - x + 0.1 * jnp.sin(t)

    random = np.random.default_rng(0)
    with jax.enable_x64(True):
        weights, starts, push = (jnp.asarray(random.normal(size=s)) for s in ((3, 3), (4, 3), (4, 3)))
        begins = jnp.asarray([0.0, 0.5, 1.0, -1.0])
        times = begins[:, None] + jnp.asarray([[0.5, 2.0]])
        found = jax.jit(lambda w: trajectories(Method(solver), turning, starts, begins, times, w, push))(weights)
        assert found.states.shape == (4, 2, 3)
        assert found.status.tolist() == [SOLVED] * 4
        one = jax.jit(lambda x, t, ends, push: trajectory(Method(solver), turning, x, t, ends, (weights, push)).states)
        same = jax.jit(lambda w: trajectories(Method(solver), turning, starts, begins[1], times[1], w, push))(weights)
        np.testing.assert_allclose(same.states[1], found.states[1], rtol=1e-8)
        for i in range(4):
            alone = one(starts[i], begins[i], times[i], push[i])
            np.testing.assert_allclose(found.states[i], alone, rtol=1e-10)


def test_stiff_fields_need_fewer_implicit_steps() -> None:
    def stiff(t: Any, x: jax.Array, args: Any) -> jax.Array:
        return -1e3 * (x - jnp.cos(t))

    def steps(solver: Any) -> int:
        start, begin, times = jnp.ones(1), jnp.zeros(()), jnp.asarray([2.0])
        found = trajectory(Method(solver), stiff, start, begin, times, None)
        assert found.status == SOLVED
        return int(found.steps)

    with jax.enable_x64(True):
        assert steps("kvaerno5") < steps("tsit5") / 10


def test_methods_are_checked() -> None:
    for wrong in ({"solver": "euler"}, {"adjoint": "magic"}, {"adjoint": "backsolve"}, {"steps": 0}):
        with pytest.raises(UserError):
            Method(**wrong)
