"""Where the nodes of a drawn network stand: inputs left, phenotypes right, molecules between them by forces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

STEPS = 300
COLUMN = {"input": 0.0, "phenotype": 1.0}
MIDDLE = (0.2, 0.8)  # the share of the width that molecules keep to


def place_nodes(
    edges: np.ndarray, roles: Sequence[str], sizes: np.ndarray, width: float, height: float, seed: int = 0
) -> np.ndarray:
    """Positions (nodes x 2) of the nodes' centres within width x height, boxes not overlapping where there is room.

    edges: node numbers (edges x 2); sizes: width and height of each node's box (nodes x 2), in the same unit as
    width and height. Springs along edges and repulsion between all nodes, as in Fruchterman and Reingold 1991,
    doi:10.1002/spe.4380211102; inputs and phenotypes move up and down only.
    """
    n = len(roles)
    if n == 0:
        return np.zeros((0, 2))
    random = np.random.default_rng(seed)
    fixed = np.array([COLUMN.get(role, np.nan) for role in roles])
    place = random.uniform(0, 1, (n, 2))
    place[:, 0] = np.where(np.isnan(fixed), MIDDLE[0] + (MIDDLE[1] - MIDDLE[0]) * place[:, 0], fixed)
    if np.isnan(fixed).all():
        low, high = 0.0, 1.0
    else:
        low, high = MIDDLE
    free = np.isnan(fixed)
    for step in range(STEPS):
        place = place + _capped(_forces(place, edges), 0.1 * (1 - step / STEPS) + 1e-4)
        place[:, 0] = np.where(free, np.clip(place[:, 0], 0.02, 0.98), fixed)
        place[:, 1] = np.clip(place[:, 1], 0, 1)
    for role in COLUMN:
        _spread(place, np.flatnonzero(np.asarray(roles, dtype=object) == role))
    _fill(place, free, low, high)
    margin = sizes.max(0) / 2 + 2
    inside = margin + place * (np.array([width, height]) - 2 * margin)
    return _apart(inside, sizes + 10, free, margin, np.array([width, height]) - margin)


def _forces(place: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The sum of springs and repulsions on each node (nodes x 2), in units of the whole."""
    ideal = 0.9 / np.sqrt(len(place))
    away = place[:, None] - place[None]
    distance = np.maximum(np.linalg.norm(away, axis=2, keepdims=True), 1e-3)
    force = (away / distance**2 * ideal**2).sum(1)
    if len(edges):
        along = place[edges[:, 1]] - place[edges[:, 0]]
        pull = along * np.linalg.norm(along, axis=1, keepdims=True) / ideal
        np.add.at(force, edges[:, 0], pull)
        np.add.at(force, edges[:, 1], -pull)
    return force


def _capped(force: np.ndarray, limit: float) -> np.ndarray:
    size = np.maximum(np.linalg.norm(force, axis=1, keepdims=True), 1e-12)
    return force / size * np.minimum(size, limit)


def _spread(place: np.ndarray, members: np.ndarray) -> None:
    """Space a column evenly, in the order that the forces gave."""
    order = members[np.argsort(place[members, 1], kind="stable")]
    place[order, 1] = (np.arange(len(order)) + 0.5) / max(len(order), 1)


def _fill(place: np.ndarray, free: np.ndarray, low: float, high: float) -> None:
    """Stretch the free nodes over the room they have."""
    for axis, (start, stop) in enumerate([(low, high), (0.0, 1.0)]):
        values = place[free, axis]
        if len(values) > 1 and np.ptp(values) > 0:
            place[free, axis] = start + (values - values.min()) / np.ptp(values) * (stop - start)


def _apart(place: np.ndarray, sizes: np.ndarray, free: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Push overlapping boxes apart, along the way that needs the smaller push."""
    place = place.copy()
    for _ in range(200):
        moved = False
        for i in range(len(place)):
            for j in range(i):
                gap = place[i] - place[j]
                overlap = (sizes[i] + sizes[j]) / 2 - np.abs(gap)
                if (overlap <= 0).any() or not (free[i] or free[j]):
                    continue
                axis = int(np.argmin(overlap))
                push = (overlap[axis] + 0.5) * (1.0 if gap[axis] >= 0 else -1.0)
                share = 0.5 if free[i] and free[j] else 1.0
                place[i, axis] += push * share * free[i]
                place[j, axis] -= push * share * free[j]
                moved = True
        place = np.where(free[:, None], np.clip(place, low, high), place)
        if not moved:
            break
    return place
