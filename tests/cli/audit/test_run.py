"""`semimech audit run`: a folder of tables, answers in words, one page; taken up again; mistakes in one sentence."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.audit.bioactivities import plain_table, written

from semimech.audit import read_bioactivities
from semimech.cli import main
from semimech.runs.audit import run_audit
from semimech.runs.audit_options import AuditOptions

PARTS = ("check", "graph", "focus", "conflict", "confounding", "mechanisms")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Longer molecules are more active; acids are strong in the series A and weak outside."""
    frame = plain_table(150)
    acid, inside = frame["smiles"].str.endswith("C(=O)O"), frame["class"] == "A"
    p = 4 + 0.1 * frame["smiles"].str.len() + np.where(inside, 1.5, -1.5) * acid
    frame["IC50"] = 10 ** (9 - p - np.random.default_rng(0).normal(0, 0.2, 150))
    frame.loc[3, "smiles"] = "<b>no</b>"
    return written(
        frame.assign(document=[f"paper {i % 7}" for i in range(150)]), tmp_path_factory.mktemp("in") / "t.csv"
    )


@pytest.fixture(scope="module")
def arguments(table: Path) -> list[str]:
    return ["audit", "run", str(table), "--series", "class=A", "--repeats", "2", "--step", "50", "--match", "source"]


@pytest.fixture(scope="module")
def audit(arguments: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "audit"
    assert main([*arguments, "--out", str(out)]) == 0
    return out


def test_every_part_is_kept(audit: Path) -> None:
    for part in PARTS:
        assert "refused" not in json.loads((audit / f"{part}.json").read_text()), part
    assert pd.read_csv(audit / "rejected.csv")["row"].tolist() == [4]
    assert set(pd.read_csv(audit / "surface.csv")["outsiders"]) >= {0, 50}
    assert pd.read_csv(audit / "neighbours.csv")["mean_similarity"].is_monotonic_decreasing
    config = json.loads((audit / "config.json").read_text())
    assert len(config["data"]["files"][0]["sha256"]) == 64
    assert {"rdkit", "semimech"} <= set(config["versions"])


def test_the_answers_come_first(audit: Path) -> None:
    paragraph = json.loads((audit / "verdict.json").read_text())["paragraph"]
    assert [part["question"] for part in paragraph] == [
        "May I pool?", "With what?", "How good am I really?", "What cannot be told?",
    ]  # fmt: skip
    said = " ".join(part["said"] for part in paragraph)
    assert re.search(r"0\.\d{3} \[-?\d\.\d{3}, \d\.\d{3}\]", said)  # a score with its interval
    assert "N* = " in said or "N* 0" in said
    assert "each assay is held out whole" in said or "each document is held out whole" in said
    assert "A random split would have said" in said
    assert "The effect of structure (C) and mechanism (M) on label (Y) does not follow from the pooled data" in said
    page = (audit / "report.html").read_text()
    assert page.index("May I pool?") < page.index("<h2")
    assert page.count("<figure") >= 5
    assert "P(Y | do(C), do(M)) is not identified" in page
    assert "<b>no</b>" not in page
    assert not re.search(r"(?:src|href)=[\"'](?!data:|#)", page)


def test_finished_parts_are_not_made_again(
    audit: Path, arguments: list[str], capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = (audit / "verdict.json").read_text()
    for part in ("verdict", "confounding"):
        (audit / f"{part}.json").unlink()
    assert main(["report", str(audit)]) == 2
    assert "the run is not finished" in capsys.readouterr().err
    monkeypatch.setattr("semimech.report.audit.build_audit_report", lambda run: run.path / "report.html")
    before = {name: (audit / name).stat().st_mtime_ns for name in ("conflict.csv", "surface.csv", "confounding.csv")}
    assert main([*arguments, "--out", str(audit)]) == 0
    after = {name: (audit / name).stat().st_mtime_ns for name in before}
    assert [name for name in before if before[name] != after[name]] == ["confounding.csv"]
    assert (audit / "verdict.json").read_text() == said


def test_mistakes_are_one_sentence(audit: Path, arguments: list[str], tmp_path: Path, capsys) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("")
    cases = (
        ([*arguments, "--seed", "1", "--out", str(audit)], "was begun with another options"),
        ([*arguments, "--out", str(tmp_path / "full")], "is there already and holds no audit"),
        ([*arguments, "--thresholds", "0.000001", "--out", str(tmp_path / "a")], "fewer than 6 compounds"),
        ([*arguments, "--learner", "nothing", "--out", str(tmp_path / "b")], "nothing"),
        ([*arguments, "--causes", "X", "--out", str(tmp_path / "c")], "no variable X"),
        ([*arguments[:3], "--out", str(tmp_path / "d")], "give --series COLUMN=VALUE or --series-file FILE"),
    )
    for given, sentence in cases:
        assert main(given) == 2
        error = capsys.readouterr().err.strip().splitlines()[-1]
        assert sentence in error
        assert error.startswith("semimech: ")
    assert {path.name for path in tmp_path.iterdir()} == {"full"}  # nothing is begun with a wrong option


def test_a_part_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """Without any column of sources there is no confounding to be measured, and the rest is done."""
    table = read_bioactivities(written(plain_table(80).drop(columns=["assay", "year"]), tmp_path / "table.csv"))
    run = run_audit(table, table.series("class", "A"), tmp_path / "audit", AuditOptions(repeats=2, step=50))
    assert "No column tells where compounds were measured" in run.json("confounding")["refused"]
    said = {part["question"]: part["said"] for part in run.json("verdict")["paragraph"]}
    assert "No column tells where compounds were measured" in said["How good am I really?"]
    assert "No column tells the assays" in said["What cannot be told?"]
    assert "80 compounds are too few to seek mechanisms in" in said["What cannot be told?"]
