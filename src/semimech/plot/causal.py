"""A causal graph drawn: causes left of effects, hidden variables dashed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from semimech.audit.causal import CausalGraph, Variable
from semimech.plot.graph import canvas, edge_of_box, text_width
from semimech.plot.layers import layered
from semimech.plot.style import BLUE, GREEN, GREY, INK, ORANGE, PAPER, new_figure, shortened, styled

POINTS_PER_INCH = 72
WIDTH, ROW, FONT, SMALL = 11.5, 84.0, 13.0, 9.5
BOX = 44.0
FILL = {BLUE: "#E3F0F8", GREEN: "#D5EFE6", ORANGE: "#FCE8C5", GREY: PAPER}


@styled
def causal_picture(graph: CausalGraph, causes: Collection[str], outcome: str, adjust: Collection[str] = ()) -> Figure:
    """The graph in layers: the causes that are set blue, the outcome green, what is to be adjusted for orange.

    Variables that the table does not measure are dashed.
    """
    layers = layered({one.name: one.causes for one in graph.variables})
    columns = [column for column, _ in layers.place.values()]
    crowd = max(columns.count(column) for column in columns)
    points = [*layers.place.values(), *(bend for way in layers.bends.values() for bend in way)]
    crowd = max(crowd, *(sum(p[0] == column for p in points) for column in columns))
    height = (max(crowd, 2) * ROW + 50) / POINTS_PER_INCH
    figure = new_figure(WIDTH, height)
    ax = canvas(figure)
    sizes = {one.name: np.array([_width(one), BOX]) for one in graph.variables}
    margin = max(size[0] for size in sizes.values()) / 2 + 6
    span = WIDTH * POINTS_PER_INCH - 2 * margin
    room = height * POINTS_PER_INCH - 50

    def at(place: tuple[float, float]) -> np.ndarray:
        column, row = place
        return np.array([margin + span * column / max(*columns, 1), 40 + room * (0.5 - row)])

    spots = {name: at(place) for name, place in layers.place.items()}
    for (cause, effect), bends in layers.bends.items():
        _arrow(ax, [spots[cause], *map(at, bends), spots[effect]], sizes[cause], sizes[effect])
    colours = {**dict.fromkeys(adjust, ORANGE), **dict.fromkeys(causes, BLUE), outcome: GREEN}
    for one in graph.variables:
        _box(ax, one, spots[one.name], sizes[one.name], colours.get(one.name, GREY))
    _legend(ax, colours, any(not one.observed for one in graph.variables))
    return figure


def _meaning(one: Variable) -> str:
    return shortened(one.meaning.partition(":")[0], 18)


def _width(one: Variable) -> float:
    return max(text_width(shortened(one.name, 16), FONT), text_width(_meaning(one), SMALL), 40.0) + 22


def _box(ax: Axes, one: Variable, spot: np.ndarray, size: np.ndarray, colour: str) -> None:
    x, y = (float(part) for part in spot)
    box = FancyBboxPatch(
        (x - size[0] / 2, y - size[1] / 2), size[0], size[1], boxstyle="round,pad=0,rounding_size=10", mutation_scale=1,
        fc=FILL[colour], ec=colour, lw=1.8, ls="-" if one.observed else (0, (4, 3)), zorder=3,
    )  # fmt: skip
    ax.add_patch(box)
    meaning = _meaning(one)
    ax.text(x, y + (8 if meaning else 0), shortened(one.name, 16), ha="center", va="center", fontsize=FONT,
            fontweight="bold", color=INK, zorder=4)  # fmt: skip
    ax.text(x, y - 10, meaning, ha="center", va="center", fontsize=SMALL, color=INK, zorder=4)


def _arrow(ax: Axes, way: list[np.ndarray], tail: np.ndarray, head: np.ndarray) -> None:
    """A smooth line through the bends, from the edge of one box to that of the other."""
    way = [edge_of_box(way[0], way[1], tail + 4), *way[1:-1], edge_of_box(way[-1], way[-2], head + 8)]
    points, codes = [way[0]], [int(Path.MOVETO)]
    for number, (a, b) in enumerate(pairwise(way)):
        # Catmull-Rom: each bend is left in the direction from the point before it to the one after it.
        before, after = way[max(number - 1, 0)], way[min(number + 2, len(way) - 1)]
        points += [a + (b - before) / 6, b - (after - a) / 6, b]
        codes += [int(Path.CURVE4)] * 3
    ax.add_patch(
        FancyArrowPatch(
            path=Path(np.array(points), codes),
            arrowstyle="-|>,head_length=7,head_width=3.5",
            mutation_scale=1,
            color=INK,
            lw=1.4,
            zorder=2,
            shrinkA=0,
            shrinkB=0,
        )
    )


def _legend(ax: Axes, colours: Mapping[str, str], hidden: bool) -> None:
    words = {BLUE: "set (cause)", GREEN: "predicted (outcome)", ORANGE: "to be adjusted for"}
    handles = [
        Line2D([], [], marker="s", ls="", ms=11, mfc=FILL[colour], mec=colour, mew=1.6, label=label)
        for colour, label in words.items()
        if colour in colours.values()
    ]
    if hidden:
        handles.append(Line2D([], [], color=GREY, lw=1.8, ls=(0, (4, 3)), label="dashed box: not measured"))
    ax.legend(handles=handles, loc="lower center", ncols=len(handles), fontsize=SMALL + 0.5, columnspacing=1.6)
