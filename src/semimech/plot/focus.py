"""The focus of a learner: its scores as outsiders are added, and over all thresholds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from semimech.audit.focus.readings import ERROR
from semimech.plot.style import BLUE, DIVERGING, GREY, INK, ORANGE, new_figure, styled

READINGS = {
    "fixed threshold": "balanced accuracy, cut at 0.5",
    "recalibrated": "balanced accuracy, own cut-off",
    "ranking": "area under the ROC curve",
    "regression": "concordance",
    ERROR: "mean squared error",
}


@styled
def focus_curves(curves: pd.DataFrame, best: Mapping[str, float], theory: np.ndarray | None) -> Figure:
    """A panel for each reading: mean over thresholds by number of outsiders, its 95 % interval, and the median N*.

    curves: columns reading, threshold, outsiders, mean, low, high. best: N* by reading. theory: the theory's squared
    errors, in the order of the outsiders, or None. A reading without values has no panel.
    """
    figure = new_figure(13.5, 7.6)
    axes = figure.subplots(2, 3).ravel()
    for ax, (reading, label) in zip(axes, READINGS.items(), strict=False):
        rows = (
            curves[(curves["reading"] == reading) & curves["threshold"].isna()]
            .set_index("outsiders")
            .dropna(subset="mean")
        )
        if rows.empty:
            ax.remove()
            continue
        ax.fill_between(rows.index, rows["low"], rows["high"], color=BLUE, alpha=0.18, lw=0, label="95 % interval")
        ax.plot(rows.index, rows["mean"], color=BLUE, lw=2.2, label="mean over repeats")
        if reading in best:
            ax.axvline(best[reading], color=ORANGE, lw=1.8, ls="--", label="N* chosen on the training half")
        if reading == ERROR and theory is not None:
            ax.plot(rows.index, theory, color=INK, lw=1.8, ls=":", label="theory")
        ax.set(xlabel="outsiders added, nearest first", ylabel=label, title=reading)
        ax.grid(axis="y")
    handles = {label: handle for ax in figure.axes for handle, label in zip(*ax.get_legend_handles_labels())}
    axes[-1].axis("off")
    axes[-1].legend(handles.values(), handles.keys(), loc="center left")
    return figure


@styled
def focus_surface(curves: pd.DataFrame, thresholds: str = "threshold, p = -log10(M)") -> Figure:
    """A panel for each reading with thresholds: the change of its score from no outsiders, by N and threshold.

    thresholds: what stands beside their axis.
    """
    figure = new_figure(14.0, 4.6)
    named = [reading for reading in READINGS if curves.loc[curves["reading"] == reading, "threshold"].notna().any()]
    axes = figure.subplots(1, len(named), sharey=True, squeeze=False).ravel()
    tables = [
        curves[curves["reading"] == name].pivot_table(index="threshold", columns="outsiders", values="mean")
        for name in named
    ]
    changes = [table.sub(table.iloc[:, 0], axis=0) for table in tables]
    limit = max(float(np.nanmax(np.abs(change.to_numpy()))) for change in changes) or 1.0
    for ax, name, change in zip(axes, named, changes):
        image = _heat(ax, change, limit)
        ax.set(xlabel="outsiders added", title=name)
    axes[0].set_ylabel(thresholds)
    figure.colorbar(image, ax=list(axes), label="change from N = 0")
    return figure


def _heat(ax: Axes, change: pd.DataFrame, limit: float) -> QuadMesh:
    ax.set_facecolor(GREY)
    places = np.arange(len(change))
    every = max(len(places) // 8, 1)
    ax.set_yticks(places[::every], labels=[f"{threshold:.2f}" for threshold in change.index[::every]])
    return ax.pcolormesh(change.columns, places, change.to_numpy(), cmap=DIVERGING, vmin=-limit, vmax=limit)
