"""A network as Cytoscape JSON (.cyjs): File > Import > Network from File in Cytoscape, or `cytoscape.js`."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from semimech.data.network import Network
from semimech.export.table import long_table


def to_cyjs(network: Network, name: str) -> str:
    """Cytoscape JSON text: `elements.nodes` and `elements.edges`, each with its `data`.

    Edges carry `interaction` (activates or inhibits), which Cytoscape's styles map to arrow shapes.
    Source: Shannon et al. 2003, doi:10.1101/gr.1239303.
    """
    number = {node: str(i) for i, node in enumerate(network.nodes)}
    nodes = [
        {"data": {"id": number[node], "name": node, "shared_name": node, "role": role}}
        for node, role in zip(network.nodes, network.roles, strict=True)
    ]
    rows = long_table(network).drop(columns=["source_role", "target_role"]).to_dict("records")
    edges = [{"data": _edge(row, number, f"e{i}")} for i, row in enumerate(rows)]
    document = {
        "format_version": "1.0",
        "generated_by": "semimech",
        "target_cytoscapejs_version": "~2.1",
        "data": {"name": name, "shared_name": name},
        "elements": {"nodes": nodes, "edges": edges},
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _edge(row: dict[str, Any], number: dict[str, str], identity: str) -> dict[str, Any]:
    interaction = "activates" if row["weight"] > 0 else "inhibits"
    name = f"{row['source']} ({interaction}) {row['target']}"
    ends = {"id": identity, "source": number[row["source"]], "target": number[row["target"]]}
    evidence = {key: _plain(value) for key, value in row.items() if key not in ends and _is_json(value)}
    return ends | {"name": name, "shared_name": name, "interaction": interaction} | evidence


def _is_json(value: Any) -> bool:
    """JSON has no NaN and no infinity: such evidence is left out."""
    return not pd.isna(value) and value not in (np.inf, -np.inf)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
