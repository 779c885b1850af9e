"""Networks as long tables and as matrices."""

import networkx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from semimech.data.network import Network
from semimech.support.errors import UserError

weights = hnp.arrays(float, (4, 4), elements=st.sampled_from([0.0, 0.0, -1.5, 0.25, 2.0]))


@given(weights)
def test_matrix_and_back(matrix: np.ndarray) -> None:
    network = Network.from_matrix(matrix, list("abcd"), evidence={"seen": (matrix != 0).astype(float)})
    np.testing.assert_array_equal(network.matrix(), matrix)
    np.testing.assert_array_equal(network.matrix("seen"), matrix != 0)


@given(weights)
def test_rows_of_the_matrix_are_targets(matrix: np.ndarray) -> None:
    edges = Network.from_matrix(matrix, list("abcd")).edges
    graph = networkx.from_pandas_edgelist(edges, edge_attr="weight", create_using=networkx.DiGraph)
    graph.add_nodes_from("abcd")
    np.testing.assert_array_equal(networkx.to_numpy_array(graph, nodelist="abcd").T, matrix)


@pytest.mark.parametrize(
    ("edges", "says"),
    [
        ({"source": ["a"], "target": ["b"]}, "lacks the column weight"),
        ({"source": ["a"], "target": ["z"], "weight": [1]}, "names z"),
        ({"source": ["a", "a"], "target": ["b", "b"], "weight": [1, 2]}, "a -> b stands twice"),
        ({"source": ["a"], "target": ["b"], "weight": [np.nan]}, "Row 1 .* no finite weight"),
    ],
)
def test_bad_edges_are_named(edges: dict, says: str) -> None:
    with pytest.raises(UserError, match=says):
        Network(("a", "b"), pd.DataFrame(edges))
