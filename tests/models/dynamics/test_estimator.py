"""Time courses of a screen: learnt from conditions at several times, predicted at others, saved, and refused."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.integrate import solve_ivp

from semimech.data.condition import Condition, Perturbation
from semimech.data.effects import effects_of
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.models.base import Estimator, Fitted
from semimech.models.dynamics import CellBoxCourses, FittedCourses, NeuralCourses
from semimech.models.dynamics.objective import CourseObjective
from semimech.models.dynamics.table import course_table
from semimech.models.storage import load_fitted, save_fitted
from semimech.support.errors import UserError

GENES = ("A", "B", "C")
WEIGHTS = np.array([[0, 0, -0.9], [1.0, 0, 0], [0, 0.8, 0]])
EPS, ALPHA = np.array([0.3, 0.2, 0.4]), np.array([0.1, 0.2, 0.15])  # per hour
DRIVE = np.array([[1.0, 0, 0], [0, -1.0, 0.5], [0, 0, 1.2]])
TIMES = np.array([3.0, 8.0, 24.0])


def screen(noise: float = 0.02, replicates: int = 2) -> Screen:
    """Three drugs at two doses and in pairs; every condition at three times, hours."""
    doses = [*(d * np.eye(3)[i] for i in range(3) for d in (0.6, 1.5)), *(1 - np.eye(3))]
    rows, design, times = [], [], []
    random = np.random.default_rng(0)
    for dose in doses:
        u = DRIVE @ np.tanh(dose)
        solved = solve_ivp(
            lambda t, x, u=u: EPS * np.tanh(WEIGHTS @ x + u) - ALPHA * x, (0, 24), np.zeros(3), "RK45", TIMES
        )
        for time, x in zip(TIMES, solved.y.T, strict=True):
            for _ in range(replicates):
                rows.append(x + noise * random.standard_normal(3))
                design.append(dose)
                times.append(time)
    names = [f"row {i}" for i in range(len(rows))]
    return Screen(
        np.array(rows, np.float32),
        sp.csr_array(np.array(design)),
        tuple(Perturbation(name, "drug", {}) for name in ("d1", "d2", "d3")),
        pd.DataFrame(index=list(GENES)),
        pd.DataFrame({"time": times}, index=names),
        "log-ratio",
    )


@pytest.fixture(scope="module")
def last_time() -> tuple[Screen, Split, FittedCourses]:
    data = screen()
    split = split_screen(data, "time")[0]
    model = CellBoxCourses(folds=4, steps=1500, sparsity=(0.3,))
    assert isinstance(model, Estimator)
    return data, split, model.fit(data, split)


def test_a_later_time_is_predicted(last_time: tuple[Screen, Split, FittedCourses]) -> None:
    data, split, fitted = last_time
    assert isinstance(fitted, Fitted)
    asked = list(dict.fromkeys(data.conditions[i] for i in data.condition_codes[split.test]))
    observed = np.array([data.responses[data.condition_codes == data.conditions.index(c)].mean(0) for c in asked])
    found = fitted.predict(asked)
    assert np.sqrt(((found.mean - observed) ** 2).mean()) < 0.25 * observed.std()
    assert set(found.status) == {"later than all training, which ends at 8"}
    assert set(found.rests_on) == {"the same perturbations at other times in training"}
    assert (found.lower < found.mean).all()


def test_network_and_rates_are_in_the_units_of_the_data(last_time: tuple[Screen, Split, FittedCourses]) -> None:
    _, _, fitted = last_time
    network = fitted.network()
    assert network is not None
    found = network.matrix()[:3, :3]
    assert (np.sign(found[WEIGHTS != 0]) == np.sign(WEIGHTS[WEIGHTS != 0])).all()
    assert {"spread", "q_value"} <= set(network.edges)
    rates = fitted.rates().set_index("node")
    assert rates["eps_identified"].all()
    np.testing.assert_allclose(rates["eps"], EPS, rtol=0.5)
    assert len(fitted.history()) == max(len(fitted.train_error), len(fitted.validation_error))


def test_a_fit_is_saved_and_loaded(last_time: tuple[Screen, Split, FittedCourses], tmp_path: Path) -> None:
    data, _, fitted = last_time
    save_fitted(fitted, tmp_path)
    again = load_fitted(tmp_path)
    asked = data.conditions[:4]
    np.testing.assert_array_equal(again.predict(asked).mean, fitted.predict(asked).mean)


def test_other_times_and_none(last_time: tuple[Screen, Split, FittedCourses]) -> None:
    _, _, fitted = last_time
    doses = (("d1", 1.5),)
    at = [Condition(doses, context) for context in ("time 0", "time 8", "")]
    found = fitted.predict(at)
    np.testing.assert_array_equal(found.mean[0], 0)
    np.testing.assert_allclose(found.mean[1], found.mean[2])
    assert "the last time of training, 8" in found.status[2]
    unknown = fitted.predict([Condition((("new", 1.0),), "time 8")])
    np.testing.assert_allclose(unknown.mean, 0, atol=1e-6)
    assert unknown.rests_on == ("no training data with new",)


def all_rows(data: Screen) -> Split:
    return Split("all", "all", 0, np.arange(data.shape[0]), np.arange(0))


@pytest.mark.parametrize(
    ("model", "most"),
    [
        (NeuralCourses(folds=0, steps=200, hidden=8), 0.02),
        (CellBoxCourses(folds=0, steps=200, shooting=True), 0.02),
        (CellBoxCourses(folds=0, steps=200, adjoint="implicit"), 0.02),
    ],
    ids=["neural", "shooting", "implicit"],
)
def test_every_way_of_fitting_learns(model: CellBoxCourses, most: float) -> None:
    """Errors are in units in which the mean squared effect is .25."""
    data = screen(replicates=1)
    fitted = model.fit(data, all_rows(data))
    assert fitted.train_error[-1] < most
    assert not any(fitted.predict(data.conditions[:3]).status)


def test_backsolve_is_refused_where_it_is_unstable() -> None:
    data = screen(replicates=1)
    model = CellBoxCourses(solver="tsit5", adjoint="backsolve")
    problem = model.problem(data, effects_of(data, np.arange(data.shape[0])))
    objective = CourseObjective(model.law_on(problem), model.method(problem.times))
    fast = problem.guess(objective, problem.everything(), 0)._replace(alpha=jnp.full(3, 8.0))
    with pytest.raises(UserError, match=r"backsolve' is unstable here: .* use the adjoint checkpoint"):
        problem.refuse_lost(objective, "backsolve", 0, 0.01, fast)
    problem.refuse_lost(objective, "checkpoint", 0, 0.01, fast)


def test_screens_without_times_are_told() -> None:
    with pytest.raises(UserError, match="has no time that is a number"):
        course_table([Condition((("d1", 1.0),))])
    with pytest.raises(UserError, match="has no time that is a number"):
        course_table([Condition((("d1", 1.0),), "time day 2")])
    for wrong in ({"jitter": 1.0}, {"adjoint": "magic"}, {"sparsity": ()}, {"steps": 0}, {"solver": "euler"}):
        with pytest.raises(UserError):
            CellBoxCourses(**wrong)
