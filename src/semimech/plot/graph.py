"""The strongest edges of a network, drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import BoxStyle, FancyArrowPatch, FancyBboxPatch

from semimech.data.network import Network
from semimech.evaluate.strength import DRIVE, STABILITY, strongest_first
from semimech.plot.layout import place_nodes
from semimech.plot.style import INK, NEGATIVE, PAPER, POSITIVE, new_figure, shortened, styled

POINTS_PER_INCH = 72
WIDTH, NODE_HEIGHT, FONT = 11.5, 19.0, 9.5
ROLES = {"input": ("#FCE8C5", "#B87400"), "molecule": ("#EAF2F8", "#50738C"), "phenotype": ("#D5EFE6", "#00734F")}
STYLES = {"input": BoxStyle("RArrow", pad=0.12), "molecule": BoxStyle("Round", pad=0.0, rounding_size=9)}
SQUARE = BoxStyle("Square", pad=0.0)


@styled
def network_graph(network: Network, *, edges: int = 45) -> Figure:
    """The strongest edges between different nodes: colour and head by sign, width by drive, opacity by stability.

    Strongest as in `strength_of`; the drive is the weight where it is not known. Inputs stand left, phenotypes right.
    """
    table = _strongest(network, edges)
    names = [node for node in network.nodes if node in {*table["source"], *table["target"]}]
    roles = [dict(zip(network.nodes, network.roles, strict=True))[name] for name in names]
    height = float(np.clip(0.2 * len(names) + 2.2, 4.2, 10))
    figure = new_figure(WIDTH, height)
    ax = canvas(figure)
    number = {name: i for i, name in enumerate(names)}
    ends = np.array([[number[a], number[b]] for a, b in zip(table["source"], table["target"], strict=True)], int)
    sizes = _sizes(names)
    room = height * POINTS_PER_INCH - 30
    place = place_nodes(ends.reshape(-1, 2), roles, sizes, WIDTH * POINTS_PER_INCH, room)
    place[:, 1] += 30  # above the legend
    _draw_edges(ax, table, ends, place, sizes)
    for name, role, (x, y), size in zip(names, roles, place, sizes, strict=True):
        _draw_node(ax, name, role, x, y, size)
    _legend(ax, table, set(roles))
    return figure


def _strongest(network: Network, n: int) -> pd.DataFrame:
    table = network.edges[(network.edges["weight"] != 0) & (network.edges["source"] != network.edges["target"])]
    return strongest_first(table).head(n).iloc[::-1]


def canvas(figure: Figure) -> Axes:
    """Axes over the whole figure whose unit is the point, so that boxes and arrows fit at every resolution."""
    figure.set_layout_engine("none")
    ax = figure.add_axes((0, 0, 1, 1))
    width, height = figure.get_size_inches() * POINTS_PER_INCH
    ax.set(xlim=(0, width), ylim=(0, height))
    ax.set_axis_off()
    return ax


def _sizes(names: list[str]) -> np.ndarray:
    """Width and height in points of the box around each name (nodes x 2)."""
    return np.array([[text_width(shortened(name, 20), FONT) + 16, NODE_HEIGHT] for name in names]).reshape(-1, 2)


def text_width(text: str, size: float) -> float:
    """Width in points of a text in the project's font."""
    renderer, font = RendererAgg(1, 1, POINTS_PER_INCH), FontProperties(size=size)
    return float(renderer.get_text_width_height_descent(text, font, ismath=False)[0])


def _draw_node(ax: Axes, name: str, role: str, x: float, y: float, size: np.ndarray) -> None:
    fill, line = ROLES.get(role, ROLES["molecule"])
    corner = (x - size[0] / 2, y - size[1] / 2)
    box = FancyBboxPatch(corner, size[0], size[1], fc=fill, ec=line, lw=1.4, zorder=3, mutation_scale=1)
    box.set_boxstyle(STYLES.get(role, SQUARE))
    ax.add_patch(box)
    ax.text(x, y, shortened(name, 20), ha="center", va="center_baseline", fontsize=FONT, color=INK, zorder=4)


def _draw_edges(ax: Axes, table: pd.DataFrame, ends: np.ndarray, place: np.ndarray, sizes: np.ndarray) -> None:
    wide = DRIVE if DRIVE in table else "weight"
    largest = table[wide].abs().max() if len(table) else 1.0
    for row, (source, target) in zip(table.to_dict("records"), ends, strict=True):
        strength = abs(row[wide]) / largest
        stability = row.get(STABILITY, 1.0)
        start = edge_of_box(place[source], place[target], sizes[source] + 4)
        stop = edge_of_box(place[target], place[source], sizes[target] + 8)
        positive = row["weight"] > 0
        ax.add_patch(
            FancyArrowPatch(
                tuple(start),
                tuple(stop),
                connectionstyle="arc3,rad=0.08",
                arrowstyle="-|>,head_length=5,head_width=2.6" if positive else "|-|,widthA=0,widthB=4.5",
                mutation_scale=1,
                color=POSITIVE if positive else NEGATIVE,
                lw=0.8 + 3.2 * strength,
                alpha=float(np.clip(0.15 + 0.8 * (stability if stability == stability else 1.0), 0.15, 0.95)),
                shrinkA=0,
                shrinkB=0,
                zorder=2,
            )
        )


def edge_of_box(inside: np.ndarray, towards: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Where the line from the centre of a box towards a point leaves the box."""
    way = towards - inside
    with np.errstate(divide="ignore"):
        reach = np.min(size / 2 / np.maximum(np.abs(way), 1e-9))
    return inside + way * min(reach, 0.45)


def _legend(ax: Axes, table: pd.DataFrame, roles: set[str]) -> None:
    def patch(role: str) -> Line2D:
        fill, line = ROLES[role]
        return Line2D([], [], marker="s", ls="", ms=10, mfc=fill, mec=line, label=role)

    handles = [patch(role) for role in ROLES if role in roles]
    handles += [
        Line2D([], [], color=POSITIVE, lw=3, label="activates (▶)"),
        Line2D([], [], color=NEGATIVE, lw=3, label="inhibits (bar)"),
    ]
    note = "width: |drive|" if DRIVE in table else "width: |weight|"
    note += "; opacity: share of resamples with the edge and its sign" if STABILITY in table else ""
    handles.append(Line2D([], [], ls="", label=note))
    ax.legend(handles=handles, loc="lower center", ncols=len(handles), fontsize=9.5, handletextpad=0.5,
              columnspacing=1.4, frameon=True, facecolor=PAPER, edgecolor="none", borderpad=0.1)  # fmt: skip
