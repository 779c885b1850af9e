"""`semimech run` as a user meets it: interrupted, killed, resumed, and told what is wrong."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from semimech.cli.main import main
from semimech.runs.folder import RunFolder

CONFIG = """
[run]
seeds = 1
partitions = 1
models = ["cellbox"]
splits = ["combinations", "dose"]
[model.cellbox]
steps = 20
members = 2
folds = 2
"""


@pytest.fixture
def config(tmp_path) -> Path:
    (tmp_path / "run.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path / "run.toml"


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "semimech", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(folder: Path, predictions: int) -> None:
    """Until so many predictions are kept."""
    end = time.monotonic() + 120
    while len(list(folder.glob("predictions/*/[!.]*.h5ad"))) < predictions:
        assert time.monotonic() < end, "the run keeps nothing"
        time.sleep(0.02)


def test_interrupted_and_killed_it_goes_on_to_the_same_numbers(config, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert start("run", "demo", "--config", config, "--out", whole).wait() == 0
    process = start("run", "demo", "--config", config, "--out", broken)
    wait_for(broken, 3)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert said.splitlines()[-1].startswith("semimech: Interrupted; what is finished is kept")
    assert f"--resume {broken}" in said
    process = start("run", "--resume", broken)
    wait_for(broken, 12)
    process.kill()
    process.communicate()
    assert not RunFolder(broken).is_complete
    (broken / "predictions" / "combinations" / ".all_combinations__ridge__0.abc.h5ad").write_bytes(b"half")
    assert start("run", "--resume", broken).wait() == 0
    for name in ("scores", "conditions", "features"):
        assert (broken / f"{name}.csv").read_bytes() == (whole / f"{name}.csv").read_bytes()
    assert (broken / "report.html").is_file()
    assert not [file for file in broken.rglob(".*") if file.is_file()]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], "Say which screen to run"),
        (["run", "nowhere.h5ad"], "nowhere.h5ad"),
        (["run", "demo", "--split", "moon"], "The split 'moon' is unknown"),
        (["run", "demo", "--models", "oracle"], "The model 'oracle' is unknown"),
        (["run", "demo", "--partitions", "0"], "partitions is 0"),
        (["run", "demo", "--seed", "-1"], "seed is -1"),
        (["run", "demo", "--time", "t"], "--time says nothing about the built-in screen"),
        (["run", "demo", "--config", "none.toml"], "There is no configuration file none.toml"),
        (["run", "--resume", "."], "is not a run folder"),
        (["run", "demo", "--out", "taken"], "taken is there already"),
        (["predict", ".", "drugA"], "is not a run folder"),
        (["network", "."], "is not a run folder"),
        (["report", "."], "is not a run folder"),
    ],
)
def test_a_wrong_request_is_one_sentence(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("mine", encoding="utf-8")
    assert main(arguments) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert words in said[0]
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]


def test_a_wrong_configuration_names_the_option(config, tmp_path, capsys):
    for wrong, words in (
        ("[run]\nseedz = 1", "unknown option 'seedz'"),
        ("[model.cellbox]\nstepz = 1", "no option 'stepz'"),
        ("[reading]\nkind = 'drug'", "unknown section [reading]"),
        ("[read]\nknd = 'drug'", "unknown option 'knd'"),
        ("[run", "is not valid TOML"),
        ("[run]\npartitions = '3'", "partitions is '3'"),
        ("[run]\nmodels = [3]", "models is [3]"),
        ("[model]\nridge = 3", "model.ridge = 3"),
        ("[model.cellbox]\nsteps = 'a'", "steps of the model cellbox is 'a': give a whole number"),
        ("[model.cellbox]\nsparsity = ['a']", "sparsity of the model cellbox is 'a': give a number"),
        ("[read]\nscale = 3", "'scale' of the section [read] is 3"),
    ):
        config.write_text(wrong, encoding="utf-8")
        assert main(["run", "demo", "--config", str(config), "--out", str(tmp_path / "out")]) == 2
        assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_run_killed_in_its_first_moment_can_begin_again(config, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / ".config.abc.json").write_text("{", encoding="utf-8")
    assert (
        main(["run", "demo", "--config", str(config), "--models", "ridge", "--split", "dose", "--out", str(out)]) == 0
    )


@pytest.fixture
def small_table(tmp_path) -> Path:
    table = tmp_path / "table.csv"
    rows = [f"{label},{i % 3}.5,{i % 5}.25" for i, label in enumerate(["control", "drug1", "drug2", "drug3"] * 6)]
    table.write_text("\n".join(["condition,A,B", *rows]), encoding="utf-8")
    return table


def test_another_annotation_is_another_run(small_table, tmp_path, capsys):
    annotations = tmp_path / "notes.toml"
    annotations.write_text('[perturbation.drug1]\nkind = "drug"\n', encoding="utf-8")
    out = tmp_path / "out"
    request = [
        "run",
        str(small_table),
        "--scale",
        "log-normalised",
        "--annotations",
        str(annotations),
        "--out",
        str(out),
    ]
    assert main([*request, "--models", "ridge,nearest", "--split", "cells", "--partitions", "1"]) == 0
    assert main(["run", "--resume", str(out)]) == 0
    annotations.write_text('[perturbation.drug1]\nkind = "knock-out"\n', encoding="utf-8")
    capsys.readouterr()
    assert main(["run", "--resume", str(out)]) == 2
    assert "has changed since" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (None, "There is no edge table"),
        ("source,target\nTP53,MDM2\n", "No edge of edges.csv joins two nodes of the screen"),
        ("source,target,weight\nM01,M02,1\nM01,M02,-1\n", "gives the edge M01 -> M02 both signs"),
    ],
)
def test_an_edge_table_of_no_use_is_one_sentence(tmp_path, capsys, table, words):
    file = tmp_path / "edges.csv"
    if table is not None:
        file.write_text(table, encoding="utf-8")
    assert main(["run", "demo", "--prior", str(file), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_what_an_edge_table_is_worth_stands_in_the_verdict(small_table, tmp_path, capsys, monkeypatch):
    edges, config, out = tmp_path / "edges.csv", tmp_path / "run.toml", tmp_path / "out"
    edges.write_text("source,target\nA,B\n", encoding="utf-8")
    models = ("cellbox", "cellbox-prior", "cellbox-shuffled-prior")
    sections = "".join(f"[model.{name}]\nsteps = 3\nmembers = 1\nfolds = 1\n" for name in models)
    config.write_text(f"[run]\nseeds = 1\nprior = '{edges.name}'\n{sections}", encoding="utf-8")
    request = ["run", str(small_table), "--scale", "log-normalised", "--config", str(config), "--out", str(out)]
    monkeypatch.chdir(tmp_path)
    assert main([*request, "--models", "ridge", "--split", "cells", "--partitions", "1"]) == 0
    monkeypatch.chdir(out)
    assert main(["run", "--resume", str(out)]) == 0
    assert "the edge prior changes the score by" in " ".join(RunFolder.open(out).json("verdict")["sentences"])
    edges.write_text("source,target\nB,A\n", encoding="utf-8")
    capsys.readouterr()
    assert main(["run", "--resume", str(out)]) == 2
    assert "has changed since" in capsys.readouterr().err
