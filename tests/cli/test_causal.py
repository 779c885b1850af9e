"""`semimech causal`: equations written, interventions answered, and what is refused."""

import json

import pytest
from tests.models.small_cellbox import small_cellbox

from semimech.cli import main
from semimech.models.intervals import WithIntervals
from semimech.models.storage import save_fitted
from semimech.runs.folder import RunFolder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = RunFolder(tmp_path_factory.mktemp("run"))
    folder.write_json("config", {})
    save_fitted(WithIntervals(small_cellbox(), {}, ()), folder.path / "models" / "cellbox")
    return folder


def test_conditions_are_checked_and_written(run, capsys):
    assert main(["causal", str(run.path)]) == 0
    assert "3 of 3 interventions have one attracting equilibrium" in capsys.readouterr().out
    written = json.loads((run.path / "export" / "cellbox.scm.json").read_text(encoding="utf-8"))
    assert [part["node"] for part in written["equations"]] == ["A", "B", "C", "P", "drug"]
    assert written["interventions"][0]["do"] == {}


def test_an_intervention_is_answered(run, tmp_path, capsys):
    assert main(["causal", str(run.path), "--do", "B=-0.8,drug=0.5", "--out", str(tmp_path / "scm.json")]) == 0
    assert "do(B = -0.8, drug = 0.5): one attracting equilibrium (contraction" in capsys.readouterr().out
    (one,) = json.loads((tmp_path / "scm.json").read_text(encoding="utf-8"))["interventions"]
    assert one["values"]["B"] == -0.8


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--do", "B"], "--do B is no intervention"),
        (["--do", "D=1"], "no node 'D'"),
        (["--member", "1"], "no member 1"),
        (["--model", "ridge"], "no model 'ridge'"),
    ],
)
def test_what_cannot_be_asked(run, options, words, capsys):
    assert main(["causal", str(run.path), *options]) == 2
    assert words in capsys.readouterr().err
