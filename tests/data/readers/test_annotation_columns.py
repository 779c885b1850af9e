"""Targets and pathways from columns of the rows."""

from pathlib import Path

import pandas as pd
import pytest

from semimech.data.condition import Perturbation
from semimech.data.options import ReadOptions
from semimech.data.readers import read_screen
from semimech.support.errors import UserError


def known(folder: Path, hits: list[str], moa: list[str]) -> dict[str, Perturbation]:
    """A table of cells: two controls, two cells of A, two of B, one of both."""
    labels = ["control", "control", "A", "A", "B", "B", "A+B"]
    table = {"drug": labels, "hits": hits, "moa": moa}
    table |= {name: [1.5, 0.5, 2.25, 0.0, 1.0, 0.5, 2.0] for name in ("g1", "g2")}
    pd.DataFrame(table).to_csv(folder / "cells.csv", index=False)
    options = ReadOptions(label="drug", separator="+", scale="log-normalised", targets="hits", pathways="moa")
    return {p.name: p for p in read_screen(folder / "cells.csv", options).perturbations}


def test_rows_of_single_perturbations_say_it(tmp_path: Path) -> None:
    found = known(tmp_path, ["", "", "g1:-1; g2:+1", "", "", "", "other"], ["", "", "one;two", "", "one", "one", "x"])
    assert dict(found["A"].targets) == {"g1": -1.0, "g2": 1.0}
    assert found["A"].pathways == ("one", "two")
    assert not found["B"].targets
    assert found["B"].pathways == ("one",)


@pytest.mark.parametrize(
    ("hits", "moa", "says"),
    [
        (["", "", "g1:-1", "g1:1", "", "", ""], [""] * 6 + ["x"], "says different things of A"),
        (["", "", "g1", "", "", "", ""], [""] * 6 + ["x"], "says 'g1' of A: write each target with its sign"),
        (["", "", "g1:-1;g1:+1", "", "", "", ""], [""] * 6 + ["x"], "the target 'g1' of A both signs"),
        (["", "", "g9:-1", "", "", "", ""], [""] * 6 + ["x"], "'g9' of A, which is no feature"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path: Path, hits: list[str], moa: list[str], says: str) -> None:
    with pytest.raises(UserError, match=says):
        known(tmp_path, hits, moa)


def test_no_such_column(tmp_path: Path) -> None:
    (tmp_path / "cells.csv").write_text("drug,g1\ncontrol,1.5\ncontrol,0.5\nA,2.5\nA,0\n")
    with pytest.raises(UserError, match="mechanism"):
        read_screen(tmp_path / "cells.csv", ReadOptions(label="drug", scale="log-normalised", pathways="mechanism"))
