"""Which edges of a network matter most: what an edge passes on, not its bare weight."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from semimech.data.network import Network

DRIVE, STABILITY = "drive", "stability"


def source_swings(
    values: np.ndarray, features: tuple[str, ...], design: np.ndarray, perturbations: tuple[str, ...]
) -> dict[str, float]:
    """Root mean square over conditions of each node: effects of features, tanh(dose) of perturbations.

    values: conditions x features; design: conditions x perturbations. Where a feature is named after a perturbation,
    it is the activity of that drug, and the dose counts.
    """
    swings = dict(zip(features, np.sqrt(np.nanmean(np.square(values, dtype=np.float64), axis=0)), strict=True))
    activity = np.sqrt(np.mean(np.tanh(design.astype(np.float64)) ** 2, axis=0))
    return {
        str(name): float(swing) for name, swing in (swings | dict(zip(perturbations, activity, strict=True))).items()
    }


def with_drive(network: Network, swings: Mapping[str, float]) -> Network:
    """The network with the column `drive`: weight times the swing of the source, the target's usual push by the edge.

    A weight alone depends on the units of its source: a node that hardly moves needs a large weight to do little.
    """
    drive = network.edges["weight"] * network.edges["source"].map(swings).fillna(0.0).astype(float)
    return Network(network.nodes, network.edges.assign(**{DRIVE: drive}), network.roles)


def strength_of(edges: pd.DataFrame) -> pd.Series:
    """|drive| where it is known, else |weight|; times the stability where it is known."""
    strength = edges[DRIVE if DRIVE in edges else "weight"].abs()
    return strength * edges[STABILITY].fillna(1.0) if STABILITY in edges else strength
