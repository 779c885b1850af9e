"""What the test of an assumption looked at: groups of rows, or an amount for each perturbation."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from semimech.plot.style import BLUE, GREY, INK, ORANGE, VERMILION, new_figure, shortened, styled

BARS = 30
BINS = 40


@styled
def assumption_picture(picture: pd.DataFrame, axis: str) -> Figure:
    """Histograms of groups one above the other (columns group, value), or dots with intervals.

    The columns of dots are name, value, lower, upper and clear; `axis` names the values.
    """
    if "group" in picture:
        return _histograms(picture, axis)
    shown = picture.sort_values("value", ascending=False, kind="stable").head(BARS).iloc[::-1]
    figure = new_figure(7.2, max(2.6, 1.4 + 0.3 * len(shown)))
    _dots(figure.subplots(), shown, axis)
    return figure


def _histograms(picture: pd.DataFrame, axis: str) -> Figure:
    groups = [(str(name), part["value"].to_numpy(float)) for name, part in picture.groupby("group", sort=False)][:8]
    low, high = np.quantile(picture["value"], [0.002, 0.998])
    bins = np.linspace(low, high, BINS + 1) if high > low else np.linspace(low - 1, low + 1, BINS + 1)
    figure = new_figure(7.2, 1.2 + 1.15 * len(groups))
    axes = figure.subplots(len(groups), 1, sharex=True, squeeze=False)[:, 0]
    for number, (ax, (name, values)) in enumerate(zip(axes, groups, strict=True)):
        ax.hist(np.clip(values, bins[0], bins[-1]), bins=bins, density=True, color=BLUE if number % 2 == 0 else ORANGE)
        ax.axvline(np.median(values), color=INK, lw=1.4)
        ax.set_yticks([])
        ax.set_ylabel(f"{shortened(name, 24)}\nn = {len(values):,}", rotation=0, ha="right", va="center")
    axes[-1].set_xlabel(axis)
    return figure


def _dots(ax: Axes, shown: pd.DataFrame, axis: str) -> None:
    y = np.arange(len(shown))
    colours = np.where(shown["clear"].astype(bool), VERMILION, GREY)
    ax.hlines(y, shown["lower"], shown["upper"], color=colours, lw=2.2)
    ax.scatter(shown["value"], y, s=46, color=colours, zorder=3)
    ax.set_yticks(y, labels=[shortened(name, 26) for name in shown["name"]])
    ax.set_ylim(-0.7, len(shown) - 0.3)
    ax.set_xlim(left=0)
    ax.set_xlabel(axis)
    ax.grid(axis="x")
