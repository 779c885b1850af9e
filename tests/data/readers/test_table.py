"""Tables of cells x genes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from semimech.data.options import ReadOptions
from semimech.data.readers import read, read_screen


@pytest.fixture
def frame() -> pd.DataFrame:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.poisson(2.0, (60, 3)), columns=["G1", "G2", "G3"])
    frame.insert(0, "cell", [f"c{i}" for i in range(60)])
    frame["day"] = np.arange(60) % 2
    frame["intervention"] = np.repeat(["control", "G1", "G2"], 20)
    return frame


def write(frame: pd.DataFrame, folder: Path, kind: str) -> Path:
    path = folder / f"cells.{kind}"
    if kind == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if "tsv" in kind else ";" if kind == "txt" else ",")
    return path


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "tsv", "tsv.gz", "txt", "parquet"])
def test_every_form_gives_the_same_screen(frame: pd.DataFrame, tmp_path: Path, kind: str) -> None:
    screen = read_screen(write(frame, tmp_path, kind))
    assert screen.scale == "counts"
    assert screen.feature_names == ("G1", "G2", "G3")
    np.testing.assert_array_equal(screen.responses, frame[["G1", "G2", "G3"]])
    assert list(screen.obs.index) == list(frame["cell"])
    assert list(screen.obs["time"]) == list(frame["day"])
    assert screen.is_control.sum() == 20
    assert screen.name == "cells"


def test_an_unnamed_first_column_names_the_rows(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.drop(columns="cell").to_csv(tmp_path / "t.csv")
    assert list(read_screen(tmp_path / "t.csv").obs.index) == [str(i) for i in range(60)]


def test_a_numeric_label_column_may_be_named(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame["intervention"] = np.repeat([1, 2, 3], 20)
    path = write(frame, tmp_path, "csv")
    screen = read_screen(path, ReadOptions(label="intervention", control=("1", "2")))
    assert screen.perturbation_names == ("3",)
    assert screen.is_control.sum() == 40


def test_gzip_is_told_by_content(frame: pd.DataFrame, tmp_path: Path) -> None:
    write(frame, tmp_path, "csv.gz").rename(tmp_path / "plain.csv")
    assert read_screen(tmp_path / "plain.csv").shape == (60, 3)


def test_a_byte_order_mark_is_no_part_of_a_name(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "bom.csv", index=False, encoding="utf-8-sig")
    assert read(tmp_path / "bom.csv").findings[0].sentence == "Rows are named by the column 'cell'."


def test_rows_may_be_left_out(frame: pd.DataFrame, tmp_path: Path) -> None:
    reading = read(write(frame, tmp_path, "csv"), ReadOptions(keep="day == 1"))
    assert reading.screen.shape == (30, 3)
    assert reading.findings[1].sentence == "30 of 60 rows kept by 'day == 1'."


def test_dixit2016(data_folder: Path) -> None:
    screen = read_screen(data_folder / "dixit2016" / "dixit2016.csv.gz")
    assert screen.shape == (14427, 24)
    assert screen.scale == "log-normalised"
    assert screen.is_control.sum() == 992
    assert {p.name: dict(p.targets) for p in screen.perturbations}["Stat1"] == {"Stat1": -1.0}
    assert len(screen.perturbations) == 8


def test_papalexi2021(data_folder: Path) -> None:
    path = data_folder / "papalexi2021" / "papalexi2021.h5ad"
    screen = read_screen(path, ReadOptions(keep="top_frac > 0.8"))
    backed = read_screen(path, ReadOptions(keep="top_frac > 0.8", backed=True))
    assert screen.shape == backed.shape == (16093, 299)
    assert screen.scale == "counts"
    assert sum(bool(p.targets) for p in screen.perturbations) == 9
    np.testing.assert_array_equal(backed.responses[100:900].toarray(), screen.responses[100:900].toarray())


def test_a_time_course_without_controls(data_folder: Path) -> None:
    path = data_folder / "ipsc-timeseries" / "hipsc.h5ad"
    screen = read_screen(path, ReadOptions(control=("none",)))
    assert "POU5F1" in screen.feature_names
    assert set(screen.obs["time"]) == {2, 3, 4, 5}
    assert not screen.is_control.any()
