"""Tables that cannot be used: every command of `semimech audit` says why in one sentence and leaves nothing behind."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.audit.bioactivities import plain_table, written

from semimech.cli import main

COMMANDS = ("check", "conflict", "confounding", "focus", "mechanisms", "run")
INSIDE = plain_table(100)["class"] == "A"


def changed(**columns: object) -> pd.DataFrame:
    return plain_table(100).assign(**columns)


CASES = {
    "no structure can be read": (
        changed(smiles="C1CC("),
        "the structure cannot be read (rows 1, 2, 3, 4, 5 and 95 more)",
    ),
    "no unit": (changed(unit=""), "No row of table can be used: no unit (rows 1"),
    "units that are no concentrations": (changed(unit="%"), "the unit is no concentration (rows 1"),
    "zero and below": (changed(IC50=np.tile([0, -1], 50)), "a negative or zero activity (rows 1"),
    "no numbers": (changed(IC50="high"), "the activity is not a number (rows 1"),
    "bounds only": (changed(relation=">"), "All 100 compounds of table have bounds only"),
    "one activity": (changed(IC50=10), "All 100 compounds of table have the same activity (p = 8.00)"),
    "too small a series": (
        changed(**{"class": np.where(np.arange(100) < 19, "A", "B")}),
        "The series class = A has 19 compounds, too few to be split and judged: give one of at least 20.",
    ),
    "nothing outside": (changed(**{"class": "A"}), "Only 0 compounds are outside the series class = A"),
    "no column of the series": (changed().drop(columns="class"), "There is no column 'class' to take as series"),
    "no column of activities": (
        changed().drop(columns="IC50"),
        "No column looks like activities: say --activity COLUMN",
    ),
    "no column of structures": (
        changed().drop(columns="smiles"),
        "No column looks like structures: say --smiles COLUMN",
    ),
    "no row": (plain_table(100).head(0), "has a header but no rows"),
}
OF_A_SERIES = {
    "bounds in the series": (
        changed(relation=np.where(INSIDE, ">", "=")),
        {
            "conflict": "None of the 34 compounds of the series has a measured value",
            "focus": "Every value of the series is censored",
        },
    ),
    "bounds outside": (changed(relation=np.where(INSIDE, "=", ">")), {"conflict": "None of the 66 compounds outside"}),
    "one activity in the series": (
        changed(IC50=np.where(INSIDE, 10, plain_table(100)["IC50"])),
        {"conflict": "All 34 compounds of the series have the same activity", "focus": "too alike to be cut"},
    ),
}


def refused(command: str, path: Path, folder: Path, capsys: pytest.CaptureFixture, code: int = 2) -> str:
    out = [] if command in ("focus", "run") else ["--format", "json"]
    out += ["--out", str(folder / "out")] if command in ("focus", "run") else []
    assert main(["audit", command, str(path), "--series", "class=A", *out]) == code
    assert not (folder / "out").exists()
    return capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.parametrize("case", CASES)
def test_no_command_can_use_it(case: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    frame, sentence = CASES[case]
    path = written(frame, tmp_path / "table.csv")
    for command in COMMANDS:
        said = refused(command, path, tmp_path, capsys)
        assert said.startswith("semimech: "), command
        assert sentence in said, command


def test_a_file_that_is_empty_or_not_there(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "empty.csv").write_text("")
    for command in COMMANDS:
        assert "empty.csv is an empty file" in refused(command, tmp_path / "empty.csv", tmp_path, capsys)
        assert "There is no file" in refused(command, tmp_path / "nothing.csv", tmp_path, capsys)


@pytest.mark.parametrize("case", OF_A_SERIES)
def test_a_series_that_cannot_be_compared(case: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    frame, sentences = OF_A_SERIES[case]
    path = written(frame, tmp_path / "table.csv")
    for command, sentence in sentences.items():
        assert sentence in refused(command, path, tmp_path, capsys), command
    assert main(["audit", "check", str(path), "--series", "class=A"]) == 0
    assert "\nx " in capsys.readouterr().out  # the mark of what is wrong


def test_nothing_is_left_out_silently(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    frame = plain_table(60)
    frame.loc[[3, 8], "smiles"] = "C1CC("
    frame.loc[5, "IC50"] = -2
    path = written(frame.assign(unit=["mg"] + ["nM"] * 59), tmp_path / "table.csv")
    assert main(["audit", "confounding", str(path), "--splits", "random"]) == 0
    said = capsys.readouterr().err
    assert "2 rows are left out: the structure cannot be read (rows 4, 9)." in said
    assert "1 row is left out: a negative or zero activity (rows 6)." in said
    assert "1 row is left out: the unit is no concentration (rows 1)." in said


def test_files_of_one_name_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    frame = plain_table(60)
    for folder, part in (("mine", frame[:25]), ("theirs", frame[25:])):
        (tmp_path / folder).mkdir()
        written(part, tmp_path / folder / "set.csv")
    mine, theirs = tmp_path / "mine" / "set.csv", tmp_path / "theirs" / "set.csv"
    assert main(["audit", "check", str(theirs), "--series-file", str(mine), "--format", "json"]) == 0
    assert "25 compounds" in capsys.readouterr().out
    assert main(["audit", "check", str(mine), "--series-file", str(mine)]) == 2
    assert "set.csv is given twice" in capsys.readouterr().err
