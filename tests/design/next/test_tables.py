"""Costs and descriptions of perturbations from files, and what is wrong with them."""

from pathlib import Path

import numpy as np
import pytest

from semimech.data.condition import Condition
from semimech.design.next.tables import costs_of, features_of
from semimech.support.errors import UserError

PAIR, SINGLE = Condition((("a", 1.0), ("b", 1.0))), Condition((("a", 2.0),))


def written(folder: Path, text: str) -> Path:
    (folder / "table.csv").write_text(text, encoding="utf-8")
    return folder / "table.csv"


def test_costs_of_conditions_come_before_those_of_their_parts(tmp_path: Path) -> None:
    path = written(tmp_path, "name,cost\na,2\nb,3\na=2,7\n")
    np.testing.assert_allclose(costs_of(path, [PAIR, SINGLE]), [5, 7])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,cost\na,-1\nb,3\n", "the cost of a is -1: give a number above 0"),
        ("name,cost\na,1\na,3\n", "names a more than once"),
        ("name,price\na,1\n", "has no column 'cost'"),
        ("name,cost\na,1\n", "has no cost of b"),
        ("name,cost\na,1\nb,many\n", "holds the word 'many' in row 2"),
    ],
)
def test_wrong_costs_are_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        costs_of(written(tmp_path, text), [PAIR])


def test_features_from_numbers_and_from_edges(tmp_path: Path) -> None:
    found = features_of(written(tmp_path, "gene,x,y\na,1,2\nz,0,1\n"), ["a", "b"])
    assert list(found) == ["a"]
    np.testing.assert_allclose(found["a"], [1, 2])
    by_edges = features_of(written(tmp_path, "source,target\na,m\nb,m\nc,n\n"), ["a", "b", "c"])
    assert by_edges["a"] @ by_edges["b"] > 0.1
    assert by_edges["a"] @ by_edges["c"] == pytest.approx(0)


def test_wrong_features_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="names none of the perturbations"):
        features_of(written(tmp_path, "gene,x\nq,1\n"), ["a"])
    with pytest.raises(UserError, match="no number in a column of a"):
        features_of(written(tmp_path, "gene,x,y\na,,2\nb,1,2\n"), ["a", "b"])
    with pytest.raises(UserError, match="There is no file"):
        features_of(tmp_path / "none.csv", ["a"])
