import numpy as np
import pandas as pd
import pytest

from semimech.data.readers.topology import read_topology
from semimech.support.errors import UserError


def file(tmp_path, text, name="net.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_of_a_matrix_are_targets_and_are_put_in_the_order_of_the_columns(tmp_path):
    network = read_topology(file(tmp_path, "Genes,A,B,C\nC,1,-0.5,0\nA,0,0,0\nB,0,0,2\n"))
    assert network.nodes == ("A", "B", "C")
    np.testing.assert_array_equal(network.matrix(), [[0, 0, 0], [0, 0, 2], [1, -0.5, 0]])


def test_a_long_table_is_read_as_edges(tmp_path):
    network = read_topology(file(tmp_path, "source,target,weight\nA,B,-2\nB,C,1\n"))
    assert network.nodes == ("A", "B", "C")
    assert network.matrix()[1, 0] == -2
    table = pd.DataFrame({"source": ["A"], "target": ["B"]})
    table.to_parquet(tmp_path / "net.parquet")
    assert read_topology(tmp_path / "net.parquet").matrix().tolist() == [[0, 0], [1, 0]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Genes,A,B\nA,0,1\nC,1,0\n", "a column but no row for B"),
        ("Genes,A,B\nA,0,1\n", "a column but no row for B"),
        ("Genes,A\nA,0\nB,1\n", "a row but no column for B"),
        ("Genes,A,B\nA,0,1\nA,1,0\n", "two rows for A"),
        ("Genes,A,B\nA,0,up\nB,1,0\n", "'up' in row 1, column 'B'"),
        ("Genes,A,B\nA,0,\nB,1,0\n", "no finite weight for B -> A"),
        ("source,weight\nA,1\n", "lacks the column target"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, says):
    with pytest.raises(UserError, match=says):
        read_topology(file(tmp_path, text))


def test_a_missing_file_is_named():
    with pytest.raises(UserError, match=r"no network file nowhere\.csv"):
        read_topology("nowhere.csv")


def test_beeline_topologies(data_folder):
    edges = {path.stem: read_topology(path) for path in sorted((data_folder / "beeline").glob("*.csv"))}
    assert len(edges) == 10
    assert all(set(np.unique(network.matrix())) <= {-1, 0, 1} for network in edges.values())
    gonads = edges["Curated_GSD"]
    matrix, names = gonads.matrix(), gonads.nodes
    # The rows of DKK1 and DHH stand in another order than their columns.
    sources = {target: {names[j] for j in np.flatnonzero(matrix[names.index(target)])} for target in ("DKK1", "DHH")}
    assert sources == {"DKK1": {"SOX9"}, "DHH": {"SOX9", "SRY"}}
