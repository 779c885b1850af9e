"""A place that cannot be written to is told before the work, in one sentence with exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from semimech.cli.main import main
from semimech.support.errors import UserError
from semimech.support.files import write_text

AUDITS = [["audit", name, "a.csv"] for name in ("check", "conflict", "focus", "mechanisms", "run")]
DESIGNS = (["design", "components", "demo"], ["design", "next", "run", "pairs"], ["design", "plan", "a.toml"])
FOLDERS = (
    ["assumptions", "demo"],
    ["network", "run"],
    ["network-score", "demo", "edges.csv"],
    ["focus", "demo", "--target", "x"],
    *AUDITS,
    *DESIGNS,
)
FILES = (
    ["predict", "run"],
    ["causal", "run"],
    ["report", "run"],
    ["benchmark", "recovery"],
    ["simulate", "a.toml"],
    ["audit", "confounding", "a.csv"],
    ["audit", "graph"],
    ["audit", "simulate"],
)


@pytest.mark.parametrize("command", FOLDERS, ids=" ".join)
def test_a_folder_cannot_be_made_of_a_file(command, tmp_path, capsys):
    (tmp_path / "file.csv").write_text("x")
    assert main([*command, "--out", str(tmp_path / "file.csv")]) == 2
    assert "file.csv is a file: give the name of a folder to --out." in capsys.readouterr().err


@pytest.mark.parametrize("command", FILES, ids=" ".join)
def test_a_file_cannot_be_written_over_a_folder(command, tmp_path, capsys):
    assert main([*command, "--out", str(tmp_path)]) == 2
    assert "is a folder: give the name of a file to --out." in capsys.readouterr().err


@pytest.mark.parametrize("command", [*FOLDERS, *FILES], ids=" ".join)
def test_nothing_is_written_below_a_file(command, tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    assert main([*command, "--out", str(tmp_path / "file" / "deep" / "out.csv")]) == 2
    assert f"as {tmp_path / 'file'} is a file: give another name to --out." in capsys.readouterr().err
    assert Path(tmp_path / "file").read_text() == "x"


def test_writing_below_a_file_is_a_user_error_in_python_too(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="a file is in the way"):
        write_text(tmp_path / "file" / "out.txt", "y")
