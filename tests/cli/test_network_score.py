"""`semimech network-score`: words, JSON, files, and what is refused."""

import json

import numpy as np
import pytest
from tests.evaluate.interventions.test_table import screen_of

from semimech.cli.main import main
from semimech.data.anndata import write_h5ad
from semimech.data.network import Network
from semimech.runs.folder import RunFolder

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("network-score")
    random = np.random.default_rng(0)
    given = np.repeat([-1, 0, 1], [60, 30, 30])
    counts = random.poisson(5, (len(given), 6)).astype(np.float32)
    counts[given == 0, 1] = random.poisson(20, 30)
    write_h5ad(screen_of(counts, given, "counts", sparse=True), folder / "cells.h5ad")
    (folder / "edges.csv").write_text(
        "source,target,weight,score\ng0,g1,-1,3\ng1,g3,2,1\ng0,g4,5,2\n", encoding="utf-8"
    )
    (folder / "known.tsv").write_text("tf\ttarget\tmor\tpubmed_id\ng0\tg1\t1\t1\n", encoding="utf-8")
    return folder


def test_words_and_files(files, tmp_path, capsys):
    options = ["--known", str(files / "known.tsv"), "--out", str(tmp_path / "out")]
    assert main(["network-score", str(files / "cells.h5ad"), str(files / "edges.csv"), *options]) == 0
    said = capsys.readouterr().out
    assert "3 of the 3 edges of edges could be tested" in said
    assert "known.tsv: 1 of these 3 edges are known" in said
    for name in ("edges.csv", "pairs.csv", "curves.csv", "score.json", "curves.svg", "curves.png"):
        assert (tmp_path / "out" / name).stat().st_size > 50
    lines = (tmp_path / "out" / "edges.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [["g0", "g1"], ["g0", "g4"], ["g1", "g3"]]


def test_json_by_the_rules_of_causalbench(files, capsys):
    options = ["--format", "json", "--compat", "causalbench", "--top", "1"]
    edges = (files / "edges.csv").read_text(encoding="utf-8")
    (files / "partly.csv").write_text(edges + "g0,zz,1,1\nzz,yy,1,1\n", encoding="utf-8")
    assert main(["network-score", str(files / "cells.h5ad"), str(files / "partly.csv"), *options]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["left_out"], found["unknown"]) == (2, ["zz", "yy"])
    assert "Left out: 2 edges of partly with genes that the screen does not have: zz, yy." in found["sentences"][1]
    assert (found["compat"], found["tested"], found["matched"][0]["edges"]) == ("causalbench", 3, 1)


def test_the_network_of_a_run(files, tmp_path, capsys, monkeypatch):
    folder = RunFolder(tmp_path / "run")
    folder.write_json("config", {})
    folder.write_network("effects", Network.from_matrix(np.array([[0.0, 0.0], [1.0, 0.0]]), ["g0", "g1"]))
    monkeypatch.setattr("semimech.report.reading.ReportData.network", lambda self, name: self.run.network(name))
    assert main(["network-score", str(files / "cells.h5ad"), str(folder.path)]) == 0
    assert "fitted on all rows" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("edges", "options", "words"),
    [
        ("edges.csv", ["--level", "2"], "--level must lie"),
        ("edges.csv", ["--top", "0"], "--top must be"),
        ("edges.csv", ["--model", "effects"], "--model chooses"),
        ("unknown.csv", [], "does not know u"),
        ("nowhere.csv", [], "no edge table"),
    ],
)
def test_what_cannot_be_asked(files, edges, options, words, capsys):
    (files / "unknown.csv").write_text("source,target\nu,v\n", encoding="utf-8")
    assert main(["network-score", str(files / "cells.h5ad"), str(files / edges), *options]) == 2
    assert words in capsys.readouterr().err
