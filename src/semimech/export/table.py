"""A network as the long table that spreadsheets and every other program read."""

from __future__ import annotations

import pandas as pd

from semimech.data.network import Network
from semimech.evaluate.strength import STABILITY, strongest_first


def stable_edges(network: Network, min_stability: float) -> Network:
    """The network with the edges of at least that stability, and a weight that is not zero.

    Where the stability is not known every edge with a weight stays.
    """
    edges = network.edges
    kept = edges["weight"] != 0
    if STABILITY in edges:
        kept &= edges[STABILITY].fillna(1) >= min_stability
    return Network(network.nodes, edges[kept], network.roles)


def long_table(network: Network) -> pd.DataFrame:
    """One row for each edge, strongest first: source, target, weight, sign, both roles, then the evidence."""
    roles = dict(zip(network.nodes, network.roles, strict=True))
    edges = strongest_first(network.edges)
    table = edges[["source", "target", "weight"]].reset_index(drop=True)
    table["sign"] = ["+" if weight > 0 else "-" for weight in table["weight"]]
    table["source_role"] = table["source"].map(roles)
    table["target_role"] = table["target"].map(roles)
    evidence = [column for column in edges.columns if column not in table.columns]
    return table.join(edges[evidence].reset_index(drop=True))
