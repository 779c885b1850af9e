"""Tables of known pairs in the layouts that people have."""

import json

import pandas as pd
import pytest

from semimech.data.readers.known_pairs import read_known_pairs
from semimech.support.errors import UserError


def test_trrust_and_long_tables(tmp_path):
    path = tmp_path / "trrust.tsv"
    path.write_text("tf\ttarget\tmor\tpubmed_id\nA\tB\t1.0\t1\nA\tB\t-1.0\t2\nB\tC\t-1.0\t3\n", encoding="utf-8")
    found = read_known_pairs(path)
    assert found.pairs.to_numpy().tolist() == [["A", "B", 1.0], ["B", "C", -1.0]]
    assert found.directed
    path.write_text("source\ttarget\nA\tB\n", encoding="utf-8")
    assert read_known_pairs(path, directed=False).directed is False


def test_omnipath_keeps_its_directed_rows(tmp_path):
    table = pd.DataFrame(
        {
            "source": ["A", "B", "C"],
            "target": ["B", "C", "A"],
            "is_directed": [True, False, True],
            "is_stimulation": [True, True, False],
            "is_inhibition": [False, True, True],
        }
    )
    table.to_parquet(tmp_path / "omnipath.parquet")
    found = read_known_pairs(tmp_path / "omnipath.parquet")
    assert found.pairs.to_numpy().tolist() == [["A", "B", 1.0], ["C", "A", -1.0]]
    assert len(read_known_pairs(tmp_path / "omnipath.parquet", directed=False).pairs) == 3


def test_target_sets(tmp_path):
    path = tmp_path / "chip.json"
    path.write_text(json.dumps({"TP53 K562": ["MDM2", "CDKN1A"], "TP53 HELA": ["MDM2"]}), encoding="utf-8")
    assert read_known_pairs(path).pairs[["source", "target"]].to_numpy().tolist() == [
        ["TP53", "MDM2"],
        ["TP53", "CDKN1A"],
    ]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "from,to\nA,B\n", "lacks the column source"),
        ("a.json", "[1]", "no JSON of target sets"),
        ("a.json", "{", "no valid JSON"),
        (None, "", "no table of known pairs"),
    ],
)
def test_what_is_no_table_of_pairs(tmp_path, name, text, words):
    path = tmp_path / (name or "nowhere.csv")
    if name:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=words):
        read_known_pairs(path)


def test_the_files_of_the_data_folder(data_folder):
    sizes = {name: len(read_known_pairs(data_folder / "networks" / name).pairs) for name in
             ("trrust.tsv.gz", "tfchip_data.json")}  # fmt: skip
    assert sizes["trrust.tsv.gz"] == 7_041 or sizes["trrust.tsv.gz"] > 6_000
    assert sizes["tfchip_data.json"] > 50_000
