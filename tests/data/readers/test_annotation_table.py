"""Annotations as a table say the same as a TOML file, and every way in which they can be wrong."""

from pathlib import Path

import pandas as pd
import pytest

from semimech.data.options import ReadOptions
from semimech.data.readers import read_screen
from semimech.data.readers.annotations import Annotations, read_annotations
from semimech.support.errors import UserError

FEATURES = ("g1", "g2", "g3")
NAMES = ("A", "B")
HEADER = "perturbation,target,sign,pathway"


def read(folder: Path, *lines: str, header: str = HEADER, name: str = "known.csv") -> Annotations:
    path = folder / name
    path.write_text("\n".join([header, *lines]) + "\n")
    return read_annotations(path, FEATURES, NAMES)


def test_says_the_same_as_toml(tmp_path: Path) -> None:
    toml = tmp_path / "known.toml"
    toml.write_text(
        '[perturbation.A]\nkind = "drug"\ntargets = { g1 = -1, g2 = 1 }\npathways = ["one", "two"]\n'
        "[perturbation.B]\ntargets = {}\npathways = ['one']\n"
    )
    lines = ("A,g1,-1,one,drug", "A,g2,+,two,", "A,g1,-,,drug", "B,,,one,")
    table = read(tmp_path, *lines, header=f"{HEADER},kind")
    assert table == read_annotations(toml, FEATURES, NAMES)


def test_columns_may_be_fewer(tmp_path: Path) -> None:
    assert read(tmp_path, "A,one", header="perturbation,pathway").perturbations["A"]["pathways"] == ["one"]
    assert read(tmp_path, "A,g1,-1", header="perturbation,target,sign").perturbations["A"]["targets"] == {"g1": -1}
    tabs = read(tmp_path, "A\tg1\t-1", header="perturbation\ttarget\tsign", name="known.tsv")
    assert tabs.perturbations["A"]["targets"] == {"g1": -1}


def test_further_columns_are_groups(tmp_path: Path) -> None:
    found = read(tmp_path, "A,one,kinase,2", "B,,kinase,3", header="perturbation,pathway,family,phase").perturbations
    assert found["A"]["pathways"] == ["one", "family: kinase", "phase: 2"]
    assert found["B"]["pathways"] == ["family: kinase", "phase: 3"]


@pytest.mark.parametrize(
    ("lines", "header", "says"),
    [
        (("A,g1,-1,", "A,g1,1,"), HEADER, "line 3: the target g1 of A has both signs"),
        (("A,g1,,one",), HEADER, "has no sign: use -1 or 1"),
        (("A,g1,2,one",), HEADER, "has the sign 2: use -1 or 1"),
        (("A,g9,-1,one",), HEADER, "'g9', which is not in the data"),
        (("C,g1,-1,one",), HEADER, "'C', which is not in the data"),
        ((",g1,-1,one",), HEADER, "line 2 names no perturbation"),
        (("A,g1",), "perturbation,target", "both of the columns target and sign"),
        (("A,one",), "drug,pathway", "needs the columns perturbation"),
        (("A,drug", "A,knock-out"), "perturbation,kind", "A has more than one kind"),
        (("A,pill",), "perturbation,kind", "A has the unknown kind 'pill'"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path: Path, lines: tuple[str, ...], header: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        read(tmp_path, *lines, header=header)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no annotations file"):
        read_annotations(tmp_path / "none.csv", FEATURES, NAMES)


def test_is_an_option_of_reading(tmp_path: Path) -> None:
    rows = {"label": ["control"] * 3 + ["A"] * 3 + ["B"] * 3}
    rows |= {name: [1.5, 0.5, 2.25, 0.0, 1.0, 0.5, 2.0, 1.0, 0.75] for name in FEATURES}
    pd.DataFrame(rows).to_csv(tmp_path / "cells.csv", index=False)
    path = tmp_path / "known.csv"
    path.write_text(f"{HEADER}\nA,g1,-1,one\n")
    screen = read_screen(tmp_path / "cells.csv", ReadOptions(annotations=path, scale="log-normalised", label="label"))
    known = {p.name: p for p in screen.perturbations}
    assert dict(known["A"].targets) == {"g1": -1.0}
    assert known["A"].pathways == ("one",)
    assert not known["B"].pathways
