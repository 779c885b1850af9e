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
        ("[model.cellbox]\nsteps = 'a'", "steps of cellbox is 'a': give a whole number"),
        ("[model.cellbox]\nsparsity = ['a']", "sparsity of cellbox is 'a': give a number"),
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


def test_another_annotation_is_another_run(tmp_path, capsys):
    table = tmp_path / "table.csv"
    rows = [f"{label},{i % 3}.5,{i % 5}.25" for i, label in enumerate(["control", "drug1", "drug2", "drug3"] * 6)]
    table.write_text("\n".join(["condition,A,B", *rows]), encoding="utf-8")
    annotations = tmp_path / "notes.toml"
    annotations.write_text('[perturbation.drug1]\nkind = "drug"\n', encoding="utf-8")
    out = tmp_path / "out"
    request = ["run", str(table), "--scale", "log-normalised", "--annotations", str(annotations), "--out", str(out)]
    assert main([*request, "--models", "ridge,nearest", "--split", "cells", "--partitions", "1"]) == 0
    assert main(["run", "--resume", str(out)]) == 0
    annotations.write_text('[perturbation.drug1]\nkind = "knock-out"\n', encoding="utf-8")
    capsys.readouterr()
    assert main(["run", "--resume", str(out)]) == 2
    assert "has changed since" in capsys.readouterr().err
