"""`semimech assumptions`: words, JSON, files, and what is refused."""

import json
from pathlib import Path

import pytest
from tests.evaluate.assumptions.planted import controls_at

from semimech.cli import main
from semimech.data.anndata import write_h5ad

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def test_words_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "drifting.h5ad", tmp_path / "out"
    write_h5ad(controls_at(drift=0.5), path)
    assert main(["assumptions", str(path), "--permutations", "99", "--out", str(out)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "controls are at steady state: violated." in said
    assert "Refuse the steady-state term" in said
    assert "editing is complete: cannot be tested." in said
    verdicts = json.loads((out / "assumptions.json").read_text(encoding="utf-8"))
    assert [verdict["verdict"] for verdict in verdicts][:2] == ["violated", "holds"]
    for suffix in ("csv", "svg", "png"):
        assert (out / f"steady-controls.{suffix}").stat().st_size > 100


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["assumptions", "demo", "--format", "json"]) == 0
    verdicts = json.loads(capsys.readouterr().out)
    assert len(verdicts) == 6
    assert {verdict["verdict"] for verdict in verdicts} == {"cannot be tested"}
    assert verdicts[0]["p"] is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--level", "2"], "The level is 2"),
        (["--permutations", "5"], "no p value"),
        (["--seed", "-1"], "The seed is -1"),
        (["--time", "t"], "built-in"),
    ],
)
def test_what_cannot_be_asked(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["assumptions", "demo", *options]) == 2
    assert words in capsys.readouterr().err
