"""`semimech audit conflict`: sentences, a table and drawings; a missing series in one sentence."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.audit.bioactivities import plain_table, written

from semimech.cli import main


@pytest.fixture
def opposed(tmp_path: Path) -> Path:
    """Acids are strong in the series A and weak outside."""
    frame = plain_table(300)
    acid, inside = frame["smiles"].str.endswith("C(=O)O"), np.arange(300) % 2 == 0
    p = 6 + np.where(inside, 1.5, -1.5) * acid + np.random.default_rng(0).normal(0, 0.3, 300)
    frame = frame.assign(IC50=10 ** (9 - p), assay="one", **{"class": np.where(inside, "A", "B")})
    return written(frame, tmp_path / "table.csv")


def test_words_table_and_drawings(opposed: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    arguments = ["--series", "class=A", "--out", str(tmp_path / "out"), "--draw", "1"]
    assert main(["audit", "conflict", str(opposed), *arguments]) == 0
    shown = capsys.readouterr().out
    assert "opposite (conflict)" in shown
    table = pd.read_csv(tmp_path / "out" / "conflict.csv", index_col="feature")
    assert table["class"].iloc[0] == table["class_within"].iloc[0] == "conflict"
    assert len(list((tmp_path / "out").glob("*.svg"))) == 1


def test_json(opposed: Path, capsys: pytest.CaptureFixture) -> None:
    arguments = ["--series", "class=A", "--format", "json", "--features", "bits"]
    assert main(["audit", "conflict", str(opposed), *arguments]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["counts"]["alone"]["bits"]["conflict"] == found["counts"]["within assays"]["bits"]["conflict"] > 0


def test_a_series_is_needed(opposed: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["audit", "conflict", str(opposed)]) == 2
    assert "give --series COLUMN=VALUE or --series-file FILE" in capsys.readouterr().err
