"""What the interventions say of a network, at every number of edges."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from semimech.plot.style import BLUE, GREEN, GREY, ORANGE, new_figure, shortened, styled

COLOURS = (BLUE, ORANGE, GREEN)
PANELS = {"wasserstein": "mean Wasserstein distance", "precision": "precision (share of edges that are true)"}


@styled
def intervention_curves(curves: pd.DataFrame, names: Sequence[str]) -> Figure:
    """Mean Wasserstein distance and precision of the best K edges over K; `names`: the rankings, the network first."""
    figure = new_figure(11.5, 4.8)
    for axes, (column, label) in zip(figure.subplots(1, 2), PANELS.items(), strict=True):
        for name, colour in zip(names, COLOURS, strict=False):
            part = curves[curves["ranking"] == name]
            width = 2.8 if name == names[0] else 1.8
            axes.plot(part["edges"], part[column], color=colour, lw=width, marker="o", ms=3.5, label=shortened(name))
        random = curves[curves["ranking"] == "random"]
        axes.fill_between(
            random["edges"], random[f"lower_{column}"], random[f"upper_{column}"], color=GREY, alpha=0.2, lw=0
        )
        axes.plot(random["edges"], random[column], color=GREY, lw=1.6, ls=(0, (5, 3)), label="random (95 % of draws)")
        axes.set(xscale="log", xlabel="edges, the best first", title=label, ylim=(0, None))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.xaxis.set_minor_formatter("")
        axes.grid()
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure
