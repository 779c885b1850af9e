"""Variance components: pooled with their intervals, and of every feature."""

from __future__ import annotations

import numpy as np
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from semimech.design.components import Components
from semimech.plot.style import BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION, new_figure, styled

COLOURS = {"cell": GREY, "batch": ORANGE, "interaction": VERMILION, "guide": PURPLE, "perturbation": BLUE}
TITLES = {
    "cell": "cell",
    "batch": "batch",
    "interaction": "perturbation × batch",
    "guide": "guide",
    "perturbation": "effects themselves",
}
DECADES = 5  # below the largest: what is smaller stands at the edge


@styled
def pooled_picture(components: Components) -> Figure:
    """The pooled variance of each component with its interval, on a logarithmic axis; what is unknown is said."""
    figure = new_figure(7.6, 3.6)
    ax = figure.subplots()
    table = components.pooled.iloc[::-1]
    known = table[["variance", "upper"]].to_numpy(float)
    largest = float(np.max(known[np.isfinite(known)], initial=1e-6))
    least = 10 ** (np.floor(np.log10(largest)) - DECADES)
    for y, row in enumerate(table.itertuples()):
        name = str(row.component)
        if name in components.unidentified:
            ax.text(least * 1.2, y, f"unknown: {components.unidentified[name]}", va="center", color=GREY, fontsize=10)
            continue
        if row.upper == row.upper:
            ax.hlines(y, max(row.lower, least), max(row.upper, least), color=COLOURS[name], lw=2.4)
        ax.scatter(max(row.variance, least), y, s=60, color=COLOURS[name], zorder=3)
    ax.set_xscale("log")
    _plain(ax.xaxis)
    ax.set_xlim(least, largest * 2)
    ax.set_yticks(range(len(table)), labels=[TITLES[str(name)] for name in table["component"]])
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.set_xlabel("variance on the effect scale (mean over features, 95 % interval)")
    ax.grid(axis="x")
    return figure


def scatter_picture(components: Components) -> Figure | None:
    """Each feature's variance of a cell against that of batches and of perturbation x batch, or else of effects.

    None where this screen tells nothing of these.
    """
    told = [name for name in COLOURS if name not in components.unidentified]
    shown = [n for n in told if n in ("batch", "interaction")] or [n for n in told if n == "perturbation"]
    if "cell" not in told or not shown or not (components.cell > 0).any():
        return None
    return _scatter(components, shown)


@styled
def _scatter(components: Components, shown: list[str]) -> Figure:
    figure = new_figure(1.2 + 4.4 * len(shown), 4.4)
    axes = figure.subplots(1, len(shown), squeeze=False)[0]
    cell = components.cell
    for ax, name in zip(axes, shown, strict=True):
        values = getattr(components, name)
        positive = values[values > 0]
        least = float(np.quantile(positive, 0.05)) / 3 if positive.size else 1e-6
        ax.scatter(cell, np.maximum(values, least), s=14, color=COLOURS[name], alpha=0.6, linewidths=0)
        ax.axhline(least, color=GREEN, lw=1.0, ls=":")
        ax.set_xscale("log")
        ax.set_yscale("log")
        _plain(ax.xaxis)
        _plain(ax.yaxis)
        ax.set_xlabel("variance of a cell")
        ax.set_ylabel(f"variance of {TITLES[name]}")
        ax.set_title(f"{np.mean(values <= least):.0%} at or below the line", fontsize=11.5)
        ax.grid()
    return figure


def _plain(axis: Axis) -> None:
    """Numbers as they are spoken: the style reads no mathematics."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
