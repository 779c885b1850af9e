"""A planned screen: what money buys, what plain layouts give, and the cells of each batch."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from semimech.design.planner.curve import cost_is_cells, cost_of
from semimech.design.planner.judged import SOURCES
from semimech.design.planner.plan import Plan
from semimech.plot.style import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, SKY, VERMILION, YELLOW, new_figure, styled

COLOURS = dict(zip(SOURCES, (GREY, SKY, VERMILION, PURPLE, ORANGE, YELLOW), strict=True))
PLAIN_COLOURS = (ORANGE, VERMILION, PURPLE, GREEN)
WIDEST = 6.0  # of the plan's variance; longer bars are cut and their number is written
BATCHES_DRAWN = 60


@styled
def curve_picture(plan: Plan, curve: pd.DataFrame) -> Figure:
    """Power against cost of the best layouts, with the plan, its target and budget, and plain layouts at its cost."""
    figure = new_figure(8.6, 5.0)
    ax = figure.subplots()
    ax.plot(curve["cost"], curve["power"], color=BLUE, lw=2.4, drawstyle="steps-post", label="best layouts")
    at = cost_of(plan)
    for one, colour in zip(plan.plain, PLAIN_COLOURS, strict=False):
        ax.scatter(at, one.judged.overall, color=colour, s=55, zorder=3, label=one.name)
    ax.scatter(at, plan.judged.overall, color=BLUE, s=110, zorder=4, edgecolor=INK, label="this plan")
    target, budget = plan.request.target, plan.request.costs.budget
    if target.power:
        ax.axhline(target.power, color=GREY, lw=1.4, ls=":")
        ax.annotate("target", (1, target.power), (-4, 4), ("axes fraction", "data"), "offset points", ha="right")
    if 0 < budget <= 1.02 * max(curve["cost"].max(), at):
        ax.axvline(budget, color=GREY, lw=1.4, ls="--", label="budget")
    ax.set_ylim(0, 1.03)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.set_xlabel("cells" if cost_is_cells(plan.request) else "cost")
    which = "worst" if plan.program.worst else "mean"
    ax.set_ylabel(f"power for an effect of {target.effect:g} ({which})")
    ax.grid(axis="y")
    ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


@styled
def sources_picture(plan: Plan) -> Figure:
    """For the plan and every plain layout: its variance beside the plan's, by source."""
    table = plan.comparison().iloc[::-1]
    figure = new_figure(9.6, 1.6 + 0.55 * len(table))
    ax = figure.subplots()
    widest = min(float(table["variance"].max()), WIDEST)
    left = np.zeros(len(table))
    for source in SOURCES:
        width = np.minimum(left + (table[source] * table["variance"]).to_numpy(), widest) - left
        if (width > 1e-4).any():
            ax.barh(table["layout"], width, left=left, color=COLOURS[source], label=source, height=0.62)
        left = left + width
    for y, value in enumerate(table["variance"]):
        ax.annotate(
            f"{value:.2f}{', cut' if value > widest else ''}",
            (min(value, widest), y),
            (5, 0),
            textcoords="offset points",
            va="center",
        )
    ax.set_xlim(0, widest * 1.25)
    ax.set_xlabel("variance beside the plan's, as many cells in the same batches")
    ax.legend(loc="center left", bbox_to_anchor=(1.06, 0.5))
    return figure


@styled
def batches_picture(plan: Plan) -> Figure:
    """The cells of each batch: controls, and perturbations one upon the other."""
    layout = plan.layout
    shown = min(len(layout.batches), BATCHES_DRAWN)
    figure = new_figure(min(3.2 + 0.55 * shown, 13.0), 4.4)
    ax = figure.subplots()
    places = np.arange(shown)
    controls, cells = layout.controls[:shown], layout.cells[:shown]
    ax.bar(places, controls, color=ORANGE, width=0.75, label="controls")
    ax.bar(places, cells.sum(1), bottom=controls, color=BLUE, width=0.75, label="perturbations")
    if cells.shape[1] <= BATCHES_DRAWN:
        tops = controls[:, None] + np.cumsum(cells, 1)
        starts = np.repeat(places - 0.375, tops.shape[1])
        ax.hlines(tops.ravel(), starts, starts + 0.75, color="white", lw=0.6)
    every = -(-shown // 20)
    ax.set_xticks(places[::every], labels=[name.removeprefix("batch ") for name in layout.batches[:shown:every]])
    more = f" (the first {shown} of {len(layout.batches)})" if shown < len(layout.batches) else ""
    ax.set_xlabel(f"batch{more}")
    ax.set_ylabel("cells")
    ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure
