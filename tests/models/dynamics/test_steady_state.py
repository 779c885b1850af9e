"""The steady-state term: its value, its gradient, the hard form, and how its strength is chosen."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from semimech.models.dynamics.law import NetworkLaw, NeuralLaw, NeuralParameters
from semimech.models.dynamics.learning import courses_of, stacked
from semimech.models.dynamics.objective import CourseObjective
from semimech.models.dynamics.steady_state import Form, StateCourses, SteadyStateObjective, with_untreated
from semimech.models.dynamics.strength import chosen_strengths, fit_states, left_out, strongest
from semimech.numerics.trajectory import Method

TIMES = np.array([0.5, 1.0, 2.0])
NODES, DRUGS = 3, 2
WEIGHTS = np.array([[0, 0, -0.8], [0.9, 0, 0], [0, 0.7, 0]])


def simulated(activity: np.ndarray, noise: float = 0.0) -> np.ndarray:
    """Drugs push the first two nodes of a network that rests at 0 untreated (conditions x times x nodes)."""
    push = activity @ np.array([[-1.2, 0, 0], [0, 1.0, 0]])
    random = np.random.default_rng(0)
    clean = [
        solve_ivp(lambda t, x, u=u: np.tanh(WEIGHTS @ x + u) - x, (0, 2), np.zeros(NODES), "RK45", TIMES).y.T
        for u in push
    ]
    return np.stack(clean) + noise * random.standard_normal((len(push), len(TIMES), NODES))


def member(activity: np.ndarray, noise: float = 0.0, strength: float = 0.0, hard: bool = False) -> StateCourses:
    courses = courses_of(TIMES, simulated(activity, noise), activity=activity)
    return with_untreated(courses, strength=strength, hard=hard)


def drifting(law: NeuralLaw) -> NeuralParameters:
    start = law.start(NODES, DRUGS + 1, 0)
    return start._replace(outside=0.3 * jax.random.normal(jax.random.key(1), start.outside.shape))


@pytest.mark.parametrize("form", ["trajectory", "field"])
def test_the_term_is_how_far_the_untreated_system_moves(form: Form) -> None:
    law = NeuralLaw(4)
    objective = SteadyStateObjective(CourseObjective(law, Method(steps=4)), form)
    parameters, data = drifting(law), member(np.eye(DRUGS))
    given = jax.tree.map(lambda part: part[0], data.courses.given)

    def rate(t: float, x: np.ndarray) -> np.ndarray:
        return np.asarray(law.rate(t, jnp.asarray(x, jnp.float32), (parameters, given)))

    if form == "trajectory":
        expected = np.mean(solve_ivp(rate, (0, 2), np.zeros(NODES), "RK45", TIMES, rtol=1e-5).y ** 2)
    else:
        expected = np.mean(rate(0, np.zeros(NODES)) ** 2)
    states = objective.course.solve(parameters, data.courses).states
    assert expected > 1e-4
    assert float(objective.movement(parameters, data, states)) == pytest.approx(expected, rel=1e-3)


def test_gradient_agrees_with_finite_differences() -> None:
    with jax.enable_x64(True):
        law = NeuralLaw(4)
        objective = SteadyStateObjective(CourseObjective(law, Method(steps=1)), decay=0.01)
        courses = courses_of(TIMES, simulated(np.eye(DRUGS), 0.1), activity=np.eye(DRUGS), dtype=np.float64)
        data = with_untreated(courses, strength=2.0)
        parameters = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), drifting(law))

        @jax.jit
        def loss(p: NeuralParameters) -> jax.Array:
            states = objective.course.solve(p, data.courses).states
            missed = jnp.mean((states[1:] - data.courses.observed[1:]) ** 2)
            ridge = sum((leaf**2).sum() for leaf in p) - (p.alpha**2).sum()
            total = missed + 2.0 * objective.movement(p, data, states) + 0.01 * ridge
            return 0.5 * jnp.log(total + 1e-8)

        found = jax.jit(objective.gradient)(parameters, objective.start(parameters, data), data)[0]
        for name in ("inside", "linear", "alpha"):
            leaf = getattr(parameters, name)
            place, step = (0,) * leaf.ndim, 1e-5
            up, down = (float(loss(parameters._replace(**{name: leaf.at[place].add(s * step)}))) for s in (1, -1))
            assert float(getattr(found, name)[place]) == pytest.approx((up - down) / (2 * step), rel=1e-4)


@pytest.mark.parametrize("law", [NeuralLaw(8), NetworkLaw()])
def test_the_term_holds_untreated_cells_and_the_hard_form_holds_them_exactly(law: NeuralLaw | NetworkLaw) -> None:
    objective = SteadyStateObjective(CourseObjective(law, Method(steps=2)))
    members = [
        member(np.eye(DRUGS), 0.2, strength, hard) for strength, hard in ((0.0, False), (30.0, False), (0.0, True))
    ]
    fitted = fit_states(objective, members, [0, 0, 0], steps=100)
    moved = np.abs(np.asarray(objective.predict(fitted.last, stacked(members)))[:, 0]).max((1, 2))
    assert moved[0] > 0.1
    assert moved[1] < moved[0] / 5
    assert moved[2] == 0


def test_controls_are_fitted_as_data_where_they_are_given() -> None:
    law = NeuralLaw(8)
    objective = SteadyStateObjective(CourseObjective(law, Method(steps=2)), decay=1e-5)
    course = (1 - np.exp(-TIMES))[:, None] * np.array([1.0, -1.0, 0.5])
    course[1, 2] = np.nan
    courses = courses_of(TIMES, simulated(np.eye(DRUGS)) + np.nan_to_num(course), activity=np.eye(DRUGS))
    data = with_untreated(courses, course)
    fitted = fit_states(objective, [data], [0], steps=200)
    untreated = np.asarray(objective.predict(fitted.last, stacked([data])))[0, 0]
    np.testing.assert_allclose(untreated[[0, 2]], course[[0, 2]], atol=0.15)


def test_only_conditions_whose_inputs_stay_are_left_out() -> None:
    assert left_out(member(np.eye(DRUGS)), 3) == []
    doses = np.concatenate([np.eye(DRUGS), 0.4 * np.eye(DRUGS)])
    parts = left_out(member(doses), 3)
    for part in parts:
        held = np.asarray(part.courses.held_out).any((1, 2))
        activity = np.asarray(part.courses.given.activity)[:, :-1] != 0
        assert not held[0]
        assert not (activity[held] & ~activity[~held].any(0)).any()
        assert not (np.asarray(part.courses.weights)[held] > 0).any()
    assert sum(np.asarray(part.courses.held_out).any((1, 2)).sum() for part in parts) == len(doses)


def test_strength_is_chosen_on_conditions_left_out_and_else_falls_back() -> None:
    objective = SteadyStateObjective(CourseObjective(NeuralLaw(8), Method(steps=2)))
    few, doses = np.eye(DRUGS), np.concatenate([np.eye(DRUGS), 0.3 * np.eye(DRUGS)])
    lone = chosen_strengths(objective, [member(few)], [0])
    assert lone.strengths.tolist() == [3.0 / 2]
    assert np.isnan(lone.errors).all()
    found = chosen_strengths(objective, [member(doses, 0.3)], [0], strengths=(0.0, 10.0), steps=60)
    assert found.errors.shape == (1, 2)
    assert found.strengths[0] in (0.0, 2.5)


def test_the_strongest_term_within_a_standard_error_of_the_best_is_taken() -> None:
    random = np.random.default_rng(0)
    base = 1 + random.random(8)
    close, far = base + 0.02 * random.standard_normal(8), base + 0.5
    assert strongest(np.stack([base, close, far]), (0.0, 1.0, 3.0)) == 1
    assert strongest(np.stack([far, far, base]), (0.0, 1.0, 3.0)) == 3
    assert strongest(np.stack([base, far, np.full(8, np.inf)]), (0.0, 1.0, 3.0)) == 0
    assert strongest(np.array([[1.0], [0.9], [1.1]]), (0.0, 1.0, 3.0)) == 1
    assert strongest(np.full((2, 3), np.inf), (0.0, 1.0)) == 0
