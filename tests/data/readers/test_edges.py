"""Edge tables from elsewhere, and every way in which they can be wrong."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from semimech.data.readers.edges import read_edges
from semimech.support.errors import UserError


def test_text_and_parquet_give_the_same(tmp_path: Path) -> None:
    table = pd.DataFrame({"source": ["A", "B"], "target": ["B", "C"], "weight": [1.0, -0.5], "evidence": ["x", "y"]})
    table.to_csv(tmp_path / "edges.csv", index=False)
    table.to_parquet(tmp_path / "edges.parquet")
    (tmp_path / "edges.tsv.gz").write_bytes(gzip.compress(table.to_csv(index=False, sep="\t").encode()))
    wanted = table[["source", "target", "weight"]]
    for name in ("edges.csv", "edges.parquet", "edges.tsv.gz"):
        pd.testing.assert_frame_equal(read_edges(tmp_path / name), wanted)


def test_the_weight_is_one_where_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "edges.csv").write_text("source,target\nA,B\n")
    assert read_edges(tmp_path / "edges.csv")["weight"].tolist() == [1.0]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("tf,target\nA,B\n", "lacks the column source"),
        ("source,target,weight\nA,B,high\nA,C,1\n", "the weight 'high' in row 1"),
        ("source,target,weight\nA,B,1\nA,C,inf\n", "the weight 'inf' in row 2"),
        ("source,target,weight\nA,,1\n", "without source or target in row 1"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "edges.csv").write_text(text)
    with pytest.raises(UserError, match=sentence):
        read_edges(tmp_path / "edges.csv")


def test_a_missing_or_damaged_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no edge table"):
        read_edges(tmp_path / "nothing.csv")
    (tmp_path / "edges.parquet").write_bytes(b"no table")
    with pytest.raises(UserError, match="damaged Parquet"):
        read_edges(tmp_path / "edges.parquet")
