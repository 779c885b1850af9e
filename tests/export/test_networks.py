import io
import json

import networkx
import numpy as np
import pandas as pd
import pytest

from semimech.data.network import Network
from semimech.export.cytoscape import to_cyjs
from semimech.export.graphml import to_graphml
from semimech.export.table import long_table, stable_edges
from semimech.export.write import write_network

NAMES = ("<script>alert(1)</script>", "a&b", "$x_1$", 'quo"te', "β-catenin", "drug\x07bell")


@pytest.fixture
def network() -> Network:
    edges = pd.DataFrame(
        {
            "source": [NAMES[0], NAMES[1], NAMES[2], NAMES[5]],
            "target": [NAMES[1], NAMES[2], NAMES[4], NAMES[0]],
            "weight": [0.5, -1.25, 0.125, 0.0],
            "stability": [0.9, 0.4, np.nan, 0.1],
        }
    )
    return Network(NAMES, edges, ("molecule",) * 4 + ("phenotype", "input"))


def test_long_table_reads_back(network):
    table = pd.read_csv(io.StringIO(long_table(network).to_csv(index=False)))
    assert list(table["weight"]) == [-1.25, 0.5, 0.125, 0.0]
    assert list(table["sign"][:3]) == ["-", "+", "+"]
    again = Network(NAMES, table[["source", "target", "weight", "stability"]], network.roles)
    np.testing.assert_array_equal(again.matrix(), network.matrix())


def test_graphml_is_read_by_networkx(network):
    graph = networkx.parse_graphml(to_graphml(network, "cell & box"))
    assert graph.is_directed()
    names = networkx.get_node_attributes(graph, "name")
    assert list(names.values()) == [name.replace("\x07", "") for name in NAMES]
    assert networkx.get_node_attributes(graph, "role")["n4"] == "phenotype"
    weights = {(names[a], names[b]): data["weight"] for a, b, data in graph.edges(data=True)}
    assert weights[NAMES[1], NAMES[2]] == -1.25
    assert graph["n0"]["n1"]["stability"] == 0.9
    assert "stability" not in graph["n2"]["n4"]


def test_cyjs_is_read_by_networkx(network):
    document = json.loads(to_cyjs(network, "cellbox"))
    for node in document["elements"]["nodes"]:
        node["data"]["value"] = node["data"]["id"]  # networkx asks for it, Cytoscape does not
    graph = networkx.cytoscape_graph(document | {"directed": True, "multigraph": False, "data": []})
    assert [graph.nodes[node]["name"] for node in graph] == list(NAMES)
    assert graph["1"]["2"]["weight"] == -1.25
    assert graph["1"]["2"]["interaction"] == "inhibits"
    assert graph["0"]["1"]["stability"] == 0.9


def test_cyjs_has_what_cytoscape_asks_for(network):
    document = json.loads(to_cyjs(network, "cellbox"))
    nodes = [element["data"] for element in document["elements"]["nodes"]]
    edges = [element["data"] for element in document["elements"]["edges"]]
    assert all(isinstance(element["id"], str) for element in nodes + edges)
    identities = [element["id"] for element in nodes + edges]
    assert len(set(identities)) == len(identities)
    assert {edge[end] for edge in edges for end in ("source", "target")} <= {node["id"] for node in nodes}


@pytest.mark.parametrize(("frequency", "left"), [(0.0, 3), (0.4, 3), (0.5, 2), (1.0, 1)])
def test_stable_edges(network, frequency, left):
    assert len(stable_edges(network, frequency).edges) == left


def test_all_edges_are_stable_where_no_frequency_is_known(network):
    bare = Network(network.nodes, network.edges.drop(columns="stability"), network.roles)
    assert len(stable_edges(bare, 1.0).edges) == 3


def test_write_network(network, tmp_path):
    paths = write_network(network, tmp_path / "new", "cellbox")
    assert [path.name for path in paths] == ["cellbox.csv", "cellbox.graphml", "cellbox.cyjs"]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(path.name for path in paths)
    empty = Network(("a",), pd.DataFrame({"source": [], "target": [], "weight": []}))
    write_network(empty, tmp_path, "empty")
    assert pd.read_csv(tmp_path / "empty.csv").empty
