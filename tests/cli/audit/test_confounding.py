"""`semimech audit confounding`: sentences, a table, a file."""

import json
from pathlib import Path

import pandas as pd
import pytest
from tests.audit.bioactivities import plain_table, written

from semimech.cli import main


def test_words_and_file(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = written(plain_table(80), tmp_path / "table.csv")
    out = tmp_path / "scores.csv"
    assert main(["audit", "confounding", str(path), "--splits", "random", "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "a model that sees only year, assay" in " ".join(shown.split())
    assert "…" not in shown  # every column fits a terminal of 80
    assert pd.read_csv(out)["split"].tolist() == ["random"]


def test_json_with_a_series(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = written(plain_table(80), tmp_path / "table.csv")
    arguments = ["--splits", "random", "--series", "class=A", "--format", "json"]
    assert main(["audit", "confounding", str(path), *arguments]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["compounds"] for row in found["scores"]] == ["all", "series"]


def test_mistakes_are_told_before_anything_is_computed(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = written(plain_table(80), tmp_path / "table.csv")
    mistakes = {"--seed is -1": ["--seed", "-1"], "is a folder": ["--out", str(tmp_path)]}
    mistakes |= {"--bits from 16 to 65,536": ["--bits", "100000000"]}
    for said, wrong in mistakes.items():
        assert main(["audit", "confounding", str(path), *wrong]) == 2
        assert said in capsys.readouterr().err
