"""Components of screens of known truth: recovered within their intervals, or said to be unknown."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.design.screens import TRUTH, count_screen, law_screen, uneven_layout

from semimech.data.anndata import write_h5ad
from semimech.data.options import ReadOptions
from semimech.data.readers import read_screen
from semimech.design.estimate import components_of
from semimech.design.layout import Layout
from semimech.support.errors import UserError


def test_recovered_within_their_intervals() -> None:
    layout = uneven_layout(guides=3)
    inside = dict.fromkeys(TRUTH, 0.0)
    pooled = dict.fromkeys(TRUTH, 0)
    means = dict.fromkeys(TRUTH, 0.0)
    repeats = 12
    for seed in range(repeats):
        found = components_of(law_screen(layout, seed), "guide")
        for row in found.pooled.itertuples():
            name = str(row.component)
            lower, upper = found.intervals[name]
            inside[name] += ((lower <= TRUTH[name]) & (TRUTH[name] <= upper)).mean() / repeats
            pooled[name] += row.lower <= TRUTH[name] <= row.upper
            means[name] += row.variance / repeats
    assert means == pytest.approx(TRUTH, rel=0.08)  # unbiased
    assert min(inside.values()) > 0.9
    assert min(pooled.values()) >= repeats - 1


def test_no_component_is_found_where_there_is_none() -> None:
    found = components_of(law_screen(uneven_layout(), batch=0.0, interaction=0.0))
    pooled = found.pooled.set_index("component")
    assert pooled.at["batch", "lower"] == pooled.at["interaction", "lower"] == 0
    assert pooled.at["interaction", "variance"] < 0.003


def test_without_controls_arms_tell_batches() -> None:
    layout = uneven_layout()
    alone = Layout(layout.batches, layout.arms, layout.cells, np.zeros(4))
    found = components_of(law_screen(alone, guide=0.0, scale="log-ratio"))
    assert found.value("batch") == pytest.approx(TRUTH["batch"], rel=0.4)
    assert found.value("interaction") == pytest.approx(TRUTH["interaction"], rel=0.3)
    counted = components_of(law_screen(alone, guide=0.0))
    assert "controls" in counted.unidentified["perturbation"]


@pytest.mark.parametrize(
    ("layout", "unknown"),
    [
        (Layout(("x",), ("a", "b"), [[9, 9]], [20]), {"batch": "one batch", "interaction": "one batch"}),
        (Layout(("x", "y"), ("a", "b"), [[9, 0], [0, 9]], [9, 9]), {"interaction": "two batches"}),
        (
            Layout(("x", "y"), ("a", "b"), [[1, 1], [1, 1]], [1, 1]),
            {"cell": "two rows", "interaction": "two rows", "perturbation": "two rows"},
        ),
    ],
)
def test_says_what_a_design_cannot_tell(layout: Layout, unknown: dict[str, str]) -> None:
    found = components_of(law_screen(layout))
    told = dict(found.unidentified)
    assert told.pop("guide") == "no column of guides was named; obs has guide: say --guide guide"
    told.pop("efficiency")
    assert told.keys() == unknown.keys()
    for name, words in unknown.items():
        assert words in told[name]
        assert np.isnan(getattr(found, name)).all()


def test_a_screen_on_disk_gives_the_same(tmp_path: Path) -> None:
    screen = count_screen(1_500, rows=400, features=12)
    write_h5ad(screen, tmp_path / "counted.h5ad")
    backed = read_screen(tmp_path / "counted.h5ad", ReadOptions(backed=True))
    assert backed.is_backed
    for found, again in zip(components_of(screen).pooled.itertuples(), components_of(backed).pooled.itertuples()):
        assert again.component == found.component
        assert again[2:] == pytest.approx(found[2:], rel=1e-5, nan_ok=True)


def test_perturbed_rows_without_a_guide_are_told() -> None:
    screen = law_screen(uneven_layout(arms=2, guides=2), features=2)
    guides = screen.obs["guide"].astype(object).where(~screen.is_control)
    assert "guide" not in components_of(replace(screen, obs=screen.obs.assign(guide=guides)), "guide").unidentified
    guides.iloc[int(np.flatnonzero(~screen.is_control)[0])] = None
    with pytest.raises(UserError, match="names no guide for 1 perturbed rows"):
        components_of(replace(screen, obs=screen.obs.assign(guide=guides)), "guide")
