"""Tables of text, as spreadsheets and scripts write them."""

from pathlib import Path

import numpy as np
import pytest

from semimech.data.readers import read_screen
from semimech.data.readers.text import numbers, read_cells
from semimech.support.errors import UserError


def put(folder: Path, text: str) -> Path:
    (folder / "t.csv").write_text(text, encoding="utf-8")
    return folder / "t.csv"


@pytest.mark.parametrize("word", ["NA", "nan", "null", "None"])
def test_words_for_missing_are_missing_among_numbers_only(word: str, tmp_path: Path) -> None:
    table = read_cells(put(tmp_path, f"G1,perturbation\n1.5,control\n{word},{word}\n,\n"), header=True)
    np.testing.assert_array_equal(table["G1"], [1.5, np.nan, np.nan])
    assert list(table["perturbation"][:2]) == ["control", word]
    assert list(table["perturbation"].isna()) == [False, False, True]


def test_a_perturbation_may_be_called_na(tmp_path: Path) -> None:
    rows = "".join(f"{i % 3},{i % 2},{label}\n" for label in ("control", "NA", "G1") for i in range(20))
    screen = read_screen(put(tmp_path, f"G1,G2,perturbation\n{rows}"))
    assert screen.perturbation_names == ("G1", "NA")
    assert screen.shape == (60, 2)


def test_a_column_without_any_value_is_missing_numbers(tmp_path: Path) -> None:
    assert read_cells(put(tmp_path, "a,b\nNA,1\nNA,2\n"), header=True)["a"].isna().all()


@pytest.mark.parametrize("header", [True, False])
def test_decimal_commas_between_semicolons(header: bool, tmp_path: Path) -> None:
    text = ("a;b\n" if header else "") + "1,5;2\n-0,25;3\n1e-3;NA\n"
    values = numbers(read_cells(put(tmp_path, text), header=header), "t.csv")
    np.testing.assert_allclose(values, [[1.5, 2], [-0.25, 3], [1e-3, np.nan]])


def test_points_between_semicolons_stay(tmp_path: Path) -> None:
    table = read_cells(put(tmp_path, "a;b\n1.5;A,B\n2;C\n"), header=True)
    assert list(table["a"]) == [1.5, 2.0]
    assert list(table["b"]) == ["A,B", "C"]


def test_two_kinds_of_decimals_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"decimal commas \(column 'a'\) and decimal points \(column 'b'\)"):
        read_cells(put(tmp_path, "a;b\n1,5;2.5\n2,5;3\n"), header=True)
