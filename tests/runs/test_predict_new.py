"""Perturbations that are in no data, predicted from a run by their annotations."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from tests.models.informed_screens import informed_screen

from semimech.cli.main import main
from semimech.data.condition import Perturbation
from semimech.data.screen import Screen
from semimech.runs.folder import RunFolder
from semimech.runs.options import RunOptions
from semimech.runs.pipeline import run_screen
from semimech.runs.predict import predict_conditions
from semimech.support.errors import UserError


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    options = RunOptions(
        models=("cellbox-annotated",),
        splits=("combinations",),
        seeds=1,
        model_options={"cellbox-annotated": {"steps": 40, "folds": 3, "network_ridge": [10.0], "mixed_ridge": [0.1]}},
    )
    return run_screen(informed_screen(), tmp_path_factory.mktemp("run") / "run", options)


@pytest.fixture
def known(tmp_path: Path) -> Path:
    path = tmp_path / "new.csv"
    path.write_text("perturbation,target,sign,pathway\nG,n0,-1,one\nA,n9,-1,two\n")
    return path


def test_the_informed_baselines_are_judged_beside_it(run: RunFolder) -> None:
    models = set(run.table("scores")["model"])
    assert {"mean-drug", "pathway-kernel", "target-imputation", "cellbox-annotated"} <= models


def test_new_alone_and_with_known_ones(run: RunFolder, known: Path) -> None:
    model, prediction = predict_conditions(run, ["G", "G=-0.8+D", "A+D"], annotations=known)
    assert model == "cellbox-annotated"
    assert [c.label for c in prediction.conditions] == ["G=-0.8", "D=-0.6+G=-0.8", "A=-1+D=-0.6"]
    assert "for G, its targets n0 and the pathway one" in prediction.rests_on[0]
    assert prediction.mean[0, 0] < -0.3
    assert prediction.upper is not None
    assert prediction.lower is not None
    width = (prediction.upper - prediction.lower).mean(1)
    assert width[0] > width[2]


def test_what_the_data_say_comes_before_what_the_file_says(run: RunFolder, known: Path) -> None:
    _, with_file = predict_conditions(run, ["A"], annotations=known)
    _, without = predict_conditions(run, ["A"])
    assert (with_file.mean == without.mean).all()


def test_a_model_that_cannot_is_named_with_one_that_can(run: RunFolder, known: Path) -> None:
    with pytest.raises(UserError, match="ridge cannot predict G, which is not in the data: use --model"):
        predict_conditions(run, ["G"], "ridge", known)
    model, _ = predict_conditions(run, ["G"], "pathway-kernel", known)
    assert model == "pathway-kernel"


def test_neither_data_nor_annotation(run: RunFolder, known: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"'H' in 'H' is not a perturbation that was learnt.*new\.csv does not name it"):
        predict_conditions(run, ["H"], annotations=known)
    empty = tmp_path / "empty.toml"
    empty.write_text("[perturbation.H]\ntargets = {}\n")
    with pytest.raises(UserError, match="gives H neither targets nor pathways"):
        predict_conditions(run, ["H"], annotations=empty)
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[perturbation.H]\ntargets = { nowhere = -1 }\n")
    with pytest.raises(UserError, match="'nowhere', which is not in the data"):
        predict_conditions(run, ["H"], annotations=wrong)


def test_on_the_command_line(run: RunFolder, known: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "predicted.csv"
    assert main(["predict", str(run.path), "G=-1", "--annotations", str(known), "--out", str(out)]) == 0
    assert "for G, its targets n0" in capsys.readouterr().out
    table = pd.read_csv(out)
    assert (table["lower"] < table["upper"]).sum() >= 10
    assert main(["predict", str(run.path), "G=-1", "--out", str(out)]) == 2
    assert "a new one needs --annotations FILE" in capsys.readouterr().err


def test_any_other_gene_may_be_asked_for_where_genes_were_perturbed(tmp_path: Path) -> None:
    network = np.diag([0.8, -0.8, 0.8, 0.8], -1)
    states = [held(network, ()), *(held(network, (j,)) for j in range(4))]
    label = np.repeat(np.arange(5), 20)
    values = 4 + np.stack(states)[label] + 0.05 * np.random.default_rng(2).normal(size=(100, 5))
    screen = Screen(
        values,
        sp.csr_array(np.eye(5)[label][:, 1:]),
        tuple(Perturbation(f"k{j}", "knock-out", {f"g{j}": -1}) for j in range(4)),
        pd.DataFrame(index=[f"g{j}" for j in range(5)]),
        pd.DataFrame(index=map(str, range(100))),
        "log-normalised",
        name="genes",
    )
    options = RunOptions(models=("scm",), splits=("cells",), partitions=1, seeds=1)
    run = run_screen(screen, tmp_path / "run", options)
    model, prediction = predict_conditions(run, ["g4", "k0", "k0+g4"])
    assert model == "scm"
    assert prediction.rests_on[0].startswith("no training data with g4: g4 held at")
    assert prediction.mean[0, 4] < -0.5
    assert prediction.mean[2, 4] == pytest.approx(prediction.mean[0, 4])
    with pytest.raises(UserError, match="'g0' in 'g0' is not a perturbation that was learnt from"):
        predict_conditions(run, ["g0"])  # k0 is the knock-out of g0


def held(network: np.ndarray, targets: tuple[int, ...]) -> np.ndarray:
    system, right = np.eye(5) - network, np.zeros(5)
    system[list(targets)] = np.eye(5)[list(targets)]
    right[list(targets)] = -2.0
    return np.linalg.solve(system, right)
