"""Cells of each arm in each batch as a table says."""

import pytest

from semimech.simulate.allotment import read_allotment
from semimech.simulate.build import simulate_screen
from semimech.simulate.experiment import read_experiment
from semimech.support.errors import UserError

DECLARED = {
    "topology": {"nodes": 4, "edges": 2.0},
    "perturbations": [{"nodes": ["G1", "G2"]}],
    "sampling": {"layout": "layout.csv"},
}
TABLE = "batch,arm,guide,cells\nmonday,control,,7\nmonday,G1,1,2\nmonday,G1,2,3\nfriday,control,,4\nfriday,G2,1,6\n"
TOML = """
[topology]
nodes = 4
edges = 2.0
[[perturbations]]
nodes = ["G1", "G2"]
[sampling]
layout = "layout.csv"
"""


def simulated(folder, table=TABLE, toml=TOML):
    (folder / "layout.csv").write_text(table, encoding="utf-8")
    (folder / "experiment.toml").write_text(toml, encoding="utf-8")
    return simulate_screen(folder / "experiment.toml")


def test_lines_of_one_arm_add_up(tmp_path):
    (tmp_path / "layout.csv").write_text(TABLE, encoding="utf-8")
    found = read_allotment(tmp_path / "layout.csv")
    assert found.batches == ("monday", "friday")
    assert found.cells == {(0, "control"): 7, (0, "G1"): 5, (1, "control"): 4, (1, "G2"): 6}


@pytest.mark.parametrize(
    ("table", "toml", "words"),
    [
        (TABLE.replace("G2", "G9"), TOML, "G9"),
        (TABLE.replace(",6", ",six"), TOML, "'six' in row 6"),
        (TABLE.replace(",6", ",-6"), TOML, "'-6' in row 6"),
        (TABLE.replace("cells", "n"), TOML, "no column cells"),
        ("batch,arm,cells\n", TOML, "no row"),
        ("batch,arm,cells\na,G1,0\n", TOML, "no arm any cells"),
        (TABLE, TOML + "rows = 5\n", "both layout and rows"),
        (TABLE, TOML.replace("layout.csv", "other.csv"), "no layout"),
    ],
)
def test_a_wrong_layout_is_named(tmp_path, table, toml, words):
    with pytest.raises(UserError, match=words):
        simulated(tmp_path, table, toml)


def test_without_a_layout_all_batches_are_alike():
    experiment = read_experiment({**DECLARED, "sampling": {"batches": 3, "rows": 5, "control_rows": 9}})
    arms = experiment.arms((), ())
    assert experiment.allotment(arms).cells == {(batch, "control"): 9 for batch in range(3)}
