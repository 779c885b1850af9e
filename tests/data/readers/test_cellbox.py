"""CellBox folders: read, inferred, written and read again."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.options import ReadOptions
from semimech.data.readers import read, read_screen
from semimech.data.readers.cellbox import write_cellbox
from semimech.data.screen import Screen
from semimech.support.errors import UserError

ANNOTATIONS = """
[roles]
molecule = [0, 2]
phenotype = ["growth"]
input = [3, 5]

[perturbation.drugA]
kind = "drug"
pathways = ["MAPK"]
targets = { MEK = -1 }
dose_unit = "µM"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two molecules, a phenotype, two drugs; six conditions."""
    doses = np.zeros((6, 5))
    doses[:, 3] = [-1, -1, 0, 0, -0.5, -1]
    doses[:, 4] = [0, 0, 2, 2, 0, 2]
    values = np.random.default_rng(0).normal(size=(6, 5)).round(3)
    values[:, 3:] = np.tanh(doses[:, 3:]).round(3)
    path = tmp_path / "box"
    path.mkdir()
    pd.DataFrame(values).to_csv(path / "expr.csv", header=False, index=False)
    pd.DataFrame(doses).to_csv(path / "pert.csv", header=False, index=False)
    (path / "node_Index.csv").write_text("MEK\nAKT\ngrowth\ndrugA\ndrugB")
    return path


def test_everything_given(folder: Path) -> None:
    (folder / "annotations.toml").write_text(ANNOTATIONS, encoding="utf-8")
    (folder / "expr_index.txt").write_text("A|1  1 0\nA|1  1 1\nB 2\t0\nB 2\t0\nA|.5\nA|1,B 2  1\n")
    reading = read(folder)
    screen = reading.screen
    assert (reading.dialect, screen.scale, screen.name) == ("cellbox", "log-ratio", "box")
    assert list(screen.features["role"]) == ["molecule", "molecule", "phenotype", "input", "input"]
    assert screen.perturbations[0] == Perturbation("drugA", "drug", {"MEK": -1.0}, "µM", ("MAPK",))
    assert list(screen.obs.index) == ["A|1", "A|1 #2", "B 2", "B 2 #2", "A|.5", "A|1,B 2"]
    assert screen.conditions[-1].doses == (("drugA", -1.0), ("drugB", 2.0))
    assert any("says nothing of drugB" in finding.sentence for finding in reading.findings)


def test_roles_are_inferred_and_said(folder: Path) -> None:
    reading = read(folder)
    assert list(reading.screen.features["role"]) == ["molecule"] * 3 + ["input"] * 2
    assert "Roles were inferred: 3 molecules, and 2 inputs (drugA, drugB)" in reading.findings[0].sentence
    assert reading.findings[0].level == "doubtful"


def test_a_perturbed_molecule_is_its_own_target(folder: Path) -> None:
    values = pd.read_csv(folder / "expr.csv", header=None)
    values[3] = 0.3
    values.to_csv(folder / "expr.csv", header=False, index=False)
    screen = read_screen(folder)
    assert screen.features["role"]["drugA"] == "molecule"
    assert dict(screen.perturbations[0].targets) == {"drugA": 1.0}


def test_written_and_read_again(folder: Path, assert_same, tmp_path: Path) -> None:
    screen = read_screen(folder)
    write_cellbox(screen, tmp_path / "copy" / "box")
    assert_same(read_screen(tmp_path / "copy" / "box"), screen)


def test_a_screen_without_drug_columns_cannot_be_written(tmp_path: Path) -> None:
    screen = Screen(
        np.zeros((2, 1)),
        sp.csr_array(np.eye(2)),
        (Perturbation("a"), Perturbation("b")),
        pd.DataFrame(index=["gene"]),
        pd.DataFrame(index=["x", "y"]),
        "log-ratio",
    )
    with pytest.raises(UserError, match="a, b is no feature"):
        write_cellbox(screen, tmp_path)


def test_names_may_come_from_another_file(folder: Path) -> None:
    (folder / "node_Index.csv").rename(folder / "somewhere.txt")
    with pytest.raises(UserError, match="say --names FILE"):
        read(folder)
    assert read_screen(folder, ReadOptions(names=folder / "somewhere.txt")).feature_names[0] == "MEK"


def test_sk_mel_133(data_folder: Path) -> None:
    screen = read_screen(data_folder / "sk-mel-133")
    assert screen.shape == (89, 99)
    assert screen.features["role"].value_counts().to_dict() == {"molecule": 82, "input": 12, "phenotype": 5}
    assert len(screen.conditions) == 88  # the two doses of the JAK inhibitor have the same input
    assert sum(condition.is_combination for condition in screen.conditions) == 66
    assert dict(screen.perturbations[screen.perturbation_names.index("aMEK")].targets) == {"MAPKpT202": -1.0}
    assert screen.obs.index[0] == "901|1.5"


def test_sk_mel_133_without_annotations(data_folder: Path, tmp_path: Path) -> None:
    for name in ("expr.csv", "pert.csv", "node_Index.csv"):
        (tmp_path / name).write_bytes((data_folder / "sk-mel-133" / name).read_bytes())
    roles = read_screen(tmp_path).features["role"]
    assert (roles == "input").sum() >= 11
    assert set(roles.index[roles == "input"]) <= set(roles.index[87:])
