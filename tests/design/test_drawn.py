"""Screens drawn from the law have the layout that was asked for."""

import numpy as np
import pytest
from tests.design.screens import TRUTH, law_screen, uneven_layout

from semimech.design.components import declared
from semimech.design.drawn import draw_screen
from semimech.design.layout import Layout, layout_of
from semimech.support.errors import UserError


def test_layout_is_that_asked_for() -> None:
    asked = uneven_layout(arms=3, batches=2, guides=4)
    found = layout_of(law_screen(asked, features=2), "guide")
    assert sorted(found.batches) == sorted(asked.batches)
    order = [found.batches.index(name) for name in asked.batches]
    arms = [found.arms.index(name) for name in asked.arms]
    assert np.array_equal(found.cells[np.ix_(order, arms)], asked.cells)
    assert np.array_equal(found.controls[order], asked.controls)
    assert found.guides_of_arm.tolist() == [4, 4, 4]
    assert law_screen(asked, features=2).obs["guide"].nunique() == 13


def test_edited_cells_carry_the_effect() -> None:
    layout = Layout(("x",), ("a",), [[4_000]], [10])
    screen = draw_screen(layout, declared(cell=1e-4, efficiency=0.6), np.array([[2.0, -1.0]]), features=2)
    edited = screen.obs["edited"].to_numpy()
    assert edited[~screen.is_control].mean() == pytest.approx(0.6, abs=0.03)
    level = screen.responses[screen.is_control].mean(0)
    assert screen.responses[edited].mean(0) - level == pytest.approx([2.0, -1.0], abs=0.02)


def test_the_law_has_no_counts() -> None:
    with pytest.raises(UserError, match="no counts"):
        draw_screen(uneven_layout(), declared(**TRUTH), scale="counts")
