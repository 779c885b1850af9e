"""Screens with controls at several times: the term where they rest, its refusal where they move."""

from pathlib import Path

import numpy as np
import pytest
from tests.runs.drift_screens import DRIFT, EXPECTED, PAIR, TIMES, screen

from semimech.data.condition import Condition
from semimech.data.inner import inner_splits
from semimech.data.splits import Split
from semimech.models.dynamics import FittedStates, NeuralCourses, NeuralCoursesWithoutTerm
from semimech.models.dynamics.controls import control_course
from semimech.models.storage import load_fitted, save_fitted
from semimech.report.build import build_report
from semimech.runs.folder import RunFolder
from semimech.runs.options import RunOptions
from semimech.runs.pipeline import run_screen
from semimech.runs.steady_state import SteadyStateFit, fit_steady_state
from semimech.simulate.demo import simulate_demo
from semimech.support.errors import UserError


@pytest.fixture(scope="module")
def rested() -> SteadyStateFit:
    return fit_steady_state(screen(0.0))


@pytest.fixture(scope="module")
def moved() -> SteadyStateFit:
    return fit_steady_state(screen(1.0))


def test_where_controls_rest_the_term_is_fitted_beside_plain_training(rested: SteadyStateFit) -> None:
    assert (rested.model.term, rested.verdict.verdict) == ("trajectory", "holds")
    assert rested.plain.strength == 0
    found = rested.model
    assert found.strengths == (0, 0.25, 0.75, 2.5, 7.5)
    assert np.isfinite(found.left_out).all()
    error = found.left_out[found.strengths.index(found.strength)]
    assert f"{error:.3g} against {found.left_out[0]:.3g}" in rested.said
    np.testing.assert_allclose(rested.model.predict(PAIR).mean, EXPECTED, atol=0.35)


def test_where_controls_move_they_are_data_and_a_term_is_refused(moved: SteadyStateFit) -> None:
    assert moved.model.term == "controls"
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
    with pytest.raises(UserError, match="The steady-state term 'soft' is unknown"):
        fit_steady_state(screen(0.0), "soft")  # type: ignore[arg-type]


def test_controls_at_one_time_make_rest_a_belief() -> None:
    fit = fit_steady_state(screen(0.0, times=(6.0,)), "hard")
    assert fit.verdict.verdict == "cannot be tested"
    assert "That controls rest is belief" in fit.said
    assert np.abs(fit.model.untreated(np.array([24.0]))).max() == 0


def all_rows(size: int) -> Split:
    return Split("all", "all", 0, np.arange(size), np.arange(0))


def test_the_estimators_are_the_fit_and_the_plain_one_beside_it(rested: SteadyStateFit, tmp_path: Path) -> None:
    data = screen(0.0)
    rows = all_rows(data.shape[0])
    for kind, expected in ((NeuralCourses, rested.model), (NeuralCoursesWithoutTerm, rested.plain)):
        found = kind(steady_state="trajectory").fit(data, rows)
        np.testing.assert_allclose(found.predict(PAIR).mean, expected.predict(PAIR).mean, atol=1e-5)
    save_fitted(rested.model, tmp_path)
    again = load_fitted(tmp_path)
    assert isinstance(again, FittedStates)
    np.testing.assert_array_equal(again.predict(PAIR).mean, rested.model.predict(PAIR).mean)
    assert len(rested.model.history()) == rested.model.steps + 1


@pytest.mark.parametrize("term", ["trajectory", "controls"])
def test_refits_are_fits_to_the_rest(term: str) -> None:
    """The choice of lambda aside, which the whole fit made."""
    data = screen(float(term == "controls"))
    estimator, rows = NeuralCourses(steady_state=term), all_rows(data.shape[0])  # type: ignore[arg-type]
    fitted = estimator.fit(data, rows)
    inner = inner_splits(data, rows, "rows", 2, 0)
    found = estimator.refits(data, rows, fitted, inner, seed=0, monitor=lambda *_: None)
    again = estimator.fit(data, inner[0])
    asked = [data.conditions[i] for i in np.unique(data.condition_codes[inner[0].test])]
    asked = [condition for condition in asked if not condition.is_control]
    assert len(found) == len(inner)
    np.testing.assert_allclose(found[0], again.predict(asked).mean, atol=0.2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"steady_state": "soft"}, "term 'soft' is unknown"),
        ({"steady_state": "hard", "shooting": True}, "option shooting has no part in a fit with a steady-state term"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: dict, words: str) -> None:
    with pytest.raises(UserError, match=words):
        NeuralCourses(**options)


ASKED = RunOptions(models=("neural-courses",), splits=("cells",), partitions=1, steady_state="auto")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return run_screen(screen(0.0), tmp_path_factory.mktemp("run"), ASKED)


def test_a_run_judges_the_term_beside_plain_training(run: RunFolder) -> None:
    assert run.json("config")["options"]["steady_state"] == "trajectory"
    assert {"neural-courses", "neural-courses-no-term"} <= set(run.models())
    kept, ratios = run.json("steady_state"), run.table("steady_state")
    assert kept["said"].startswith("Steady-state term of lambda")
    assert kept["lambda"] in kept["tried"]
    assert ratios["split"].tolist() == ["cells"]
    assert len(run.table("history/neural-courses"))
    assert not (run.path / "rates").exists()
    row = ratios.iloc[0]
    assert row["ratio"] == pytest.approx(row["error"] / row["other_error"])
    assert row["lower"] < row["ratio"] < row["upper"]
    said = " ".join(run.json("verdict")["sentences"])
    assert "what neural-courses is told of untreated cells changes the score by" in said
    page = build_report(run).read_text()
    assert '<h2 id="steady-state">' in page
    assert kept["said"] in page


def test_a_run_refuses_the_term_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'trajectory' is refused, for controls move with time"):
        run_screen(screen(1.0), tmp_path / "run", RunOptions(models=("neural-courses",), steady_state="trajectory"))
    with pytest.raises(UserError, match=r"no time that is a number: give obs\['time'\]"):
        run_screen(simulate_demo(1), tmp_path / "run", RunOptions(steady_state="hard"))
    assert not (tmp_path / "run").exists()
