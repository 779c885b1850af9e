"""Tables of cells x genes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from semimech.data.options import ReadOptions
from semimech.data.readers import read, read_screen
from semimech.support.errors import UserError


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


@pytest.mark.parametrize("column", ["perturbation", "drug", "what"])
def test_one_row_for_each_label(column: str, tmp_path: Path) -> None:
    labels = ["control", "G1", "G2", "drugA", "drugB"]
    table = pd.DataFrame({column: labels, "G1": [0.0, 1, 2, 3, 4], "G2": [1.0, 0, 2, 4, 1]})
    table.to_csv(tmp_path / "t.csv", index=False)
    screen = read_screen(tmp_path / "t.csv")
    assert screen.perturbation_names == ("G1", "G2", "drugA", "drugB")
    assert screen.is_control.tolist() == [True, False, False, False, False]


def test_labels_beside_words_of_another_kind_are_found_or_named(tmp_path: Path) -> None:
    table = pd.DataFrame({"what": ["untouched", "G1", "x", "y"], "plate": list("aabb"), "G1": range(4), "G2": range(4)})
    table.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(UserError, match="--label COLUMN, one of what, plate"):
        read_screen(tmp_path / "t.csv")
    table.assign(what=["control", "G1", "x", "y"]).to_csv(tmp_path / "t.csv", index=False)
    assert read_screen(tmp_path / "t.csv").perturbation_names == ("G1", "x", "y")


def test_repeated_labels_of_many_rows_are_no_row_names(tmp_path: Path) -> None:
    labels = ["control", "control", *[f"drug{i}" for i in range(40)]]
    pd.DataFrame({"treatment": labels, "G1": range(42), "G2": range(42)}).to_csv(tmp_path / "t.csv", index=False)
    assert read_screen(tmp_path / "t.csv").is_control.sum() == 2


def test_spaces_around_labels_are_left_out_and_said(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame["intervention"] = frame["intervention"] + np.tile(["", " "], 30)
    reading = read(write(frame, tmp_path, "csv"), ReadOptions(keep="intervention != 'G2'"))
    assert reading.screen.perturbation_names == ("G1",)
    assert reading.screen.is_control.sum() == 20
    assert "Spaces around words are left out in the column intervention." in [f.sentence for f in reading.findings]


def test_numbers_about_cells_are_no_features(frame: pd.DataFrame, tmp_path: Path) -> None:
    quality = {"n_counts": range(60), "percent.mito": 0.1, "nFeature_RNA": range(60), "my_score": range(60)}
    path = write(frame.assign(**quality), tmp_path, "csv")
    reading = read(path)
    assert reading.screen.feature_names == ("G1", "G2", "G3", "my_score")
    assert "n_counts, percent.mito, nFeature_RNA." in " ".join(f.sentence for f in reading.findings)
    more = read(path, ReadOptions(describe=("my_score",), keep="n_counts > 9")).screen
    assert more.feature_names == ("G1", "G2", "G3")
    assert list(more.obs["my_score"]) == list(range(10, 60))
    ratios = ReadOptions(describe=("none",), scale="log-ratio")
    assert "n_counts" in read_screen(path, ratios).feature_names
    with pytest.raises(UserError, match="no column 'my_scores' to take as describe: did you mean my_score"):
        read_screen(path, ReadOptions(describe=("my_scores",)))


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
