"""No reader ever sees half a file."""

import math
import stat
from pathlib import Path

import pytest

from semimech.support.errors import UserError
from semimech.support.files import read_json, replacing, write_json, write_text


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("old")

    def fail() -> None:
        with replacing(path) as beside:
            beside.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder: give the name of a file"):
        write_text(tmp_path, "text")
    assert not list(tmp_path.iterdir())


def test_folders_are_made_and_the_usual_rights_given(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "note.txt"
    write_text(path, "Δ")
    plain = tmp_path / "plain.txt"
    plain.write_text("x")
    assert path.read_text(encoding="utf-8") == "Δ"
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    assert [item.name for item in path.parent.iterdir()] == ["note.txt"]


def test_json_round_trip_writes_numbers_that_are_none_as_null(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_json(path, {"r": 0.1, "missing": math.nan, "list": [math.inf, (1, 2)], "name": "µ"})
    assert read_json(path) == {"r": 0.1, "missing": None, "list": [None, [1, 2]], "name": "µ"}
    assert "NaN" not in path.read_text(encoding="utf-8")
