"""What is in the data: rows, doses, and whether what was aimed at was hit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from semimech.plot.style import BLUE, GREEN, GREY, ORANGE, SKY, VERMILION, new_figure, shortened, styled

BARS = 30


@styled
def data_overview(given: pd.DataFrame, own: pd.DataFrame, unit: str) -> Figure:
    """Rows of each perturbation, the doses it was given at, and its effect on its own targets.

    given: one row for each condition and perturbation in it: perturbation, dose, dose_unit, rows, alone (bool).
    own: perturbation, target, effect, standard_error; an empty table where no target was measured.
    """
    rows = given.groupby("perturbation")["rows"].sum().sort_values(kind="stable")
    names = _chosen(list(rows.index))
    has_doses = given.groupby("perturbation")["dose"].nunique().max() > 1
    own = own.set_index("perturbation").loc[lambda table: table.index.isin(names)]
    panels = [_rows_panel, *([_dose_panel] if has_doses else [])]
    width = 4.4 * (len(panels) + bool(len(own))) + 0.8
    figure = new_figure(width, max(3.2, 1.6 + 0.27 * max(len(names), len(own))))
    axes = figure.subplots(1, len(panels) + bool(len(own)), squeeze=False)[0]
    for ax, panel in zip(axes, panels, strict=False):
        panel(ax, given, names)
        _name(ax, names if ax is axes[0] else [""] * len(names))
    if len(own):
        _own_panel(axes[-1], own, unit)
    if len(rows) > len(names):
        axes[0].set_title(f"{len(names)} of {len(rows):,} perturbations: fewest and most rows")
    return figure


def _chosen(names: Sequence[str]) -> list[str]:
    return list(names) if len(names) <= BARS else [*names[: BARS // 2], *names[-BARS // 2 :]]


def _name(ax: Axes, names: Sequence[str]) -> None:
    ax.set_yticks(range(len(names)), labels=[shortened(name, 22) for name in names])
    ax.set_ylim(-0.7, len(names) - 0.3)


def _rows_panel(ax: Axes, given: pd.DataFrame, names: Sequence[str]) -> None:
    counts = given.groupby(["perturbation", "alone"])["rows"].sum().unstack(fill_value=0).reindex(names)
    left = np.zeros(len(names))
    for alone, label, colour in ((True, "alone", BLUE), (False, "in combinations", SKY)):
        if alone in counts and counts[alone].any():
            ax.barh(range(len(names)), counts[alone], left=left, color=colour, label=label, height=0.7)
            left += counts[alone].to_numpy()
    ax.set(xlabel="rows (cells or samples)", title="rows of each perturbation")
    if len(ax.get_legend_handles_labels()[0]) > 1:
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, columnspacing=1.2, handlelength=1.2)
    ax.grid(axis="x")


def _dose_panel(ax: Axes, given: pd.DataFrame, names: Sequence[str]) -> None:
    place = {name: i for i, name in enumerate(names)}
    part = given[given["perturbation"].isin(place)].drop_duplicates(["perturbation", "dose"])
    ax.scatter(part["dose"], part["perturbation"].map(place), s=60, color=ORANGE, zorder=3)
    units = [unit for unit in dict.fromkeys(part["dose_unit"]) if isinstance(unit, str) and unit]
    ax.set(xlabel=f"dose ({', '.join(units) or 'relative strength'})", title="doses given")
    ax.grid()


def _own_panel(ax: Axes, own: pd.DataFrame, unit: str) -> None:
    own = own.sort_values("effect", ascending=False, kind="stable")
    y = np.arange(len(own))
    error = 1.96 * own["standard_error"].fillna(0.0)
    clear = own["effect"].abs() > error
    colours = np.where(clear & (error > 0), np.where(own["effect"] < 0, VERMILION, GREEN), GREY)
    ax.hlines(y, own["effect"] - error, own["effect"] + error, color=colours, lw=2.2)
    ax.scatter(own["effect"], y, s=46, color=colours, zorder=3)
    ax.axvline(0, color=GREY, lw=1)
    ax.set_yticks(y, labels=[shortened(f"{name} on {row.target}", 30) for name, row in own.iterrows()])
    ax.set(xlabel=f"effect ± 1.96 standard errors\n({unit})", title="effect on the own target")
    ax.grid(axis="x")
