"""`semimech audit simulate` writes a table that the other commands read."""

from pathlib import Path

import pandas as pd
import pytest

from semimech.cli import main

FEW = "[structures]\ncount = 60\nblocks = 4\n[series]\ncount = 20\n"


def test_simulates_what_is_declared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.toml").write_text(FEW + "[laws]\nmechanisms = 2\n", encoding="utf-8")
    out = tmp_path / "table.csv"
    assert main(["audit", "simulate", str(tmp_path / "plan.toml"), "-o", str(out), "--seed", "3"]) == 0
    assert "60 compounds, 20 of them in the series, 2 mechanisms" in capsys.readouterr().out
    table = pd.read_csv(out)
    assert table["series"].value_counts().to_dict() == {"out": 40, "in": 20}
    assert set(table["mechanism"]) == {"m1", "m2"}
    assert main(["audit", "check", str(out), "--series", "series=in"]) == 0


def test_mistakes_are_said_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan, structures, out = tmp_path / "plan.toml", tmp_path / "smiles.txt", tmp_path / "table.csv"
    plan.write_text(FEW, encoding="utf-8")
    structures.write_text("CCO\nC1CC\n", encoding="utf-8")
    for arguments, said in (
        ([str(plan), "-o", str(tmp_path / "table.xlsx")], ".csv"),
        ([str(plan), "-o", str(out), "--seed", "-1"], "--seed"),
        ([str(plan), "-o", str(out), "--structures", str(structures)], "lines 2"),
        ([str(tmp_path / "none.toml"), "-o", str(out)], "no simulation file"),
        (["-o", str(out), "--structures", str(tmp_path)], "cannot be read"),
    ):
        assert main(["audit", "simulate", *arguments]) == 2
        assert said in " ".join(capsys.readouterr().err.split())
    assert not out.exists()
