"""`semimech design components`: words, JSON, files, and what is refused."""

import json
from pathlib import Path

import pytest

from semimech.cli import main
from semimech.design.components import read_components


def test_three_replicates(data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = data_folder / "papalexi2021" / "papalexi2021.h5ad"
    assert main(["design", "components", str(path), "--keep", "top_frac > 0.8", "--out", str(tmp_path)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "unknown: no column of guides was named" in said
    found = read_components(tmp_path / "components.json")
    assert found.value("cell") > found.value("batch") > found.value("interaction") >= 0
    for name in ("components.csv", "components.svg", "components.png", "features.svg", "features.png"):
        assert (tmp_path / name).stat().st_size > 100


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["design", "components", "demo", "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [row["component"] for row in said["pooled"]] == ["cell", "batch", "interaction", "guide", "perturbation"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["demo", "--guide", "sgRNA"], "no column sgRNA"),
        (["demo", "--batch", "lane"], "built-in"),
        (["demo", "--seed", "-1"], "seed is -1"),
        (["nowhere.h5ad"], "nowhere.h5ad"),
    ],
)
def test_what_is_refused(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["design", "components", *arguments]) == 2
    assert words in capsys.readouterr().err
