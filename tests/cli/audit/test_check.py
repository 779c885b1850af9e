"""`semimech audit check`: facts in words, what was left out in a file, mistakes in one sentence with exit code 2."""

import json
from pathlib import Path

import pandas as pd
import pytest
from tests.audit.bioactivities import plain_table, written

from semimech.cli import main


def test_facts_and_doubts_of_a_series(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    frame = plain_table()
    frame.loc[frame["class"] == "A", "assay"] = "mine"
    frame.loc[4, "IC50"] = -1
    path = written(frame, tmp_path / "table.csv")
    assert main(["audit", "check", str(path), "--series", "class=A", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["facts"]["rows"] == "59 used, 1 left out"
    assert found["facts"]["series"].startswith("20 compounds")
    sentences = " ".join(finding["sentence"] for finding in found["findings"])
    assert "20 of the 20 compounds of the series come from one assay, mine" in sentences
    assert "Only 0 of 39 outside compounds come from the series' assays" in sentences
    assert "1 row is left out: a negative or zero activity (rows 5)" in sentences


def test_words_and_files(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    frame = plain_table().assign(relation=["="] * 59 + ["?"])
    path = written(frame, tmp_path / "table.csv")
    assert main(["audit", "check", str(path), "--out", str(tmp_path / "out")]) == 0
    assert "59 used, 1 left out" in capsys.readouterr().out
    rejected = pd.read_csv(tmp_path / "out" / "rejected.csv")
    assert rejected[["row", "reason"]].to_numpy().tolist() == [[60, "the relation is unknown"]]
    assert len(pd.read_csv(tmp_path / "out" / "compounds.csv")) == 59


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--series", "class"], "--series 'class' names no series: write it as COLUMN=VALUE."),
        (["--assay", "nothere"], "There is no column 'nothere' to take as assay"),
        (["--standardise", "all"], "Invalid value"),
        (["--series", "class=A", "--series-file", "x.csv"], "The series is named twice"),
    ],
)
def test_mistakes_are_one_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    path = written(plain_table(), tmp_path / "table.csv")
    assert main(["audit", "check", str(path), *arguments]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert "Traceback" not in error
