"""The rule of the square root: no other number of controls, and no other split, has less variance."""

import numpy as np
import pytest
from tests.design.screens import TRUTH

from semimech.design.components import declared
from semimech.design.contrasts import contrast_variance
from semimech.design.controls import control_cells, total_variance
from semimech.design.layout import Layout
from semimech.support.errors import UserError


@pytest.mark.parametrize(("total", "arms"), [(50, 1), (73, 3), (200, 9), (1_000, 16), (977, 40), (60, 50)])
def test_no_number_of_controls_is_better(total: int, arms: int) -> None:
    every = np.arange(1, total - arms + 1)
    best = every[np.argmin(total_variance(every, total, arms))]
    found = control_cells(total, arms)
    assert total_variance(np.array([found]), total, arms) == total_variance(np.array([best]), total, arms)
    if total > 20 * arms:
        assert found / ((total - found) / arms) == pytest.approx(np.sqrt(arms), rel=0.1)


def test_the_rule_holds_with_every_component() -> None:
    """Whatever tau^2, omega^2 and gamma^2 are, the sum of the arms' variances is least there."""
    law = declared(**TRUTH)
    arms, total, batches = 9, 240, 3
    sums = []
    for controls in range(6, total - arms, 9):
        each = (total - controls) // arms
        layout = Layout(
            tuple("abc"), tuple(map(str, range(arms))), np.full((batches, arms), each), np.full(batches, controls)
        )
        sums.append((contrast_variance(layout, law).sum(), controls))
    assert abs(min(sums)[1] - control_cells(total, arms)) <= 9


def test_too_few_cells() -> None:
    with pytest.raises(UserError, match="too few"):
        control_cells(5, 5)
