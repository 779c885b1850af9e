"""Where the nodes of a directed acyclic graph stand: causes left of effects, few arrows across each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

SWEEPS = 12


@dataclass(frozen=True)
class Layers:
    """`place`: column and row (from -1/2 to 1/2 of the height) of each node; `bends` of each arrow, from its tail.

    An arrow that passes columns bends in each of them, so that it goes around the nodes there.
    """

    place: Mapping[str, tuple[float, float]]
    bends: Mapping[tuple[str, str], tuple[tuple[float, float], ...]]


def layered(parents: Mapping[str, Sequence[str]]) -> Layers:
    """Layers of the longest path from a root, ordered by the mean place of neighbours (Sugiyama et al. 1981).

    Source: doi:10.1109/TSMC.1981.4308636. parents: the direct causes of each node, without cycles.

    >>> layered({"A": [], "B": ["A"]}).place
    {'A': (0.0, 0.0), 'B': (1.0, 0.0)}
    """
    depth: dict[str, int] = {}

    def depth_of(name: str) -> int:
        if name not in depth:
            depth[name] = max((depth_of(cause) + 1 for cause in parents[name]), default=0)
        return depth[name]

    for name in parents:
        depth_of(name)
    columns: list[list[object]] = [
        [name for name in parents if depth[name] == d] for d in range(max(depth.values()) + 1)
    ]
    links: list[tuple[object, object]] = []
    passing: dict[tuple[str, str], list[object]] = {}
    for effect, causes in parents.items():
        for cause in causes:
            # A stand-in for the arrow in each column that it passes.
            way: list[object] = [(cause, effect, d) for d in range(depth[cause] + 1, depth[effect])]
            for d, stand_in in enumerate(way, start=depth[cause] + 1):
                columns[d].append(stand_in)
            passing[cause, effect] = way
            links += zip([cause, *way], [*way, effect])
    place = _rows(columns, links)
    return Layers(
        {name: place[name] for name in parents},
        {arrow: tuple(place[one] for one in way) for arrow, way in passing.items()},
    )


def _rows(columns: list[list[object]], links: Sequence[tuple[object, object]]) -> dict[object, tuple[float, float]]:
    """Each column ordered by the mean row of its neighbours, forth and back until it no longer changes."""
    near: dict[object, list[object]] = {one: [] for column in columns for one in column}
    for a, b in links:
        near[a].append(b)
        near[b].append(a)
    for _ in range(SWEEPS):
        before = [list(column) for column in columns]
        for number in (*range(1, len(columns)), *reversed(range(len(columns) - 1))):
            row = _spaced(columns)
            columns[number].sort(
                key=lambda one: float(np.mean([row[other][1] for other in near[one]] or [row[one][1]]))
            )
        if columns == before:
            break
    return _spaced(columns)


def _spaced(columns: Sequence[Sequence[object]]) -> dict[object, tuple[float, float]]:
    return {
        one: (float(d), (number + 0.5) / len(column) - 0.5)
        for d, column in enumerate(columns)
        for number, one in enumerate(column)
    }
