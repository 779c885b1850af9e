"""The network as a matrix."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from semimech.data.network import Network
from semimech.plot.style import DIVERGING, GREY, PALE, new_figure, shortened, styled

NODES = 60
ROLE_ORDER = ("input", "molecule", "phenotype")


@styled
def network_heatmap(network: Network) -> Figure:
    """Signed weights, sources in columns and targets in rows, like nodes beside each other within each role.

    Nodes that send nothing (weights below 1 % of where the colours end) have no column, those that receive
    nothing no row. With more than 60 nodes, those with the
    most weight to and from them are shown. The colours end at the 95th
    percentile of |weight|, so that a few strong edges do not hide the others.
    """
    weights = network.matrix()
    kept = _strongest(weights)
    kept = kept[_order(weights[np.ix_(kept, kept)], [network.roles[i] for i in kept])]
    shown = weights[np.ix_(kept, kept)]
    roles = np.array([network.roles[i] for i in kept], dtype=object)
    strong = np.abs(shown[shown != 0])
    limit = float(np.quantile(strong, 0.95)) if strong.size else 1.0
    used = np.abs(shown) > 0.01 * limit
    rows, columns = used.any(axis=1) | ~used.any(), used.any(axis=0) | ~used.any()
    matrix = shown[np.ix_(rows, columns)]
    cell = float(np.clip(min(9 / max(matrix.shape[1], 1), 12 / max(matrix.shape[0], 1)), 0.19, 0.34))
    figure = new_figure(3.4 + cell * matrix.shape[1], 2.3 + cell * matrix.shape[0])
    ax = figure.subplots()
    norm = TwoSlopeNorm(0.0, -limit, limit)
    image = ax.pcolormesh(matrix, cmap=DIVERGING, norm=norm, edgecolors=PALE, linewidth=0.4)
    ax.invert_yaxis()
    ax.set_box_aspect(matrix.shape[0] / max(matrix.shape[1], 1))
    names = [shortened(network.nodes[i], 18) for i in kept]
    _labels(
        ax.xaxis, 38 * cell, [name for name, keep in zip(names, columns.tolist(), strict=True) if keep], rotation=90
    )
    _labels(ax.yaxis, 38 * cell, [name for name, keep in zip(names, rows.tolist(), strict=True) if keep], rotation=0)
    for cut in _cuts(roles[columns]):
        ax.axvline(cut, color=GREY, lw=1.2)
    for cut in _cuts(roles[rows]):
        ax.axhline(cut, color=GREY, lw=1.2)
    ax.set(xlabel="source", ylabel="target")
    if len(kept) < len(network.nodes):
        ax.set_title(f"the {len(kept)} most connected of {len(network.nodes):,} nodes")
    bar = figure.colorbar(image, ax=ax, shrink=0.6, pad=0.02)
    bar.set_label("weight (target's input per unit of the source)")
    return figure


def _labels(axis, size: float, names: list[str], rotation: int) -> None:  # type: ignore[no-untyped-def]
    axis.set_ticks(np.arange(len(names)) + 0.5, labels=names, rotation=rotation, fontsize=min(size, 10))
    axis.set_tick_params(length=0)


def _strongest(weights: np.ndarray) -> np.ndarray:
    total = np.abs(weights).sum(0) + np.abs(weights).sum(1)
    return np.sort(np.argsort(-total, kind="stable")[:NODES])


def _order(weights: np.ndarray, roles: list[str]) -> np.ndarray:
    """Nodes by role, and within a role so that those with like edges are neighbours."""
    from scipy.cluster.hierarchy import leaves_list, linkage

    profile = np.hstack([weights, weights.T])
    order: list[int] = []
    for role in ROLE_ORDER:
        members = np.flatnonzero(np.asarray(roles, dtype=object) == role)
        if len(members) > 2:
            members = members[leaves_list(linkage(profile[members], "average", optimal_ordering=True))]
        order += list(members)
    return np.array(order, int)


def _cuts(roles: np.ndarray) -> np.ndarray:
    return np.flatnonzero(roles[1:] != roles[:-1]) + 1
