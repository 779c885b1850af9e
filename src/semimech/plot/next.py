"""What to measure next: what each step adds, and how the orders did on conditions held back."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from semimech.plot.style import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, SKY, VERMILION, new_figure, shortened, styled

COLOURS = {"random": GREY, "variance": BLUE, "disagreement": ORANGE, "diversity": PURPLE, "oracle": GREEN}
SHOWN = 24
BATCHES = (BLUE, ORANGE, PURPLE, GREEN, VERMILION, SKY)


@styled
def next_figure(ranking: pd.DataFrame, criterion: str, curves: pd.DataFrame | None, what: str) -> Figure:
    """Left: gain per cost of the first conditions; right: learning curves on `what`, where there are some.

    ranking: columns batch, condition, gain_per_cost; curves: columns order, measured, error, difference, lower, upper.
    """
    shown = ranking.head(SHOWN)
    drawn = curves is not None and len(curves) > 0
    figure = new_figure(14.0 if drawn else 7.4, max(4.6, 1.4 + 0.26 * len(shown)))
    axes = figure.subplots(1, 3 if drawn else 1, squeeze=False, width_ratios=[1, 1, 1] if drawn else None).ravel()
    _bars(axes[0], shown, len(ranking), criterion)
    if drawn and curves is not None:
        _errors(axes[1], curves, what)
        _against_random(axes[2], curves, criterion)
    return figure


def _bars(ax: Axes, shown: pd.DataFrame, whole: int, criterion: str) -> None:
    colours = [BATCHES[(batch - 1) % len(BATCHES)] if batch else "#C9D1D9" for batch in shown["batch"]]
    places = range(len(shown))[::-1]
    ax.barh(places, shown["gain_per_cost"], color=colours, height=0.72)
    ax.set_yticks(places, labels=[shortened(name, 36) for name in shown["condition"]], fontsize=9)
    ax.set_ylim(-0.7, len(shown) - 0.3)
    ax.set_xlabel(f"{criterion} gained per cost")
    ax.set_title("next" if len(shown) == whole else f"the first {len(shown)} of {whole:,}")
    ax.grid(axis="x")
    for batch in sorted(set(shown["batch"]) - {0}):
        last = max(i for i, b in enumerate(shown["batch"]) if b == batch)
        right = float(shown["gain_per_cost"].max())
        ax.text(right, len(shown) - 1 - last, f"batch {batch}", ha="right", va="center", color=INK, fontsize=10)


def _errors(ax: Axes, curves: pd.DataFrame, what: str) -> None:
    for order, part in curves.groupby("order", sort=False):
        ax.plot(part["measured"], part["error"], "-o", ms=4, lw=2, color=COLOURS[str(order)], label=str(order))
    ax.set(xlabel=f"{what} measured", ylabel="error on held-back ones (share of no change)", title="learning curves")
    ax.set_ylim(bottom=0)
    ax.grid(axis="y")
    ax.legend()


def _against_random(ax: Axes, curves: pd.DataFrame, criterion: str) -> None:
    ax.axhline(0, color=GREY, lw=1.4)
    for order, part in curves[curves["order"] != "random"].groupby("order", sort=False):
        colour = COLOURS[str(order)]
        ax.plot(part["measured"], 100 * part["difference"], "-o", ms=4, lw=2, color=colour, label=str(order))
        if order == criterion:
            ax.fill_between(part["measured"], 100 * part["lower"], 100 * part["upper"], color=colour, alpha=0.12, lw=0)
    ax.set(xlabel="measured", ylabel="error against random orders, %", title=f"{criterion}, 95 %")
    ax.grid(axis="y")
