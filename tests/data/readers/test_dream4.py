"""DREAM4 folders: who was perturbed how strongly, the truth, and every way in which the tables can disagree."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from semimech.data.options import ReadOptions
from semimech.data.readers import read, read_screen
from semimech.support.errors import UserError

HEADER = '"G1"\t"G2"\t"G3"\n'
TABLES = {
    "wildtype": HEADER + "0.5\t0.4\t0.3\n",
    "knockouts": HEADER + "0\t0.1\t0.2\n0.5\t0\t0.3\n0.5\t0.4\t0\n",
    "knockdowns": HEADER + "0.2\t0.2\t0.2\n0.5\t0.2\t0.3\n0.5\t0.4\t0.1\n",
    "timeseries": '"Time"\t' + HEADER + "\n0\t0.6\t0.4\t0.2\n50\t0.9\t0.9\t0.9\n\n0\t0.4\t0.4\t0.4\n50\t0.8\t0.8\t1\n",
    "gold": "G1\tG2\t1\nG2\tG3\t0\nG3\tG1\t1\n",
    "dualknockouts_indexes": '"G_i"\t"G_j"\n1\t3\n',
    "dualknockouts_gold": "0\t0.1\t0\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in TABLES.items():
        (tmp_path / f"{name}.tsv.gz").write_bytes(gzip.compress(text.encode()))
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.tsv.gz").write_bytes(gzip.compress(text.encode()))


def test_rows_and_doses(folder: Path) -> None:
    reading = read(folder)
    screen = reading.screen
    assert reading.dialect == "dream4"
    assert screen.obs["table"].tolist() == ["wildtype", "time 0", "time 0"] + ["knockouts"] * 3 + ["knockdowns"] * 3 + [
        "dualknockouts"
    ]
    assert screen.is_control.tolist() == [True] * 3 + [False] * 7
    assert [condition.label for condition in screen.conditions] == [
        "control", "G1", "G2", "G3", "G1=0.5", "G2=0.5", "G3=0.5", "G1+G3",
    ]  # fmt: skip
    assert dict(screen.perturbations[1].targets) == {"G2": -1.0}
    np.testing.assert_allclose(screen.responses[1], [0.6, 0.4, 0.2])
    assert screen.truth is not None
    assert sorted(zip(screen.truth.edges["source"], screen.truth.edges["target"], strict=True)) == [
        ("G1", "G2"), ("G3", "G1"),
    ]  # fmt: skip
    assert any("timeseries after time 0" in finding.sentence for finding in reading.findings)


def test_only_wild_type_and_knock_outs_are_needed(folder: Path) -> None:
    for name in TABLES:
        if name not in ("wildtype", "knockouts"):
            (folder / f"{name}.tsv.gz").unlink()
    screen = read_screen(folder)
    assert screen.shape == (4, 3)
    assert screen.truth is None


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("knockouts", HEADER + "0\t0.1\t0.2\n", "has 1 rows for 3 genes"),
        ("knockdowns", '"G1"\t"G2"\t"G4"\n1\t1\t1\n', "has other genes than wildtype"),
        ("timeseries", HEADER + "1\t1\t1\n", "needs the column Time"),
        ("dualknockouts_indexes", '"G_i"\t"G_j"\n1\t4\n', "names gene 4 of 3"),
        ("dualknockouts_indexes", '"G_i"\t"G_j"\n0\t1\n', "names gene 0 of 3"),
        ("dualknockouts_indexes", '"G_i"\t"G_j"\n1\t\n', "names gene nan of 3"),
        ("dualknockouts_gold", "0\t0.1\t0\n0\t0.1\t0\n", "make them agree"),
        ("gold", "G1\tG2\n", "needs three columns"),
        ("wildtype", HEADER + "0.5\thigh\t0.3\n", "the word 'high'"),
    ],
)
def test_mistakes_are_named(folder: Path, name: str, text: str, sentence: str) -> None:
    write(folder, name, text)
    with pytest.raises(UserError, match=sentence):
        read(folder)


def test_pairs_need_their_index_and_options_say_nothing(folder: Path) -> None:
    with pytest.raises(UserError, match="--label says nothing about a DREAM4 folder"):
        read(folder, ReadOptions(label="x"))
    (folder / "dualknockouts_indexes.tsv.gz").unlink()
    with pytest.raises(UserError, match="needs dualknockouts_indexes"):
        read(folder)


def test_the_real_folders(data_folder: Path) -> None:
    for name, size, pairs, edges in (("size10_1", 10, 5, 15), ("size10_2", 10, 5, 16), ("size100_1", 100, 20, 176)):
        screen = read_screen(data_folder / "dream4" / name)
        assert screen.shape[1] == size
        assert sum(condition.is_combination for condition in screen.conditions) == pairs
        assert screen.truth is not None
        assert len(screen.truth.edges) == edges
