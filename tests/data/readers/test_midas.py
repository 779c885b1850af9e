"""MIDAS tables: who got what when, ratios to the untreated, and every way in which the columns can be wrong."""

from pathlib import Path

import numpy as np
import pytest

from semimech.data.check import check_screen
from semimech.data.options import ReadOptions
from semimech.data.readers import read, read_screen
from semimech.support.errors import UserError

HEADER = "TR:HeLa:CellLine,TR:EGF,TR:PBS,TR:AKTi,TR:AKT_MEKi,DA:ALL,DV:pERK,DV:pAKT"
ROWS = (
    "1,0,1,0,0,0,2,4",
    "1,1,0,0,0,0,2,4",
    "1,1,0,1,0,0,1,2",
    "1,0,1,0,0,5,2,8",
    "1,1,0,0,0,5,8,4",
    "1,1,0,0,1,5,1,1",
)


def table(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "courses.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_rows_conditions_and_ratios(tmp_path: Path) -> None:
    reading = read(table(tmp_path, *ROWS))
    screen = reading.screen
    assert (reading.dialect, screen.scale) == ("midas", "log-ratio")
    assert screen.perturbation_names == ("EGF", "AKT", "MEK")
    # The second row is the first one listed again: at time 0 no stimulus has been given.
    assert [condition.label for condition in screen.conditions] == [
        "control (time 0)", "AKT (time 0)", "control (time 5)", "EGF (time 5)", "AKT+EGF+MEK (time 5)",
    ]  # fmt: skip
    np.testing.assert_allclose(screen.responses, [[0, 0], [-1, -1], [0, 1], [2, 0], [-1, -2]], atol=1e-6)
    assert screen.obs["context"].unique().tolist() == ["HeLa"]
    said = str(check_screen(reading))
    for words in (
        "Stimuli: EGF; with PBS nothing",
        "Inhibitors, given before time 0: AKT, MEK",
        "0, 5",
        "AKT with MEK",
    ):
        assert words in said


def test_options_overrule(tmp_path: Path) -> None:
    path = table(tmp_path, *ROWS)
    whole = read_screen(path, ReadOptions(control="none", separator="none", scale="log-normalised"))
    assert whole.perturbation_names == ("EGF", "PBS", "AKT", "AKT_MEK")
    np.testing.assert_allclose(whole.responses[0], [2, 4])
    assert read_screen(path, ReadOptions(keep="time > 0")).scale == "log-normalised"  # nothing at time 0 is left


def test_types_that_are_said(tmp_path: Path) -> None:
    header = "TR:Rafi:Stimuli,TR:MEK:Inhibitors,DA:pERK,DV:pERK,NOTE"
    reading = read(table(tmp_path, "0,0,0,1,a", "0.5,1,10,4,b", header=header))
    assert [condition.label for condition in reading.screen.conditions] == [
        "control (time 0)",
        "MEK+Rafi=0.5 (time 10)",
    ]
    assert any("left out: NOTE" in finding.sentence for finding in reading.findings)


@pytest.mark.parametrize(
    ("header", "row", "sentence"),
    [
        ("TR:A,DA:ALL", "1,0", "without measured values: add columns named DV:NAME"),
        ("TR:A,DV:x", "1,2", "without times"),
        ("DA:ALL,DV:x", "1,2", "without treatments"),
        ("TR:A,DA:ALL,DV:x", "-1,0,2", "no dose of 0 or more in row 1, column 'TR:A'"),
        ("TR:A,DA:ALL,DV:x", "yes,0,2", "the word 'yes' in row 1, column 'TR:A'"),
        ("TR:A:Drug,DA:ALL,DV:x", "1,0,2", "unknown type 'Drug'"),
        ("TR:L:CellLine,TR:A,DA:ALL,DV:x", "0,1,0,2", "no cell line in row 1"),
        ("TR:A,DA:x,DA:y,DV:x,DV:y", "1,0,5,2,2", "several times in row 1"),
        ("TR:A,DA:ALL,DV:x", "1,,2", "no time in row 1, column 'DA:ALL'"),
        ("TR:A,DA:ALL,DV:x", "1,0,0", "the value 0 of x in row 1, and intensities are above 0"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, header: str, row: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        read(table(tmp_path, row, header=header))


def test_options_that_say_nothing(tmp_path: Path) -> None:
    path = table(tmp_path, *ROWS)
    for options, sentence in (
        (ReadOptions(label="x"), "--label says nothing about a MIDAS table"),
        (ReadOptions(control="mock"), "No treatment is named mock"),
        (ReadOptions(scale="counts"), "counts says nothing"),
    ):
        with pytest.raises(UserError, match=sentence):
            read(path, options)


def test_hpn_dream(data_folder: Path) -> None:
    folder = data_folder / "hpn-dream"
    mcf7, simulated = (read_screen(folder / name) for name in ("MD-MCF7_main_for_null.csv", "MD_insilico.csv"))
    assert mcf7.shape == (194, 41)
    assert mcf7.perturbation_names[-3:] == ("GSK690693", "GSK1120212", "PD173074")
    assert int(mcf7.is_control.sum()) == 7
    assert np.abs(mcf7.responses[mcf7.is_control & (mcf7.obs["time"] == 0).to_numpy()]).max() == 0
    assert simulated.shape == (660, 20)
