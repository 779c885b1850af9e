"""How well each model does, beside the best baseline and the ceiling."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from semimech.plot.style import BASELINE, CEILING, INK, MODEL, new_figure, shortened, styled

COLUMNS = 3
BASELINES_SEEN = 4


@styled
def score_overview(scores: pd.DataFrame, label: str, *, higher_is_better: bool = True) -> Figure:
    """One panel for each split: every model's score with its 95 % interval, the best baseline and the ceiling.

    scores: rows of one score, with the columns split, model, value, lower, upper, is_baseline, ceiling and
    ceiling_stepped (NaN where there is no ceiling). label: the score's name, for the axis.
    """
    splits = list(dict.fromkeys(scores["split"]))
    columns = min(COLUMNS, len(splits))
    rows = -(-len(splits) // columns)
    models = _ordered(scores, higher_is_better)
    figure = new_figure(max(2.2 + 3.5 * columns, 7.5), rows * (1.5 + 0.34 * len(models)) + 0.5)
    axes = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for ax, split in zip(axes, splits, strict=False):
        _panel(ax, scores[scores["split"] == split].set_index("model"), models, higher_is_better)
        ax.set_title(f"held out: {shortened(split, 30)}")
        ax.set_xlabel(label)
    for ax in axes[len(splits) :]:
        ax.remove()
    handles, labels = _legend_of(axes[: len(splits)])
    figure.legend(handles, labels, loc="outside lower center", ncols=4 if columns == 3 else 2)
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
        stepped = rows["ceiling_stepped"].dropna()
        other = float(stepped.iloc[0]) if len(stepped) else float(ceiling.iloc[0])
        low, high = sorted([float(ceiling.iloc[0]), other])
        ax.axvspan(low, high, color=CEILING, label="ceiling (half against half to all rows)", lw=2, zorder=0)
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
    _look_at_the_best(ax, rows, place, is_baseline, higher_is_better)


def _look_at_the_best(
    ax: Axes, rows: pd.DataFrame, place: dict[str, int], is_baseline: pd.Series, higher_is_better: bool
) -> None:
    """Scale the axis by the models and the best baselines; a baseline far behind is a number at the edge."""
    sign = 1.0 if higher_is_better else -1.0
    rank = (sign * rows["value"]).rank(ascending=False).where(is_baseline)
    seen = rows[~is_baseline | (rank <= rank.nsmallest(BASELINES_SEEN).max())]
    ends = seen[["value", "lower", "upper"]].to_numpy(float)
    ceilings = rows[["ceiling", "ceiling_stepped"]].to_numpy(float)
    ends = np.concatenate([ends.ravel(), ceilings.ravel()])
    low, high = np.nanmin(ends), np.nanmax(ends)
    margin = max(0.08 * (high - low), 0.005)
    low, high = low - margin, high + margin
    ax.set_xlim(low, high)
    side, align, arrow = (0.02, "left", "◀ {}") if higher_is_better else (0.98, "right", "{} ▶")
    for model, number in rows["value"].dropna().items():
        if not low <= number <= high:
            ax.text(side, place[str(model)], arrow.format(f"{number:.3g}"), ha=align, va="center", fontsize=10,
                    color=BASELINE, transform=ax.get_yaxis_transform())  # fmt: skip


def _legend_of(axes: np.ndarray) -> tuple[list, list[str]]:
    found: dict[str, Any] = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    return list(found.values()), list(found)
