"""The main job from a screen to a run folder: interrupted anywhere, it goes on to the same numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from semimech.runs.folder import RunFolder
from semimech.runs.options import RunOptions, options_from
from semimech.runs.pipeline import load_model, options_of, run_screen
from semimech.runs.predict import predict_conditions
from semimech.simulate.demo import simulate_demo
from semimech.support.errors import UserError

QUICK = {"cellbox": {"steps": 20, "members": 2, "folds": 2, "sparsity": [1e-3], "input_ridge": [0.5]}}
OPTIONS = RunOptions(models=("cellbox",), splits=("combinations",), seeds=2, model_options=QUICK)
OPTIONS_ANY = replace(OPTIONS, splits=())
RESULTS = ("scores", "conditions", "features")


@pytest.fixture(scope="module")
def screen():
    return simulate_demo(replicates=2)


@pytest.fixture(scope="module")
def run(screen, tmp_path_factory) -> RunFolder:
    return run_screen(screen, tmp_path_factory.mktemp("run"), OPTIONS)


class StopAt:
    """Press Ctrl-C at the given call of the monitor."""

    def __init__(self, call: int) -> None:
        self.call, self.calls = call, 0

    def __call__(self, stage: str, done: float, total: float) -> None:
        self.calls += 1
        if self.calls == self.call:
            raise KeyboardInterrupt


def test_everything_is_kept(run):
    assert run.is_complete
    assert set(run.models()) >= {"ridge", "no-change", "cellbox"}
    scores = run.table("scores")
    assert set(scores["model"]) == set(run.models())
    assert run.networks() == ("cellbox", "cellbox-no-network")
    assert run.network("truth") is not None
    assert not list(run.path.rglob("*.pkl"))
    assert not [file for file in run.path.rglob(".*") if file.is_file()]


def test_every_edge_has_its_evidence(run):
    network = run.network("cellbox")
    assert {"stability", "lower", "upper", "q_value", "identifiable"} <= set(network.edges.columns)
    assert network.edges["identifiable"].dtype == bool
    assert "identifiable" in run.edge_sentences()[0]


def test_the_seeds_spread_is_given_for_models_only(run):
    scores = run.table("scores")
    nmse = scores[scores["score"] == scores["score"].iloc[0]].set_index("model")
    assert np.isfinite(nmse.loc["cellbox", "seeds_sd"])
    assert np.isnan(nmse.loc["ridge", "seeds_sd"])


def test_every_prediction_is_found_under_its_own_name(run):
    found = {(fold, model, seed) for fold, model, seed, _ in run.predictions("combinations")}
    models = set(run.models())
    second = {("all combinations", model, 1) for model in ("cellbox", "cellbox-no-network")}
    expected = {("all combinations", model, 0) for model in models} | second
    assert found == expected
    assert all(run.observed_file("combinations", fold).is_file() for fold, _, _ in found)


def test_an_interrupted_run_goes_on_to_the_same_numbers(screen, run, tmp_path):
    stops = 0
    for call in (1, 9, 14, 25, 40):
        monitor = StopAt(call)
        try:
            run_screen(screen, tmp_path, OPTIONS, monitor=monitor)
        except KeyboardInterrupt:
            stops += 1
    assert stops >= 3
    resumed = run_screen(screen, tmp_path, OPTIONS)
    for name in RESULTS:
        assert (resumed.path / f"{name}.csv").read_bytes() == (run.path / f"{name}.csv").read_bytes()
    conditions = ["drugA+drugB+drugC"]
    np.testing.assert_array_equal(
        predict_conditions(resumed, conditions)[1].mean, predict_conditions(run, conditions)[1].mean
    )


def test_other_options_or_data_are_another_run(screen, run):
    with pytest.raises(UserError, match="begun with other options"):
        run_screen(screen, run.path, replace(OPTIONS, seeds=1))
    with pytest.raises(UserError, match="begun with other data"):
        run_screen(simulate_demo(replicates=3), run.path, OPTIONS)
    with pytest.raises(UserError, match="begun with other data or reading options"):
        run_screen(screen, run.path, OPTIONS, provenance={"sha256": "1"})


def test_predictions_need_only_the_folder(run):
    model, prediction = predict_conditions(run, ["drugA=0.5+drugB", "drugB+drugA=0.5", "drugC"])
    assert model == "cellbox"
    assert prediction.mean.shape == (3, 22)
    np.testing.assert_array_equal(prediction.mean[0], prediction.mean[1])
    assert prediction.rests_on[2] == "the same condition in training"
    ridge = load_model(run, "ridge").predict(prediction.conditions)
    assert np.corrcoef(ridge.mean.ravel(), prediction.mean.ravel())[0, 1] > 0.5


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("drugZ", "'drugZ' in 'drugZ' is not a perturbation"),
        ("drugA+drugA", "names drugA twice"),
        ("drugA=much", "'much' in 'drugA=much' is not a dose"),
        ("drugA=inf", "not finite"),
        ("drugA=0", "gives no perturbation"),
    ],
)
def test_wrong_conditions_are_told(run, condition, words):
    with pytest.raises(UserError, match=words):
        predict_conditions(run, [condition])


def test_unknown_models_and_options_are_told(run):
    with pytest.raises(UserError, match="has no model 'cellbax'"):
        predict_conditions(run, ["drugA"], "cellbax")
    with pytest.raises(UserError, match="model 'cellbax' is unknown"):
        RunOptions(models=("cellbax",))
    with pytest.raises(UserError, match="cellbox has no option 'stepz'"):
        RunOptions(model_options={"cellbox": {"stepz": 3}})
    with pytest.raises(UserError, match="unknown option 'seedz'"):
        options_from({"seedz": 1}, {}, {})
    with pytest.raises(UserError, match="partitions is 0"):
        options_from({"partitions": 2}, {}, {"partitions": 0})


def test_what_is_given_overrules_the_file():
    options = options_from({"partitions": 2, "splits": "dose"}, {}, {"partitions": 4, "seeds": None})
    assert (options.partitions, options.splits, options.seeds) == (4, ("dose",), RunOptions().seeds)


def test_the_seconds_of_all_processes_are_added_up(screen, run, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run_screen(screen, tmp_path, OPTIONS, monitor=StopAt(20))
    assert RunFolder(tmp_path).json("elapsed")["seconds"] > 0
    finished = run.json("elapsed")
    run_screen(screen, run.path, OPTIONS)
    assert run.json("elapsed") == finished


def test_options_that_an_older_version_did_not_know_are_those_by_default(tmp_path):
    older = {name: value for name, value in OPTIONS.as_dict().items() if name not in ("prior", "level")}
    RunFolder(tmp_path).write_json("config", {"options": older})
    assert options_of(RunFolder(tmp_path)) == OPTIONS


def test_the_model_asked_for_predicts(screen, tmp_path):
    ridge = run_screen(screen, tmp_path, replace(OPTIONS, models=("ridge",)))
    assert predict_conditions(ridge, ["drugA"])[0] == "ridge"


def test_a_screen_without_a_question_is_told_before_any_fit(screen, tmp_path):
    with pytest.raises(UserError, match="No way of holding out"):
        run_screen(screen.take(np.flatnonzero(screen.is_control)[:2]), tmp_path / "run", OPTIONS_ANY)
    assert not (tmp_path / "run").exists()
