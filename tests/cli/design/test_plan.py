"""`semimech design plan`: the documented request gives what the page says, and its simulation can be simulated."""

import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from semimech.cli import main
from semimech.data.readers import read_screen

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "design.md").read_text(encoding="utf-8")
EXAMPLE = next(text for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "[perturbations]" in text)


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """The folder of the documented plan."""
    folder = tmp_path_factory.mktemp("plan")
    (folder / "next.toml").write_text(EXAMPLE, encoding="utf-8")
    assert main(["design", "plan", str(folder / "next.toml"), "--out", str(folder / "plan")]) == 0
    return folder / "plan"


def test_the_page_shows_what_the_plan_says(planned):
    import json

    for sentence in json.loads((planned / "plan.json").read_text(encoding="utf-8"))["sentences"]:
        assert sentence in " ".join(PAGE.split())


def test_everything_is_written(planned):
    layout, lanes = (pd.read_csv(planned / name) for name in ("layout.csv", "lanes.csv"))
    assert layout["cells"].sum() == lanes["cells"].sum()
    assert lanes.groupby("lane")["cells"].sum().max() <= 2500
    report = (planned / "report.html").read_text(encoding="utf-8")
    assert "STAT1" in report
    assert report.count("<svg") == 3
    assert (
        tomllib.loads((planned / "simulation.toml").read_text(encoding="utf-8"))["sampling"]["layout"] == "layout.csv"
    )


def test_the_planned_screen_can_be_simulated(planned):
    assert main(["simulate", str(planned / "simulation.toml"), "-o", str(planned / "screen.h5ad")]) == 0
    screen = read_screen(planned / "screen.h5ad")
    layout = pd.read_csv(planned / "layout.csv")
    assert screen.shape[0] == layout["cells"].sum()
    labels = pd.Series([screen.conditions[code].label for code in screen.condition_codes])
    found = labels.groupby([screen.obs["batch"].astype(str).to_numpy(), labels]).size()
    assert found.to_dict() == layout.groupby(["batch", "arm"])["cells"].sum().to_dict()


def test_a_plan_like_a_simulation(tmp_path, planned):
    (tmp_path / "pilot.toml").write_text(
        '[topology]\nnodes = 5\n[[perturbations]]\nnodes = ["G1", "G2"]\n[sampling]\nrows = 4\ntimes = [24]\n',
        encoding="utf-8",
    )
    (tmp_path / "next.toml").write_text(
        "[components]\ncell = 0.3\nbatch = 0\ninteraction = 0.01\n[batches]\nnumber = 2\ncells = 9\n"
        '[perturbations]\nnames = ["G1", "G2"]\n[target]\neffect = 1\n[simulation]\nlike = "pilot.toml"\n',
        encoding="utf-8",
    )
    assert main(["design", "plan", str(tmp_path / "next.toml"), "--out", str(tmp_path / "plan")]) == 0
    made = tomllib.loads((tmp_path / "plan" / "simulation.toml").read_text(encoding="utf-8"))
    assert made["sampling"] == {"times": [24], "layout": "layout.csv"}
    assert made["topology"] == {"nodes": 5}
    assert not (tmp_path / "plan" / "network.csv").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("budget = 6000", "budget = 2000"), "the budget of 2,000 buys"),
        (("number = 6 ", "number = 1 "), "at least 2"),
        (("cell = 0.1", "cell = -0.1"), "cell of the section [costs] is -0.1"),
        (('"STAT2"', '"STAT1"'), "STAT1 stands more than once"),
    ],
)
def test_mistakes_are_one_sentence_with_exit_code_2(tmp_path, capsys, change, words):
    (tmp_path / "next.toml").write_text(EXAMPLE.replace(*change), encoding="utf-8")
    assert main(["design", "plan", str(tmp_path / "next.toml"), "--out", str(tmp_path / "plan")]) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert words in said
    assert not (tmp_path / "plan").exists()


def test_an_out_that_is_a_file_is_refused(tmp_path, capsys):
    (tmp_path / "next.toml").write_text(EXAMPLE, encoding="utf-8")
    assert main(["design", "plan", str(tmp_path / "next.toml"), "--out", str(tmp_path / "next.toml")]) == 2
    assert "is a file" in capsys.readouterr().err
