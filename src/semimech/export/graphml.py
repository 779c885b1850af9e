"""A network as GraphML, which Gephi, yEd, igraph, networkx and Cytoscape open."""

from __future__ import annotations

from xml.etree import ElementTree

import pandas as pd

from semimech.data.network import Network
from semimech.export.table import long_table

NAMESPACE = "http://graphml.graphdrawing.org/xmlns"


def to_graphml(network: Network, name: str) -> str:
    """GraphML text: nodes with name and role, directed edges with weight, sign and evidence.

    Source: Brandes et al. 2002, doi:10.1007/3-540-45848-4_59.
    """
    ElementTree.register_namespace("", NAMESPACE)
    root = ElementTree.Element(f"{{{NAMESPACE}}}graphml")
    edges = long_table(network).drop(columns=["source_role", "target_role"])
    attributes = [column for column in edges.columns if column not in ("source", "target")]
    for key, kind in (("name", "string"), ("role", "string")):
        _declare(root, "node", key, kind)
    for key in attributes:
        _declare(root, "edge", key, _kind(edges[key]))
    graph = ElementTree.SubElement(root, f"{{{NAMESPACE}}}graph", {"id": _clean(name), "edgedefault": "directed"})
    number = {node: f"n{i}" for i, node in enumerate(network.nodes)}
    for node, role in zip(network.nodes, network.roles, strict=True):
        element = ElementTree.SubElement(graph, f"{{{NAMESPACE}}}node", {"id": number[node]})
        _data(element, "node", {"name": node, "role": role})
    for i, row in enumerate(edges.to_dict("records")):
        ends = {"id": f"e{i}", "source": number[row["source"]], "target": number[row["target"]]}
        element = ElementTree.SubElement(graph, f"{{{NAMESPACE}}}edge", ends)
        _data(element, "edge", {key: row[key] for key in attributes if not pd.isna(row[key])})
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _declare(root: ElementTree.Element, of: str, key: str, kind: str) -> None:
    attributes = {"id": f"{of}_{key}", "for": of, "attr.name": key, "attr.type": kind}
    ElementTree.SubElement(root, f"{{{NAMESPACE}}}key", attributes)


def _data(element: ElementTree.Element, of: str, values: dict[str, object]) -> None:
    for key, value in values.items():
        ElementTree.SubElement(element, f"{{{NAMESPACE}}}data", {"key": f"{of}_{key}"}).text = _clean(str(value))


def _kind(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column):
        return "boolean"
    if pd.api.types.is_integer_dtype(column):
        return "long"
    return "double" if pd.api.types.is_float_dtype(column) else "string"


def _clean(text: str) -> str:
    """Without the control characters that XML 1.0 cannot hold even when escaped."""
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n")
