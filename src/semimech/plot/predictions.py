"""Predicted against observed effects, on held-out rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure

from semimech.plot.style import BLUE, GREY, INK, new_figure, shortened, styled

MANY = 20_000
DENSITY = LinearSegmentedColormap.from_list("blues", ["#D6E9F5", "#56B4E9", BLUE, "#003B5C"])


@styled
def predicted_against_observed(panels: Sequence[tuple[str, np.ndarray, np.ndarray]], unit: str) -> Figure:
    """One panel for each (title, observed, predicted); the arrays have one value per condition and feature.

    A point for each value, or their density where there are more than 20,000; the line is perfect prediction.
    """
    figure = new_figure(4.6 * len(panels) + 0.3, 4.9)
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    everything = np.concatenate([part.ravel() for _, *pair in panels for part in pair])
    everything = everything[np.isfinite(everything)]
    limit = 1.05 * float(np.abs(everything).max(initial=1e-9))
    for ax, (title, observed, predicted) in zip(axes, panels, strict=True):
        known = np.isfinite(observed) & np.isfinite(predicted)
        _panel(ax, observed[known], predicted[known], limit)
        ax.set_title(shortened(title, 40))
        ax.set_xlabel(f"observed effect ({unit})")
    axes[0].set_ylabel(f"predicted effect ({unit})")
    return figure


def _panel(ax: Axes, observed: np.ndarray, predicted: np.ndarray, limit: float) -> None:
    ax.axline((0, 0), slope=1, color=GREY, lw=1.2, zorder=1)
    if observed.size > MANY:
        extent = (-limit, limit, -limit, limit)
        ax.hexbin(observed, predicted, gridsize=70, extent=extent, mincnt=1, norm=LogNorm(), cmap=DENSITY,
                  linewidths=0, rasterized=True, zorder=2)  # fmt: skip
    else:
        size = float(np.clip(40_000 / max(observed.size, 1), 5, 30))
        style: dict[str, Any] = {"s": size, "alpha": 0.45, "color": BLUE, "linewidths": 0}
        ax.scatter(observed, predicted, rasterized=observed.size > 1_000, zorder=2, **style)
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), box_aspect=1)
    text = f"r = {_pearson(observed, predicted)}\nn = {observed.size:,}"
    ax.text(0.04, 0.96, text, transform=ax.transAxes, va="top", fontsize=11.5, color=INK)


def _pearson(first: np.ndarray, second: np.ndarray) -> str:
    if first.size < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return "not defined"
    return f"{np.corrcoef(first, second)[0, 1]:.3f}"
