"""papalexi2021: its variance components, and how well two replicates predict what differs from the third."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
from benchmarks._design_grid import measured
from benchmarks._page import paragraph, table

from semimech.data.options import ReadOptions
from semimech.data.readers import read_screen
from semimech.data.screen import Screen
from semimech.design.components import Components
from semimech.design.contrasts import contrast_variance
from semimech.design.estimate import components_of
from semimech.design.layout import Layout, layout_of


def replicates_section(folder: Path) -> list[str]:
    """Components, and the difference of effects between replicates predicted from the other pairs."""
    screen = read_screen(folder / "papalexi2021" / "papalexi2021.h5ad", ReadOptions(keep="top_frac > 0.8"))
    found = components_of(screen)
    low, high = found.efficiency_bounds
    lines = ["## Three replicates of papalexi2021", ""]
    lines += paragraph(
        f"Cells with top_frac above .8, {len(found.features)} genes. Edited share of labelled cells "
        f"{found.efficiency:.0%} ({low:.0%} to {high:.0%}); counting molecules gives {found.counting:.0%} of the "
        "variance of a cell. Below, the mean square difference of effects between two replicates, mean over genes and "
        "perturbations, predicted as 2 omega^2 and what cells give, with the components of one of the two and the "
        "third."
    )
    known = found.pooled[~found.pooled["component"].isin(list(found.unidentified))]
    rows = [
        (str(row.component), f"{row.variance:.4g}", f"{row.lower:.3g} to {row.upper:.3g}") for row in known.itertuples()
    ]
    lines += table(("component", "variance", "95 % interval"), rows)
    compared = [_row(screen, pair, kept) for pair in combinations(range(3), 2) for kept in pair]
    return lines + table(("replicates", "components of", "predicted", "empirical", "ratio"), compared)


def _row(screen: Screen, pair: tuple[int, ...], kept: int) -> tuple[str, ...]:
    """The two replicates of `pair` with the components of `kept`, one of them, and the third."""
    pilot = (kept, ({0, 1, 2} - set(pair)).pop())
    parts = [screen.take(screen.batches == number) for number in pair]
    layouts = [layout_of(part) for part in parts]
    arms = tuple(arm for arm in layouts[0].arms if arm in layouts[1].arms)
    layouts = [_of_arms(layout, arms) for layout in layouts]
    first, second = (measured(part, "same batch", layout) for part, layout in zip(parts, layouts))
    empirical = float(((first - second) ** 2).mean())
    components = components_of(screen.take(np.isin(screen.batches, pilot))).declare(guide=0.0)
    expected = sum(_variance(layout, components) for layout in layouts)
    names = [str(screen.obs["batch"].iloc[int(np.argmax(screen.batches == number))]) for number in (*pair, *pilot)]
    numbers = f"{expected:.4f}", f"{empirical:.4f}", f"{empirical / expected:.3f}"
    return ", ".join(names[:2]), ", ".join(names[2:]), *numbers


def _of_arms(layout: Layout, arms: tuple[str, ...]) -> Layout:
    return replace(layout, arms=arms, cells=layout.cells[:, [layout.arms.index(arm) for arm in arms]], guides=None)


def _variance(layout: Layout, components: Components) -> float:
    return float(contrast_variance(layout, components).mean())
