"""A model beside the best baseline, one line for each condition or feature."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from semimech.plot.style import BASELINE, GREY, INK, MODEL, PALE, new_figure, shortened, styled

LINES = 40


@styled
def compared(table: pd.DataFrame, label: str, what: str, *, higher_is_better: bool = True) -> Figure:
    """Dots of two models on one line for each thing, sorted by the first model; and all things as a scatter.

    table: indexed by condition or feature, two columns named after the models (the model, then the baseline).
    Where there are more than 40 lines, the 20 lowest and the 20 highest are drawn; the scatter has them all.
    """
    table = table.dropna().sort_values(table.columns[0], ascending=higher_is_better)
    shown = table if len(table) <= LINES else pd.concat([table.iloc[: LINES // 2], table.iloc[-LINES // 2 :]])
    figure = new_figure(11.5, max(4.6, 1.3 + 0.25 * len(shown)))
    left, right = figure.subplots(1, 2, width_ratios=[1.35, 1])
    _lines(left, shown, len(table) > len(shown))
    left.set_xlabel(label)
    left.set_title(_title(len(shown), len(table), what))
    _scatter(right, table, label, what, higher_is_better)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=2)
    return figure


def _title(shown: int, whole: int, what: str) -> str:
    return f"each {what}" if shown == whole else f"the {shown // 2} worst and {shown // 2} best of {whole:,} {what}s"


def _lines(ax: Axes, shown: pd.DataFrame, is_cut: bool) -> None:
    model, baseline = shown.columns
    y = range(len(shown))
    ax.hlines(y, shown[[model, baseline]].min(axis=1), shown[[model, baseline]].max(axis=1), color=PALE, lw=3, zorder=1)
    ax.scatter(shown[baseline], y, s=34, color=BASELINE, label=f"{shortened(baseline)} (best baseline)", zorder=2)
    ax.scatter(shown[model], y, s=40, color=MODEL, label=shortened(model), zorder=3)
    ax.set_yticks(y, labels=[shortened(name, 36) for name in shown.index], fontsize=9)
    ax.set_ylim(-0.8, len(shown) - 0.2)
    ax.grid(axis="x")
    if is_cut:
        ax.axhline(len(shown) / 2 - 0.5, color=GREY, lw=0.8, ls=":")


def _scatter(ax: Axes, table: pd.DataFrame, label: str, what: str, higher_is_better: bool) -> None:
    model, baseline = table.columns
    values = table.to_numpy()
    margin = 0.05 * max(float(values.max() - values.min()), 1e-6)
    limits = (float(values.min()) - margin, float(values.max()) + margin)
    ax.plot(limits, limits, color=GREY, lw=1.2, zorder=1)
    ax.set(xlim=limits, ylim=limits)
    ax.scatter(table[baseline], table[model], s=26, alpha=0.6, color=MODEL, linewidths=0, rasterized=len(table) > 1_000)
    better = (table[model] > table[baseline]) if higher_is_better else (table[model] < table[baseline])
    ax.set_xlabel(f"{shortened(baseline)}\n({shortened(label, 40)})", fontsize=11)
    ax.set_ylabel(f"{shortened(model)}\n({shortened(label, 40)})", fontsize=11)
    ax.set_title(f"better on {int(better.sum()):,} of {len(table):,} {what}s", color=INK)
    ax.set_anchor("N")
    ax.set_box_aspect(1)
