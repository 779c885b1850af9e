"""`semimech audit focus`: the four readings in words and files, resumed; mistakes in one sentence with exit code 2."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.audit.bioactivities import plain_table, written

from semimech.audit.focus import of_table
from semimech.cli import main


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    frame = plain_table(120)
    # Longer molecules are more active, so that there is something to learn.
    frame["IC50"] = np.round(10 ** (4 - 0.15 * frame["smiles"].str.len() + np.linspace(0, 0.1, 120)), 4)
    path = written(frame, tmp_path / "table.csv")
    return ["audit", "focus", str(path), "--series", "class=A", "--step", "40", "--out", str(tmp_path / "out")]


def test_the_readings_are_told_written_and_taken_up_again(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main([*arguments, "--repeats", "2"]) == 0
    told = capsys.readouterr().out
    assert "kernel: 2 halvings of 40 compounds, up to 80 outsiders" in told
    for reading in ("fixed threshold", "recalibrated", "ranking", "regression"):
        assert reading in told
    assert "80 of 80 outsiders have their assay in common with the series" in told
    out = tmp_path / "out"
    table = pd.read_csv(out / "surface.csv")
    assert set(table["outsiders"]) == {0, 40, 80}
    assert set(table["outside"]) == {"all", "same assay"}
    said = json.loads((out / "focus.json").read_text(encoding="utf-8"))
    assert said["learner"] == "kernel"
    assert len(said["sentences"]) == 4
    assert (out / "curves.png").exists()
    assert (out / "surface.svg").exists()
    kept = out / "repeats" / "all" / "repeat-0000.npz"
    before = kept.stat().st_mtime_ns
    assert main([*arguments, "--repeats", "3", "--no-figures"]) == 0
    assert kept.stat().st_mtime_ns == before
    assert (out / "repeats" / "all" / "repeat-0002.npz").exists()


def test_a_learner_of_scikit_learn_with_thresholds_in_nanomolar(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    options = ["--learner", "ExtraTrees", "--option", "n_estimators=5", "--option", "max_features=sqrt"]
    assert (
        main([*arguments, *options, "--no-figures", "--match", "source", "--repeats", "2", "--thresholds", "50", "100"])
        == 0
    )
    assert "ExtraTrees: 2 halvings" in capsys.readouterr().out
    table = pd.read_csv(tmp_path / "out" / "surface.csv")
    assert sorted(table["threshold"].dropna().unique()) == pytest.approx([7.0, 9 - np.log10(50)])


def test_a_classifier_alone_leaves_the_regression_open(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert (
        main(
            [
                *arguments,
                "--learner",
                "BernoulliNB",
                "--no-figures",
                "--repeats",
                "2",
                "--thresholds",
                "50",
                "--match",
                "source",
            ]
        )
        == 0
    )
    assert "compounds of the series and N biased ones" not in capsys.readouterr().out
    said = json.loads((tmp_path / "out" / "focus.json").read_text(encoding="utf-8"))
    assert said["theory"] is None
    assert next(one for one in said["gains"] if one["reading"] == "regression")["all"]["mean"] is None


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--learner", "wood"], "scikit-learn has no estimator wood"),
        (["--learner", "Ridge", "--option", "trees=3"], "has no option trees"),
        (["--learner", "Ridge", "--option", "trees"], "write it as NAME=VALUE"),
        (["--option", "k=3"], "kernel takes no --option"),
        (["--thresholds", "-1"], "give numbers above 0"),
        (["--thresholds", "1e9"], "leaves fewer than 6 compounds of the series on one side"),
        (["--outsiders", "0"], "leave nothing to add"),
        (["--repeats", "1"], "at least 2 repeats"),
    ],
)
def test_mistakes_are_one_sentence(
    more: list[str], sentence: str, arguments: list[str], capsys: pytest.CaptureFixture
) -> None:
    assert main([*arguments, *more]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert "Traceback" not in error


def test_the_farthest_outsiders_are_left_out_and_counted(arguments: list[str], capsys: pytest.CaptureFixture) -> None:
    assert main([*arguments, "--no-figures", "--repeats", "2", "--outsiders", "60"]) == 0
    told = capsys.readouterr().out
    assert "up to 60 outsiders" in told
    assert "The 20 outsiders farthest from the series were not taken" in told
    assert "60 of 60 outsiders have their assay in common" in told


def test_a_curve_needs_a_series(arguments: list[str], capsys: pytest.CaptureFixture) -> None:
    assert main(arguments[:3]) == 2
    assert "give --series COLUMN=VALUE" in capsys.readouterr().err


def test_more_compounds_than_fit_are_refused(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(of_table, "LARGEST", 90)
    assert main([*arguments, "--repeats", "2"]) == 2
    assert "The series of 40 compounds and its outsiders are 120, more than the 90" in capsys.readouterr().err
