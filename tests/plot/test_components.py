"""Pictures of components, also where little is known."""

import numpy as np
import pytest

from semimech.design.components import declared
from semimech.design.drawn import draw_screen
from semimech.design.estimate import components_of
from semimech.design.layout import Layout
from semimech.plot.components import pooled_picture, scatter_picture

LAW = declared(cell=0.3, batch=0.02, interaction=0.01, perturbation=0.1)


@pytest.mark.parametrize(("controls", "batches", "panels"), [(9, 2, 2), (9, 1, 1), (0, 1, 0)])
def test_what_is_known_is_shown(controls: int, batches: int, panels: int) -> None:
    names = tuple(map(str, range(batches)))
    layout = Layout(names, ("a", "b"), np.full((batches, 2), 5), np.full(batches, controls))
    found = components_of(draw_screen(layout, LAW, features=6, kind="drug"))
    axes = pooled_picture(found).axes[0]
    unknown = [text.get_text() for text in axes.texts]
    assert len(unknown) == len(set(found.unidentified) - {"efficiency"})
    assert all(text.startswith("unknown: ") for text in unknown)
    scatter = scatter_picture(found)
    assert (len(scatter.axes) if scatter else 0) == panels


def test_nothing_is_known() -> None:
    layout = Layout(("x",), ("a",), [[1]], [1])
    found = components_of(draw_screen(layout, LAW, features=2))
    assert len(pooled_picture(found).axes[0].texts) == 5
    assert scatter_picture(found) is None
