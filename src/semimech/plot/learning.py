"""Learning curves."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from semimech.plot.style import BLUE, INK, ORANGE, new_figure, shortened, styled

PLAIN = FuncFormatter(lambda value, _: f"{value:g}" if f"{value:e}"[0] in "125" else "")


def few_decades(limits: tuple[float, float]) -> bool:
    """An axis over less than a decade and a half needs labels between the powers of ten."""
    return limits[1] < 30 * limits[0]


@styled
def learning_curves(histories: Mapping[str, pd.DataFrame]) -> Figure:
    """Training and validation error by gradient step, one panel for each model.

    Each table has the columns step, train_error and validation_error (empty where nothing was held out), and may have
    `measure`: in words, what the errors are.
    """
    figure = new_figure(5.4 * min(len(histories), 3), 3.8 * -(-len(histories) // 3))
    axes = figure.subplots(-(-len(histories) // 3), min(len(histories), 3), squeeze=False).ravel()
    for ax, (model, history) in zip(axes, histories.items(), strict=False):
        ax.plot(history["step"], history["train_error"], color=BLUE, lw=2.2, label="training")
        validation = history[["step", "validation_error"]].dropna()
        if len(validation):
            ax.plot(validation["step"], validation["validation_error"], color=ORANGE, lw=2.2, label="validation")
            best = validation.loc[validation["validation_error"].idxmin()]
            place = (best["step"], best["validation_error"])
            ax.plot(*place, "o", color=ORANGE, mec=INK, ms=8, label=f"lowest, at step {best['step']:,.0f}")
        measure = str(history["measure"].iloc[0]) if "measure" in history else "error (mean square)"
        ax.set(xlabel="epoch" if "measure" in history else "gradient step", ylabel=measure, title=shortened(model))
        if (history["train_error"] > 0).all():
            ax.set_yscale("log")
            ax.yaxis.set_major_formatter(PLAIN)  # matplotlib's own writes powers as formulas
            ax.yaxis.set_minor_formatter(PLAIN if few_decades(ax.get_ylim()) else NullFormatter())
        ax.grid(axis="y")
        ax.legend()
    for ax in axes[len(histories) :]:
        ax.remove()
    return figure
