"""Mistakes in a request are one sentence that names the place and the remedy."""

from dataclasses import replace

import pandas as pd
import pytest

from semimech.design.components import declared
from semimech.design.planner.request import request_of
from semimech.support.errors import UserError

ASKED = {
    "components": {"cell": 0.3, "batch": 0.02, "interaction": 0.004},
    "perturbations": {"names": ["A", "B"]},
    "target": {"effect": 0.25},
}
WRONG = [
    ({"batches": {"number": 1}}, "at least 2, one batch cannot tell"),
    ({"batches": {"number": 0}}, "at least 2"),
    ({"batches": {"number": 3, "cells": [5, 6]}}, "2 numbers"),
    ({"batches": {"nummer": 3}}, "did you mean number"),
    ({"batches": {"fewest": 9}}, "fewest"),
    ({"costs": {"cell": -0.1}}, "cell of the section .costs. is -0.1"),
    ({"costs": {"budget": 100}}, "nothing costs anything"),
    ({"costs": {"depths": []}}, "depths"),
    ({"costs": {"depths": ["deep"]}}, "depths"),
    ({"costs": {"depths": [1, 2]}}, "leave one of them out"),
    ({"perturbations": {"names": ["A", "A"]}}, "A stands more than once"),
    ({"perturbations": {"names": ["A", "control"]}}, "give it another name"),
    ({"perturbations": {"names": ["A", "B"], "priorities": [1, 0]}}, "priority of B is 0"),
    ({"perturbations": {"names": ["A", "B"], "priorities": [1, -2]}}, "priority of B is -2"),
    ({"perturbations": {"names": ["A", "B"], "priorities": [1, 2, 3]}}, "3 numbers for 2"),
    ({"perturbations": {"names": ["A", "B"], "priorities": ["high"]}}, "'high'"),
    ({"perturbations": {"names": ["A", "B"], "efficiencies": [1.5]}}, "efficiency of A is 1.5"),
    ({"perturbations": {"names": ["A"], "count": 3}}, "exactly one"),
    ({"perturbations": {}}, "exactly one"),
    ({"perturbations": {"names": ["A"], "guides": [3, 1]}}, "guides"),
    ({"perturbations": {"names": ["A"], "guides": []}}, "guides"),
    ({"perturbations": {"file": "nowhere.csv"}}, "There is no table"),
    ({"target": {"power": 0.8}}, "no effect"),
    ({"target": {"effect": -1}}, "effect"),
    ({"target": {"effect": 0.2, "power": 0.01}}, "no more than the level"),
    ({"target": {"effect": 0.2, "criterion": "mean"}}, "criterion"),
    ({"components": {"cell": 0.3}}, "batch is not declared"),
    ({"components": {"cell": -0.3, "batch": 0, "interaction": 0}}, "cell"),
    ({"components": {"cell": "high", "batch": 0, "interaction": 0}}, "give a number"),
    ({"components": {"file": "nowhere.json"}}, "nowhere.json"),
    ({"lanes": {"cells": -5}}, "cells of the section .lanes."),
    ({"simulation": {"like": "nowhere.toml"}}, "nowhere.toml"),
    ({"simulation": {"as": "x"}}, "knows one option"),
    ({"batch": {}}, "unknown section .batch."),
    ({"batches": 3}, "write a section"),
    ({"name": 3}, "give text"),
]


@pytest.mark.parametrize(("change", "words"), WRONG, ids=lambda value: str(value)[:50])
def test_mistakes_are_named(tmp_path, change, words):
    with pytest.raises(UserError, match=words):
        request_of({**ASKED, **change}, tmp_path)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("name,priority\nA,1\nA,2\n", "A stands more than once"),
        ("name,prio\nA,1\n", "unknown column prio"),
        ("gene\nA\n", "unknown column gene"),
        ("priority\n1\n", "no column name"),
        ("name,priority\nA,1\nB,much\n", "row 3 has the priority 'much'"),
        ("name,efficiency\nA,0\n", "efficiency of A is 0"),
        ("name\n", "no perturbations"),
    ],
)
def test_mistakes_in_a_table_are_named(tmp_path, table, words):
    (tmp_path / "list.csv").write_text(table, encoding="utf-8")
    with pytest.raises(UserError, match=words):
        request_of({**ASKED, "perturbations": {"file": "list.csv"}}, tmp_path)


def test_what_the_pilot_cannot_tell_has_to_be_declared(tmp_path):
    pilot = replace(declared(cell=0.4), unidentified={"guide": "no column of guides"})
    pilot.save(tmp_path / "components.json")
    with pytest.raises(UserError, match=r"guide .no column of guides.: declare it, guide = NUMBER"):
        request_of({**ASKED, "components": {"file": "components.json"}}, tmp_path)
    request = request_of({**ASKED, "components": {"file": "components.json", "guide": 0.1}}, tmp_path)
    assert request.components.value("guide") == 0.1


def test_efficiencies_are_those_of_the_pilot_where_it_could_tell(tmp_path):
    measured = pd.DataFrame([("B", 0.4, 0.3, 0.5)], columns=["perturbation", "efficiency", "lower", "upper"])
    pilot = replace(declared(cell=0.4, interaction=0.01, efficiency=0.7), efficiencies=measured)
    pilot.save(tmp_path / "components.json")
    names = {**ASKED, "components": {}, "perturbations": {"names": ["A", "B"]}}
    assert request_of(names, tmp_path, tmp_path / "components.json").arms.efficiency.tolist() == [0.7, 0.4]


def test_a_table_of_perturbations_and_the_components_of_a_pilot(tmp_path):
    (tmp_path / "list.csv").write_text("name,priority\nA,2\nB,1\n", encoding="utf-8")
    declared(cell=0.4, batch=0.1, interaction=0.01, efficiency=0.7).save(tmp_path / "components.json")
    content = {**ASKED, "components": {"interaction": 0.02}, "perturbations": {"file": "list.csv"}}
    request = request_of(content, tmp_path, tmp_path / "components.json")
    assert request.arms.names == ("A", "B")
    assert request.arms.priority.tolist() == [2, 1]
    assert request.arms.efficiency.tolist() == [0.7, 0.7]
    assert request.components.value("cell") == 0.4
    assert request.components.value("interaction") == 0.02
