import json

import numpy as np
import pandas as pd
import pytest

from semimech.cli.main import main
from semimech.data.condition import Condition
from semimech.data.effects import Effects
from semimech.data.network import Network
from semimech.runs.folder import RunFolder
from semimech.runs.tables import effects_table, write_table


@pytest.fixture
def run(tmp_path) -> RunFolder:
    folder = RunFolder(tmp_path / "run")
    folder.write_json("config", {})
    effects = Effects(
        conditions=(Condition((("p", 1.0),)),),
        perturbations=("p",),
        features=("a", "b"),
        design=np.ones((1, 1)),
        values=np.array([[0.1, 3.0]]),
        standard_errors=np.full((1, 2), np.nan),
        counts=np.ones(1),
        control_mean=np.zeros(2),
    )
    write_table(folder.path / "effects.h5ad", effects_table(effects))
    folder.write_table("perturbations", pd.DataFrame({"name": ["p"], "targets": [""]}))
    weights = np.array([[0.0, 0.5], [-2.0, 0.0]])
    frequency = np.array([[0.0, 0.3], [1.0, 0.0]])
    folder.write_network("cellbox", Network.from_matrix(weights, ["a", "b"], (), {"stability": frequency}))
    return folder


def test_every_format_is_written(run, capsys):
    assert main(["network", str(run.path)]) == 0
    assert sorted(file.name for file in (run.path / "export").iterdir()) == [
        "cellbox.csv",
        "cellbox.cyjs",
        "cellbox.graphml",
    ]
    said = capsys.readouterr().out
    assert "2 nodes, 1 edges found with the same sign in at least 50% of the resamples" in said
    assert "-2.000  drive -0.2  in 100%  a -> b" in said


def test_what_speaks_for_the_edges_is_said(run, capsys):
    matrix = np.array([[0.0, 0.5], [-2.0, 0.0]])
    evidence = {"q_value": np.array([[0.0, np.nan], [0.012, 0.0]])}
    run.write_network("cellbox", Network.from_matrix(matrix, ["a", "b"], (), evidence))
    run.write_json("evidence", {"sentences": ["Two edges are identifiable."]})
    assert main(["network", str(run.path)]) == 0
    said = capsys.readouterr().out
    assert "-2.000  drive -0.2  q 0.012  a -> b" in said
    assert "+0.500  drive +1.5  b -> a" in said
    assert "Two edges are identifiable." in said


def test_edges_are_ranked_by_what_they_pass_on_as_in_the_report(run, capsys):
    assert main(["network", str(run.path), "--min-stability", "0.3"]) == 0
    said = capsys.readouterr().out
    # -2 x .1 x 1 passes on less than .5 x 3 x .3
    assert said.index("b -> a") < said.index("a -> b")
    table = pd.read_csv(run.path / "export" / "cellbox.csv")
    assert list(table["source"]) == ["b", "a"]
    assert list(table["drive"]) == pytest.approx([1.5, -0.2])


def test_options(run, tmp_path):
    arguments = ["--format", "cyjs", "--out", str(tmp_path / "out"), "--min-stability", "0.2", "--model", "cellbox"]
    assert main(["network", str(run.path), *arguments]) == 0
    (file,) = (tmp_path / "out").iterdir()
    assert len(json.loads(file.read_text())["elements"]["edges"]) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", "nosuch"], "networks of cellbox, none of 'nosuch'"),
        (["--min-stability", "2"], "between 0 and 1"),
        (["--format", "xls"], "xls"),
    ],
)
def test_mistakes_are_one_sentence(run, capsys, arguments, words):
    assert main(["network", str(run.path), *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.strip().splitlines()) == 1


def test_several_networks_must_be_chosen_from(run, capsys):
    run.write_network("other", Network.from_matrix(np.eye(2)[::-1], ["a", "b"]))
    assert main(["network", str(run.path)]) == 2
    assert "cellbox, other" in capsys.readouterr().err


def test_a_run_without_a_network_says_so(tmp_path, capsys):
    RunFolder(tmp_path).write_json("config", {})
    assert main(["network", str(tmp_path)]) == 2
    assert "has no network" in capsys.readouterr().err
    assert main(["network", str(tmp_path / "nowhere")]) == 2
    assert "is not a run folder" in capsys.readouterr().err
