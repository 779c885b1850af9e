"""A network as the long table that spreadsheets and every other program read."""

from __future__ import annotations

import pandas as pd

from semimech.data.network import Network

FREQUENCY = "selection_frequency"


def stable_edges(network: Network, min_frequency: float) -> Network:
    """The network with the edges selected in at least `min_frequency` of the resamples, and a weight that is not zero.

    Where the model gives no selection frequency every edge with a weight stays.
    """
    edges = network.edges
    kept = edges["weight"] != 0
    if FREQUENCY in edges:
        kept &= edges[FREQUENCY].fillna(0) >= min_frequency
    return Network(network.nodes, edges[kept], network.roles)


def long_table(network: Network) -> pd.DataFrame:
    """One row for each edge, strongest first: source, target, weight, sign, both roles, then the evidence."""
    roles = dict(zip(network.nodes, network.roles, strict=True))
    edges = network.edges.sort_values("weight", key=lambda weight: weight.abs(), ascending=False, kind="stable")
    table = edges[["source", "target", "weight"]].reset_index(drop=True)
    table["sign"] = ["+" if weight > 0 else "-" for weight in table["weight"]]
    table["source_role"] = table["source"].map(roles)
    table["target_role"] = table["target"].map(roles)
    evidence = [column for column in edges.columns if column not in table.columns]
    return table.join(edges[evidence].reset_index(drop=True))
