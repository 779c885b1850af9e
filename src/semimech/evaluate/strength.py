"""Which edges of a network matter most: what an edge passes on, not its bare weight."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from semimech.data.network import INPUT_ENDING, SCORE, Network

DRIVE, STABILITY = "drive", "stability"


def effect_swings(values: np.ndarray, features: tuple[str, ...]) -> dict[str, float]:
    """Root mean square of the effects (conditions x features) of each feature over the conditions."""
    swings = np.sqrt(np.nanmean(np.square(values, dtype=np.float64), axis=0))
    return {name: float(swing) for name, swing in zip(features, swings, strict=True)}


def activity_swings(design: np.ndarray, perturbations: tuple[str, ...]) -> dict[str, float]:
    """Root mean square of tanh(dose) (doses: conditions x perturbations) of each perturbation over the conditions."""
    swings = np.sqrt(np.mean(np.tanh(design.astype(np.float64)) ** 2, axis=0))
    return {name: float(swing) for name, swing in zip(perturbations, swings, strict=True)}


def with_drive(network: Network, effects: Mapping[str, float], activities: Mapping[str, float]) -> Network:
    """The network with the column `drive`: weight times the swing of the source, the target's usual push by the edge.

    A weight alone depends on the units of its source: a node that hardly moves needs a large weight to do little.
    effects: swings of the features; activities: of the perturbations, for nodes of role input. A gene and the
    perturbation named after it are two nodes, see `data.network.input_node`.
    """
    nodes = zip(network.nodes, network.roles, strict=True)
    swing = {name: _swing(name, role == "input", effects, activities) for name, role in nodes}
    drive = network.edges["weight"] * network.edges["source"].map(swing).astype(float)
    return Network(network.nodes, network.edges.assign(**{DRIVE: drive}), network.roles)


def _swing(name: str, is_input: bool, effects: Mapping[str, float], activities: Mapping[str, float]) -> float:
    own = effects.get(name, 0.0)
    return activities.get(name.removesuffix(INPUT_ENDING), own) if is_input else own


def strength_of(edges: pd.DataFrame) -> pd.Series:
    """The network's own score where it has one; else |drive| or |weight|, times the stability where it is known."""
    if SCORE in edges:
        return edges[SCORE].fillna(0.0)
    strength = edges[DRIVE if DRIVE in edges else "weight"].abs()
    return strength * edges[STABILITY].fillna(1.0) if STABILITY in edges else strength


def strongest_first(edges: pd.DataFrame) -> pd.DataFrame:
    """The edges by `strength_of`, equals in the order they had: the ranking of every list and picture of edges."""
    return edges.loc[strength_of(edges).sort_values(ascending=False, kind="stable").index]
