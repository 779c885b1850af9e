"""The edited share of labelled cells, known from simulation."""

import numpy as np
import pytest
from tests.design.screens import law_screen

from semimech.design.editing import efficiencies_of, pooled_efficiency
from semimech.design.estimate import components_of
from semimech.design.layout import Layout
from semimech.design.squares import Unidentified

LAYOUT = Layout(("a", "b"), tuple(f"p{i}" for i in range(5)), np.full((2, 5), 70), [150, 150])


@pytest.mark.parametrize("efficiency", [0.6, 0.85, 1.0])
def test_recovered_within_its_interval(efficiency: float) -> None:
    screen = law_screen(LAYOUT, features=20, kind="knock-out", efficiency=efficiency, guide=0.0, interaction=0.005)
    found = components_of(screen)
    lower, upper = found.efficiency_bounds
    assert lower <= efficiency <= upper
    assert found.efficiency == pytest.approx(efficiency, abs=0.09)
    assert len(found.efficiencies) >= 4


def test_unknown_where_cells_look_alike() -> None:
    with pytest.raises(Unidentified, match="look alike"):
        efficiencies_of(law_screen(LAYOUT, features=20, kind="knock-out", perturbation=0.0, guide=0.0))
    few = Layout(("a",), ("p",), [[20]], [50])
    with pytest.raises(Unidentified, match="60 cells"):
        efficiencies_of(law_screen(few, features=5, kind="knock-out"))


def test_pooled_is_no_surer_than_one_perturbation() -> None:
    table = efficiencies_of(law_screen(LAYOUT, features=20, kind="knock-out", efficiency=0.7, guide=0.0))
    mean, lower, upper = pooled_efficiency(table)
    assert lower < mean < upper
    assert upper - lower >= (table["upper"] - table["lower"]).mean() - 1e-12
    alone = table.head(1)
    assert pooled_efficiency(alone) == pytest.approx(tuple(alone.iloc[0, 1:]))
