"""How well each model does, beside the best baseline and the ceiling."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from semimech.plot.style import BASELINE, CEILING, INK, MODEL, VERMILION, new_figure, shortened, styled

COLUMNS = 3


@styled
def score_overview(scores: pd.DataFrame, label: str, *, higher_is_better: bool = True) -> Figure:
    """One panel for each split: every model's score with its 95 % interval, the best baseline and the ceiling.

    scores: rows of one score, with the columns split, model, value, lower, upper, is_baseline, ceiling and
    ceiling_spearman_brown (NaN where there is no ceiling). label: the score's name, for the axis.
    """
    splits = list(dict.fromkeys(scores["split"]))
    columns = min(COLUMNS, len(splits))
    rows = -(-len(splits) // columns)
    models = _ordered(scores, higher_is_better)
    figure = new_figure(2.2 + 3.5 * columns, rows * (1.5 + 0.34 * len(models)) + 0.5)
    axes = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for ax, split in zip(axes, splits, strict=False):
        _panel(ax, scores[scores["split"] == split].set_index("model"), models, higher_is_better)
        ax.set_title(f"held out: {shortened(split, 30)}")
        ax.set_xlabel(label)
    for ax in axes[len(splits) :]:
        ax.remove()
    handles, labels = _legend_of(axes[: len(splits)])
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def _ordered(scores: pd.DataFrame, higher_is_better: bool) -> list[str]:
    """Models above baselines, the better ones higher."""
    mean = scores.groupby("model").agg(value=("value", "mean"), is_baseline=("is_baseline", "first"))
    mean["key"] = mean["value"] if higher_is_better else -mean["value"]
    return list(mean.sort_values(["is_baseline", "key"], ascending=[False, True]).index)


def _panel(ax: Axes, rows: pd.DataFrame, models: list[str], higher_is_better: bool) -> None:
    place = {model: i for i, model in enumerate(models)}
    ax.set_yticks(range(len(models)), labels=[shortened(model, 24) for model in models])
    ax.set_ylim(-0.6, len(models) - 0.4)
    ax.grid(axis="x")
    is_baseline = rows["is_baseline"].astype(bool)
    best = rows["value"][is_baseline].max() if higher_is_better else rows["value"][is_baseline].min()
    ceiling = rows["ceiling"].dropna()
    if len(ceiling):
        stepped = rows["ceiling_spearman_brown"].dropna()
        other = float(stepped.iloc[0]) if len(stepped) else float(ceiling.iloc[0])
        low, high = sorted([float(ceiling.iloc[0]), other])
        ax.axvspan(low, high, color=CEILING, label="ceiling (split half to Spearman-Brown)", lw=2, zorder=0)
    if np.isfinite(best):
        ax.axvline(best, color=INK, lw=1.2, ls=(0, (5, 3)), label="best baseline", zorder=1)
    for baselines, colour, label in ((False, MODEL, "model"), (True, BASELINE, "baseline")):
        part = rows[is_baseline == baselines]
        if len(part):
            y = [place[model] for model in part.index]
            errors = np.clip([part["value"] - part["lower"], part["upper"] - part["value"]], 0, None)
            style: dict[str, Any] = {
                "fmt": "o",
                "ms": 8,
                "lw": 2.4,
                "color": colour,
                "label": f"{label}, 95 % interval",
            }
            ax.errorbar(part["value"], y, xerr=np.nan_to_num(errors), zorder=3, **style)
    _mark_far(ax, rows, place, higher_is_better)


def _mark_far(ax: Axes, rows: pd.DataFrame, place: dict[str, int], higher_is_better: bool) -> None:
    """A model far behind all others would squeeze them together: it is put at the edge, with its number."""
    value = rows["value"].dropna()
    if len(value) < 4:
        return
    bad, middle, good = np.quantile(value, [0, 0.5, 1]) if higher_is_better else np.quantile(-value, [0, 0.5, 1])
    spread = max(good - middle, 0.02)
    edge = middle - 6 * spread
    if bad >= edge:
        return
    ceiling = (1 if higher_is_better else -1) * rows[["ceiling", "ceiling_spearman_brown", "value"]].max().max()
    low, high = edge, max(good, ceiling if np.isfinite(ceiling) else good)
    low, high = low - 0.05 * (high - low), high + 0.08 * (high - low)
    ax.set_xlim((low, high) if higher_is_better else (-high, -low))
    for model, number in value.items():
        if (number if higher_is_better else -number) < edge:
            side, align = (0.02, "left") if higher_is_better else (0.98, "right")
            arrow = "◀ {}" if higher_is_better else "{} ▶"
            text = arrow.format(f"{number:.3g}")
            ax.text(side, place[str(model)], text, transform=ax.get_yaxis_transform(), ha=align, va="center",
                    fontsize=10, color=VERMILION)  # fmt: skip


def _legend_of(axes: np.ndarray) -> tuple[list, list[str]]:
    found: dict[str, Any] = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    return list(found.values()), list(found)
