"""`semimech audit graph`: the default graph, one of the user's, and the question in words."""

from pathlib import Path

import pytest

from semimech.cli import main


def test_the_default_graph_answers_and_can_be_edited(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "graph.toml"
    assert main(["audit", "graph", "--out", str(path)]) == 0
    assert "P(Y | do(C), do(M)) is not identified" in capsys.readouterr().out
    path.write_text(path.read_text(encoding="utf-8").replace("observed = false", "observed = true"), encoding="utf-8")
    assert main(["audit", "graph", str(path)]) == 0
    assert "adjust for E (assay context), or for S (series)" in capsys.readouterr().out
    assert main(["audit", "graph", "--fixed", "M", "S"]) == 0
    assert "nothing need be adjusted for, in data that hold M (mechanism), S (series) fixed" in capsys.readouterr().out


def test_an_unknown_variable_is_told(capsys: pytest.CaptureFixture) -> None:
    assert main(["audit", "graph", "--causes", "Q"]) == 2
    assert "has no variable Q" in capsys.readouterr().err
