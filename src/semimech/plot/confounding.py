"""Chemistry beside the place of measurement: what each explains, by the way compounds were held out."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from semimech.plot.style import BLUE, GREEN, GREY, ORANGE, new_figure, styled

MODELS = {"chemistry": ("chemistry", BLUE), "source_only": ("source only", ORANGE), "both": ("both", GREEN)}
TITLES = {"all": "all compounds", "series": "the series"}
LOWEST = -1.0


@styled
def scores_by_split(scores: pd.DataFrame) -> Figure:
    """A panel for each set of compounds: variance explained by each model on each split, with 95 % intervals.

    scores: columns split, compounds, and r2_MODEL with _low and _high. Below -1 the axis is cut.
    """
    sets = [name for name in TITLES if name in set(scores["compounds"])]
    splits = list(dict.fromkeys(scores["split"]))
    figure = new_figure(13.5, 1.6 + 0.75 * len(splits))
    axes = figure.subplots(1, len(sets), sharey=True, squeeze=False).ravel()
    for ax, name in zip(axes, sets):
        _panel(ax, scores[scores["compounds"] == name].set_index("split"), splits)
        ax.set(xlabel="variance of held-out compounds explained (R²)", title=TITLES[name])
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(handles))
    return figure


def _panel(ax: Axes, scores: pd.DataFrame, splits: list[str]) -> None:
    for number, (model, (label, colour)) in enumerate(MODELS.items()):
        rows = np.array([splits.index(split) for split in scores.index]) + 0.22 * (number - 1)
        value, low, high = (scores[f"r2_{model}{end}"].clip(lower=LOWEST) for end in ("", "_low", "_high"))
        ax.hlines(rows, low, high, color=colour, lw=2.4, alpha=0.55)
        ax.plot(value, rows, "o", color=colour, ms=8, label=label)
    ax.axvline(0, color=GREY, lw=1)
    ax.set_yticks(range(len(splits)), labels=splits)
    ax.set_ylim(len(splits) - 0.5, -0.5)
    ax.grid(axis="x")
