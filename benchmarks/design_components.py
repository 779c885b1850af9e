"""Are the variance components of a screen recovered within their intervals, and the share of edited cells?

Run: python -m benchmarks.design_components [--out FILE] [--screens N]; it writes benchmarks/design_components.md.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from benchmarks._common import write_table
from benchmarks._design_grid import layout_for
from benchmarks._page import heading, paragraph, parser_of, table

from semimech.data.screen import Screen
from semimech.design.components import NAMES, declared
from semimech.design.drawn import draw_screen
from semimech.design.editing import efficiencies_of, pooled_efficiency
from semimech.design.estimate import components_of
from semimech.design.layout import Layout
from semimech.design.squares import Unidentified

TRUTH = {"cell": 0.3, "batch": 0.03, "interaction": 0.02, "guide": 0.04, "perturbation": 0.2}
FEATURES, BLOCK, SHARED = 40, 10, 0.6  # features that go together share this part of their variance
SIZES = ((2, 12), (3, 12), (4, 8), (6, 4), (6, 20))


def recovered(batches: int, arms: int, together: bool, screens: int) -> list[tuple[str, ...]]:
    """A row for each component: pooled and single coverage, estimate, and interval."""
    layout = layout_for("uneven", batches, arms, guides=3, size=16)
    held, own, estimates, bounds = (np.zeros((screens, len(NAMES), *more)) for more in ((), (), (), (2,)))
    for seed in range(screens):
        found = components_of(_drawn(layout, seed, together), "guide")
        for k, row in enumerate(found.pooled.itertuples()):
            name = str(row.component)
            lower, upper = found.intervals[name]
            held[seed, k] = row.lower <= TRUTH[name] <= row.upper
            own[seed, k] = ((lower <= TRUTH[name]) & (TRUTH[name] <= upper)).mean()
            estimates[seed, k], bounds[seed, k] = row.variance / TRUTH[name], (row.lower, row.upper)
    bounds = np.median(bounds, 0) / np.array(list(TRUTH.values()))[:, None]
    kind = "in blocks" if together else "independent"
    return [
        (f"{batches}, {arms}, {kind}", name, f"{held[:, k].mean():.2f}", f"{own[:, k].mean():.3f}",
         f"{estimates[:, k].mean():.3f}", f"{estimates[:, k].std():.3f}", f"{bounds[k, 0]:.2f} to {bounds[k, 1]:.2f}")
        for k, name in enumerate(NAMES)
    ]  # fmt: skip


def _drawn(layout: Layout, seed: int, together: bool) -> Screen:
    """A screen of independent features, or of blocks that share a part of everything that is random."""
    law = declared(**TRUTH)
    screen = draw_screen(layout, law, features=FEATURES, kind="drug", seed=2 * seed)
    if not together:
        return screen
    blocks = draw_screen(layout, law, features=FEATURES // BLOCK, kind="drug", seed=2 * seed + 1)
    values = np.sqrt(1 - SHARED) * screen.responses + np.sqrt(SHARED) * np.repeat(blocks.responses, BLOCK, axis=1)
    return replace(screen, responses=values.astype(np.float32), _effects={})


def edited(efficiency: float, perturbation: float, screens: int) -> tuple[str, ...]:
    """How often the interval of the edited share holds the truth."""
    layout = Layout(("a", "b"), tuple("pqrstu"), np.full((2, 6), 80), [150, 150])
    held, shares, told = [], [], []
    for seed in range(screens):
        law = declared(cell=0.3, batch=0.03, interaction=0.005, perturbation=perturbation, efficiency=efficiency)
        try:
            found = efficiencies_of(draw_screen(layout, law, features=30, kind="knock-out", seed=seed))
        except Unidentified:
            told.append(0)
            continue
        share, lower, upper = pooled_efficiency(found)
        told.append(len(found))
        shares.append(share)
        held.append(lower <= efficiency <= upper)
    numbers = (f"{np.mean(held):.2f}", f"{np.mean(shares):.3f}", f"{np.std(shares):.3f}") if held else ("-",) * 3
    return f"{efficiency:g}", f"{perturbation:g}", f"{np.mean(told):.1f} of 6", *numbers


def main() -> None:
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--screens", type=int, default=60)
    options = parser.parse_args()
    lines = heading("Variance components recovered", "design_components")
    lines += paragraph(
        f"Of {options.screens} screens drawn from the law (uneven numbers of cells, three guides, {FEATURES} "
        "features): how often the 95 % interval of the pooled component, and of one feature, holds the truth; mean and "
        "sd of the estimate, and the median interval, over the truth. Features are independent, or go together in "
        f"blocks of {BLOCK} that share {SHARED:.0%} of everything that is random, the effects too."
    )
    columns = ("batches, arms, features", "component", "pooled", "one feature", "estimate", "sd", "interval")
    rows = [row for together in (False, True) for size in SIZES for row in recovered(*size, together, options.screens)]
    lines += table(columns, rows)
    least = min(float(row[2]) for row in rows)
    lines += paragraph(f"The least coverage of a pooled interval is {least:.2f}, of single features "
                       f"{min(float(row[3]) for row in rows):.3f}.")  # fmt: skip
    lines += ["## Share of edited cells", ""]
    lines += paragraph("6 knock-outs with 160 cells each, 300 control cells, 30 features, 20 screens.")
    shown = [edited(share, size, 20) for share in (0.5, 0.7, 0.9, 1.0) for size in (0.02, 0.2)]
    columns = ("edited", "variance of effects", "perturbations told", "held", "estimate", "sd")
    write_table(str(options.out), [*lines, *table(columns, shown)])


if __name__ == "__main__":
    main()
