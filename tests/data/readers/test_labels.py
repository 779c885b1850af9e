"""Labels, their parts and their doses."""

import numpy as np
import pandas as pd
import pytest

from semimech.data.readers.labels import design_of, split_labels
from semimech.support.errors import UserError


def design(labels: list[str], controls=("ctrl",), separators=("+",), doses=None, always=True) -> pd.DataFrame:
    column = pd.Series(labels, index=[f"c{i}" for i in range(len(labels))])
    parts = split_labels(sorted(set(labels)), controls, separators, (), always)
    given = None if doses is None else pd.Series(doses, index=column.index)
    matrix, names = design_of(column, parts, controls, given, separators)
    return pd.DataFrame(matrix.toarray(), column.index, list(names))


def test_gears_labels() -> None:
    found = design(["A+ctrl", "ctrl+A", "ctrl", "B+A", "A+A"])
    assert list(found.columns) == ["A", "B"]
    np.testing.assert_array_equal(found, [[1, 0], [1, 0], [0, 0], [1, 1], [1, 0]])


def test_a_guessed_separator_splits_known_parts_only() -> None:
    parts = split_labels(["A_B", "A", "B", "HLA_X", "A_G9"], ["control"], ["_"], ["G9"], False)
    assert parts == {"A_B": ("A", "B"), "A": ("A",), "B": ("B",), "HLA_X": ("HLA_X",), "A_G9": ("A", "G9")}


def test_one_dose_for_all_or_one_for_each() -> None:
    found = design(["A+ctrl", "A+B", "A+B", "ctrl"], doses=["2+0", "1.5+3", "4", "nonsense"])
    np.testing.assert_array_equal(found, [[2, 0], [1.5, 3], [4, 4], [0, 0]])


def test_numeric_doses() -> None:
    found = design(["A", "B", "A", "ctrl"], doses=[0.1, -2, 0, np.nan])
    np.testing.assert_allclose(found, [[0.1, 0], [0, -2], [0, 0], [0, 0]])


@pytest.mark.parametrize("dose", ["much", None, "inf"])
def test_a_bad_dose_is_named(dose: str | None) -> None:
    with pytest.raises(UserError, match="dose of A in row c1 is"):
        design(["ctrl", "A"], doses=["1", dose])
