"""Courses of small known networks: gradients, recovery, tests of edges, multiple shooting, failures by condition."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from semimech.models.dynamics.evidence import evidence
from semimech.models.dynamics.law import NetworkLaw, NeuralLaw, growth_at_rest
from semimech.models.dynamics.learning import courses_of, first_guess, fit_courses, free_parameters, stacked
from semimech.models.dynamics.objective import CourseObjective
from semimech.models.dynamics.population import PopulationObjective
from semimech.models.dynamics.steady_state import SteadyStateObjective
from semimech.numerics.fields import positive, raw_of
from semimech.numerics.trajectory import Method
from semimech.simulate.recovery import random_weights, simulate_courses

WEIGHTS = np.array([[0, 0, -0.8, 0], [0.9, 0, 0, 0], [0, 0.7, 0, 0], [0.5, 0, -0.6, 0]])
TIMES = np.array([0.5, 1.0, 2.0, 4.0])
EPS, ALPHA = np.array([1.5, 0.8, 1.0, 1.2]), np.array([0.5, 1.0, 2.0, 0.7])


def simulated(noise: float, conditions: int = 24, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(push, observed) with rates of production and decay that differ between the nodes."""
    random = np.random.default_rng(seed)
    push = random.uniform(-1, 1, (conditions, 4)) * (random.random((conditions, 4)) < 0.5)
    clean = [
        solve_ivp(
            lambda t, x, u=u: EPS * np.tanh(WEIGHTS @ x + u) - ALPHA * x, (0, 4), np.zeros(4), "RK45", TIMES, rtol=1e-8
        ).y.T
        for u in push
    ]
    return push, np.stack(clean) + noise * random.standard_normal((conditions, len(TIMES), 4))


@pytest.fixture(scope="module")
def fitted() -> tuple[CourseObjective, Any, Any]:
    push, observed = simulated(0.01)
    objective = CourseObjective(NetworkLaw(), Method(steps=4))
    data = courses_of(TIMES, observed, push=push)
    start = first_guess(NetworkLaw(), data, 0, 0)
    trained = fit_courses(objective, stacked([start]), stacked([data]), steps=1500, rate=0.02, sparsity=1.0)
    return objective, data, jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), trained.last)


def test_courses_tell_production_from_decay_and_find_the_network(fitted: tuple[CourseObjective, Any, Any]) -> None:
    objective, data, found = fitted
    np.testing.assert_allclose(objective.law.edges(found), WEIGHTS, atol=0.15)
    np.testing.assert_allclose(positive(found.eps), EPS, rtol=0.1)
    np.testing.assert_allclose(positive(found.alpha), ALPHA, rtol=0.1)
    told = evidence(objective, found, data, free_parameters(objective.law, found))
    assert told.sigma == pytest.approx(0.01, rel=0.15)
    real = WEIGHTS != 0
    p, q = told.tests()
    assert np.isnan(p[np.eye(4, dtype=bool)]).all()
    assert (q[real] < 0.01).all()
    assert (q[~real & ~np.eye(4, dtype=bool)] < 0.1).sum() <= 1
    deviations = (told.estimate.weights - WEIGHTS)[~np.eye(4, dtype=bool)]
    assert 0.5 < np.std(deviations / told.error.weights[~np.eye(4, dtype=bool)]) < 1.7
    assert (told.error.eps < 0.2).all()


def test_a_steady_state_does_not_tell_them() -> None:
    push, _ = simulated(0.0, 12)
    with jax.enable_x64(True):
        law = NetworkLaw()
        truth = law.start(4, 0, 0)._replace(
            weights=jnp.asarray(WEIGHTS), eps=raw_of(jnp.asarray(EPS)), alpha=raw_of(jnp.asarray(ALPHA))
        )
        objective = CourseObjective(law, mode="steady")
        data = courses_of(np.array([1.0]), np.zeros((12, 1, 4)), push=push, dtype=np.float64)
        states = objective.predict(truth, data).states
        noise = 1e-4 * np.random.default_rng(0).standard_normal(states.shape)
        told = evidence(objective, truth, data._replace(observed=states + noise), free_parameters(law, truth), 2)
    assert np.isinf(told.error.eps).all()
    assert np.isinf(told.error.alpha).all()
    assert np.isfinite(told.error.weights[~np.eye(4, dtype=bool)]).all()


def test_an_edge_by_shooting_has_to_be_one_of_whole_courses(fitted: tuple[CourseObjective, Any, Any]) -> None:
    objective, data, found = fitted
    free = free_parameters(objective.law, found)
    shooting = replace(objective, mode="shooting")
    both, whole = evidence(shooting, found, shooting.weighed(found, data), free), evidence(objective, found, data, free)
    edges = ~np.eye(4, dtype=bool)
    assert (both.p[edges] >= whole.p[edges]).all()
    assert (both.tests()[1][WEIGHTS != 0] < 0.01).all()


@pytest.mark.parametrize("adjoint", ["checkpoint", "forward"])
def test_the_gradient_agrees_with_finite_differences(adjoint: Any) -> None:
    push, observed = simulated(0.1, 3)
    with jax.enable_x64(True):
        data = courses_of(TIMES, observed, push=push, dtype=np.float64)
        objective = CourseObjective(NetworkLaw(), Method(adjoint=adjoint, steps=4), "shooting")
        point = first_guess(NetworkLaw(), data, 0, 0)._replace(weights=jnp.asarray(WEIGHTS.T))

        def loss(weights: np.ndarray) -> float:
            states = objective.predict(point._replace(weights=jnp.asarray(weights)), data).states
            return 0.5 * float(np.log(((np.asarray(states) - observed) ** 2).mean() + 1e-8))

        gradient = objective.gradient(point, data.key, data)[0].weights
        for place in ((0, 1), (3, 2)):
            step = np.zeros((4, 4))
            step[place] = 1e-5
            slope = (loss(WEIGHTS.T + step) - loss(WEIGHTS.T - step)) / 2e-5
            np.testing.assert_allclose(gradient[place], slope, rtol=1e-5)


def test_noisy_starts_are_weighed_by_what_the_field_makes_of_them() -> None:
    """dx/dt = eps phi(0) + u - alpha x: the error of an interval is 1 + exp(-2 alpha dt) times that of a sample."""
    data = courses_of(np.array([1.0, 3.0]), np.zeros((1, 2, 1)))
    objective = CourseObjective(NetworkLaw(), Method(steps=20), "shooting")
    weights = objective.weighed(first_guess(NetworkLaw(), data, 0, 0), data).weights
    np.testing.assert_allclose(weights[0, :, 0], [1, 1 / (1 + np.exp(-4))], rtol=1e-4)


def test_objectives_say_where_they_factorise() -> None:
    course = CourseObjective(NetworkLaw())
    stiff = CourseObjective(NetworkLaw(), Method("kvaerno5"))
    for objective, told in ((course, False), (stiff, True), (CourseObjective(NetworkLaw(), mode="steady"), True)):
        assert objective.factorises is told
        assert SteadyStateObjective(objective).factorises is told
        assert PopulationObjective(objective.law, objective.method).factorises is (objective is stiff)


def test_data_of_one_shape_are_fitted_by_one_trace() -> None:
    traced: list[int] = []

    class Counting(NetworkLaw):
        def moves(self, t: Any, x: Any, args: Any) -> Any:
            traced.append(1)
            return super().moves(t, x, args)

    objective = CourseObjective(Counting(), Method(steps=1))
    known = []
    for seed in (0, 1, 2, 3):
        push, observed = simulated(0.01, 6, seed)
        data = [courses_of(TIMES, observed, push=push, seed=member) for member in range(3)]
        start = stacked([first_guess(objective.law, each, 0, 0) for each in data])
        found = fit_courses(objective, start, stacked(data), steps=20, sparsity=float(seed))
        known.append(len(traced))
        np.testing.assert_array_equal(found.last.weights[0], found.last.weights[2])
    assert 0 < known[0] == known[-1]


def test_a_saddle_at_rest_is_seen() -> None:
    law = NetworkLaw()
    start = law.start(2, 0, 0)
    assert growth_at_rest(law, start, 0) == pytest.approx(-1)
    switch = start._replace(weights=jnp.asarray([[0.0, -2.0], [-2.0, 0.0]]))
    assert growth_at_rest(law, switch, 0) == pytest.approx(1)


def test_an_unperturbed_neural_field_stays_at_rest() -> None:
    law = NeuralLaw(8)
    start = law.start(3, 2, 0)._replace(outside=jnp.ones((3, 8)))
    data = courses_of(TIMES, np.zeros((2, 4, 3)), activity=np.array([[0.0, 0.0], [1.0, 0.0]]))
    found = CourseObjective(law, jitter=0.2).predict(start, data)
    np.testing.assert_allclose(found.states[0], 0, atol=1e-6)
    assert np.abs(found.states[1]).max() > 1e-3


def test_every_step_draws_another_horizon(fitted: tuple[CourseObjective, Any, Any]) -> None:
    objective, data, found = fitted
    jittered = CourseObjective(objective.law, objective.method, jitter=0.1)
    gradient = jax.jit(jittered.gradient)
    first, key, _ = gradient(found, data.key, data)
    second, _, _ = gradient(found, key, data)
    assert not np.array_equal(first.weights, second.weights)


def test_simulated_courses_are_those_of_the_law() -> None:
    random = np.random.default_rng(3)
    weights, gain = random_weights(random, 6, 0.5)
    assert not np.diag(weights).any()
    assert np.abs(weights[weights != 0]).min() >= 0.1
    known = simulate_courses(random, weights, gain, 12, 2, 0.0)
    pushed = (known.push != 0).sum(1)
    assert (pushed.min(), pushed.max()) == (1, 3)
    assert np.ptp((known.push != 0).sum(0)) <= 1
    settled = simulate_courses(np.random.default_rng(3), weights, gain, 4, 0, 0.0)
    x = settled.clean[:, 0]
    np.testing.assert_allclose(gain * np.tanh(x @ weights.T + settled.push), x, atol=1e-6)


def test_a_course_begins_where_it_is_said_to() -> None:
    level = np.array([[0.5, -1.0], [2.0, 0.0]])
    data = courses_of(TIMES, np.zeros((2, 4, 2)), level=level)
    law = NetworkLaw()
    states = CourseObjective(law, Method(steps=8)).predict(law.start(2, 0, 0), data).states
    np.testing.assert_allclose(states, level[:, None] * np.exp(-TIMES)[:, None], atol=1e-4)
