"""Screens with controls at several times: the term where they rest, its refusal where they move."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.condition import Condition, Perturbation
from semimech.data.screen import Screen
from semimech.models.dynamics.controls import control_course
from semimech.runs.steady_state import SteadyStateFit, fit_steady_state
from semimech.support.errors import UserError

GENES, TIMES = 3, (0.0, 6.0, 12.0, 24.0)
EFFECTS = np.array([[-1.0, 0.5, 0.0], [0.0, 1.0, -0.8]])
DRIFT = np.array([1.5, 0.0, -1.0])
DESIGNS = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.4, 0.0), (0.0, 0.4))


def screen(drift: float, cells: int = 20, times: tuple[float, ...] = TIMES) -> Screen:
    """Two drugs at two doses in two batches that are shifted; effects and drift approach their ends within hours."""
    random = np.random.default_rng(1)
    rows, values = [], []
    for batch in range(2):
        for doses in DESIGNS:
            for time in times if doses == (0.0, 0.0) else TIMES[1:]:
                mean = (np.array(doses) @ EFFECTS + drift * DRIFT) * (1 - np.exp(-time / 6)) + 3 + 0.5 * batch
                values.append(mean + 0.2 * random.standard_normal((cells, GENES)))
                rows += [(*doses, str(batch), time)] * cells
    obs = pd.DataFrame(rows, columns=["a", "b", "batch", "time"], index=[f"cell {i}" for i in range(len(rows))])
    return Screen(
        np.concatenate(values).astype(np.float32),
        sp.csr_array(obs[["a", "b"]].to_numpy()),
        tuple(Perturbation(name, "drug", {}) for name in ("a", "b")),
        pd.DataFrame(index=[f"G{i}" for i in range(GENES)]),
        obs[["batch", "time"]],
        "log-normalised",
    )


PAIR = [Condition((("a", 1.0), ("b", 1.0)), f"time {time:g}") for time in TIMES]
EXPECTED = EFFECTS.sum(0) * (1 - np.exp(-np.array(TIMES) / 6))[:, None]


@pytest.fixture(scope="module")
def rested() -> SteadyStateFit:
    return fit_steady_state(screen(0.0))


@pytest.fixture(scope="module")
def moved() -> SteadyStateFit:
    return fit_steady_state(screen(1.0))


def test_where_controls_rest_the_term_is_fitted_beside_plain_training(rested: SteadyStateFit) -> None:
    assert (rested.term, rested.verdict.verdict) == ("trajectory", "holds")
    assert rested.plain.strength == 0
    assert np.isfinite(rested.errors).all()
    assert rested.model.strength == rested.strengths[int(rested.errors.argmin())] / 4
    assert f"{rested.errors.min():.3g} against {rested.errors[0]:.3g}" in rested.said
    np.testing.assert_allclose(rested.model.predict(PAIR).mean, EXPECTED, atol=0.35)


def test_where_controls_move_they_are_data_and_a_term_is_refused(moved: SteadyStateFit) -> None:
    assert moved.term == "controls"
    assert "fitted as data" in moved.said
    course = DRIFT * (1 - np.exp(-np.array(TIMES[1:]) / 6))[:, None]
    np.testing.assert_allclose(moved.model.untreated(np.array(TIMES[1:])), course, atol=0.25)
    np.testing.assert_allclose(moved.model.predict(PAIR).mean, EXPECTED, atol=0.5)
    with pytest.raises(UserError, match=r"'hard' is refused, for controls move with time \(.*\): use 'controls'"):
        fit_steady_state(screen(1.0), "hard")


def test_what_a_prediction_rests_on(rested: SteadyStateFit) -> None:
    asked = [Condition((("a", 1.0),), "time 6"), Condition((("new", 1.0),), "time 6"), PAIR[0]]
    found = rested.model.predict(asked)
    assert found.rests_on[:2] == ("the same condition in training", "no training data with new")
    assert np.abs(found.mean[1]).max() == 0
    assert np.abs(found.mean[2]).max() == 0
    assert found.status == ("", "", "")


def test_where_controls_stand_is_asked_for() -> None:
    start, course = control_course(screen(1.0), np.arange(screen(1.0).shape[0]), np.array([6.0, 7.0]))
    np.testing.assert_allclose(start, 3.25, atol=0.1)
    np.testing.assert_allclose(course[0], DRIFT * (1 - np.exp(-1)), atol=0.15)
    assert np.isnan(course[1]).all()
    with pytest.raises(UserError, match=r"Controls move, but where they are at the times 6, 12, 24 after"):
        fit_steady_state(screen(1.0, times=(3.0, 6.0, 12.0, 24.0)))
    with pytest.raises(UserError, match="The term 'soft' is unknown"):
        fit_steady_state(screen(0.0), "soft")  # type: ignore[arg-type]


def test_controls_at_one_time_make_rest_a_belief() -> None:
    fit = fit_steady_state(screen(0.0, times=(6.0,)), "hard", steps=20, rows=None)
    assert fit.verdict.verdict == "cannot be tested"
    assert "That controls rest is belief" in fit.said
    assert np.abs(fit.model.untreated(np.array([24.0]))).max() == 0
