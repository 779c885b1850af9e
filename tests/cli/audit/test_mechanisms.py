"""`semimech audit mechanisms`: a verdict, tables and pictures; mistakes in one sentence."""

import json
from pathlib import Path

import pandas as pd
import pytest

from semimech.audit.synthetic import BioactivityExperiment, Laws, Series, Structures, simulate_bioactivities
from semimech.cli import main

FAST = ["--resamples", "1", "--largest", "2", "--divisions", "1"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    plan = BioactivityExperiment(
        structures=Structures(count=120, blocks=8), laws=Laws(mechanisms=2, delta=3.0), series=Series(30)
    )
    path = tmp_path / "table.csv"
    simulate_bioactivities(plan).write(path)
    return path


def test_words_tables_and_pictures(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    out = tmp_path / "out"
    assert main(["audit", "mechanisms", str(table), *FAST, "--count", "2", "--out", str(out)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "The labels (m1, m2) as mechanisms" in shown
    assert set(pd.read_csv(out / "mechanisms.csv")["mechanism"]) == {1, 2}
    assert {path.name for path in out.iterdir()} == {
        "mechanisms.csv", "effects.csv", "compounds.svg", "effects.svg", "effects.png",
    }  # fmt: skip


def test_json_with_the_series_as_labels(table: Path, capsys: pytest.CaptureFixture) -> None:
    arguments = ["--series", "series=in", "--mechanism", "none", "--format", "json", *FAST]
    assert main(["audit", "mechanisms", str(table), *arguments]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["mechanisms"] in (1, 2)
    assert any("outside, series" in sentence for sentence in found["sentences"])


def test_mistakes(table: Path, capsys: pytest.CaptureFixture) -> None:
    for arguments, said in (
        (["--labels", "kinase"], "kinase"),
        (["--labels", "smiles"], "no two classes"),
        (["--motif", "c1cc"], "no SMARTS"),
        (["--motif", "CC", "--labels", "mechanism"], "named twice"),
        (["--seed", "-1"], "--seed"),
        (["--keep", "IC50 < 10"], "too few"),
    ):
        assert main(["audit", "mechanisms", str(table), *arguments]) == 2
        assert said in " ".join(capsys.readouterr().err.split())
