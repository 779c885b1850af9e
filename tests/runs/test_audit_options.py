"""Options of an audit: causal graphs of one's own, and what is refused before anything is computed."""

from pathlib import Path

import pytest

from semimech.runs.audit_options import AuditOptions
from semimech.support.errors import UserError


def graph(folder: Path, text: str) -> Path:
    (folder / "graph.toml").write_text(text)
    return folder / "graph.toml"


def test_usual_names_are_taken_as_far_as_the_graph_has_them(tmp_path: Path) -> None:
    assert (AuditOptions().causes, AuditOptions().fixed) == (("C", "M"), ("M",))
    own = graph(tmp_path, "[variables.C]\n[variables.Y]\ncauses = ['C']\n")
    found = AuditOptions(graph=own)
    assert (found.causes, found.fixed) == (("C",), ())
    assert found.as_dict()["graph"] == "graph.toml"
    before = found.as_dict()["graph_sha256"]
    graph(tmp_path, "[variables.C]\n[variables.D]\n[variables.Y]\ncauses = ['C', 'D']\n")
    assert AuditOptions(graph=own).as_dict()["graph_sha256"] != before


def test_mistakes_are_one_sentence(tmp_path: Path) -> None:
    other = graph(tmp_path, "[variables.A]\n[variables.Y]\ncauses = ['A']\n")
    cases = (
        ({"repeats": 1}, "--repeats 1 is too small: give at least 2"),
        ({"thresholds": (10.0, -1.0)}, "--thresholds are activities in nM"),
        ({"learner": "kernel", "option": ("a=1",)}, "takes no --option"),
        ({"learner": "Ridge", "option": ("alpha",)}, "write it as NAME=VALUE"),
        ({"level": 2.0}, "--level"),
        ({"folds": 1}, "--folds must be at least 2"),
        ({"fixed": ("Z",)}, "no variable Z"),
        ({"graph": other}, "neither C nor M: say which of its variables are set"),
        ({"graph": tmp_path / "none.toml"}, "There is no causal graph"),
    )
    for given, sentence in cases:
        with pytest.raises(UserError, match=sentence):
            AuditOptions(**given)  # type: ignore[arg-type]
