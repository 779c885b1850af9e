"""Layouts: guides are dealt evenly, tables say all, and wrong ones are refused."""

import numpy as np
import pytest
from tests.design.screens import uneven_layout

from semimech.design.layout import Layout
from semimech.support.errors import UserError


def test_guides_are_dealt_in_turn() -> None:
    layout = Layout(("x", "y"), ("a", "b"), [[5, 2], [3, 2]], [4, 0], [3, 1])
    # Cells 0 to 4 of a in x, 5 to 7 in y, guides 0, 1, 2 in turn.
    assert layout.dealt[:, 0].tolist() == [[2, 2, 1], [1, 1, 1]]
    assert layout.dealt[:, 1].tolist() == [[2, 0, 0], [2, 0, 0]]
    assert layout.total == 16


def test_table_has_every_cell() -> None:
    layout = uneven_layout(arms=3, guides=4)
    table = layout.table()
    assert table["cells"].sum() == layout.total
    assert list(table.columns) == ["batch", "arm", "guide", "cells"]
    assert table[table["arm"] == "control"]["cells"].tolist() == layout.controls.tolist()
    summed = table[table["arm"] != "control"].groupby(["batch", "arm"])["cells"].sum().unstack()
    assert np.array_equal(summed.to_numpy(), layout.cells)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((("x", "x"), ("a",), [[1], [1]], [1, 1]), "batch name x stands more than once"),
        ((("x",), ("a", "a"), [[1, 1]], [1]), "arm name a stands more than once"),
        ((("x",), ("a",), [[-1]], [1]), "whole numbers of at least 0"),
        ((("x",), ("a",), [[1.5]], [1]), "whole numbers"),
        ((("x",), ("a",), [[1, 2]], [1]), "shape"),
        ((("x",), ("a",), [[1]], [1], [0]), "has no guide"),
        (((), ("a",), np.zeros((0, 1)), []), "no batch"),
    ],
)
def test_wrong_layouts(given: tuple, words: str) -> None:
    with pytest.raises(UserError, match=words):
        Layout(*given)
