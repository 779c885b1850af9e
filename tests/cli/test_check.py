"""`semimech check`: right inputs in words, wrong ones in one sentence with exit code 2."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.cli import main


def cells(labels: tuple[str, ...] = ("control", "G1", "G2")) -> anndata.AnnData:
    """Raw counts of 25 cells with each label, five genes."""
    obs = pd.DataFrame({"perturbation": pd.Categorical(np.repeat(labels, 25))})
    obs.index = [f"cell{i}" for i in range(len(obs))]
    values = np.random.default_rng(0).poisson(2.0, (len(obs), 5)).astype(np.float32)
    return anndata.AnnData(sp.csr_matrix(values), obs, pd.DataFrame(index=[f"G{j}" for j in range(5)]))


def table(path: Path, change: Callable[[list[str]], None] | None = None, text: str | None = None) -> Path:
    """A CSV of 40 cells, five genes and a label; `change` edits its lines."""
    values = np.random.default_rng(0).poisson(2.0, (40, 5))
    lines = ["cell,G0,G1,G2,G3,G4,perturbation"]
    lines += [f"c{i},{','.join(map(str, row))},{'control' if i % 2 else 'G1'}" for i, row in enumerate(values)]
    if change:
        change(lines)
    path.write_text("\n".join(lines) + "\n" if text is None else text, encoding="utf-8")
    return path


def box(folder: Path, expression: str = "", doses: str = "", names: str = "A\nB\nd\n") -> Path:
    """A CellBox folder of four conditions, two molecules and a drug; any file may be given as text."""
    folder.mkdir()
    (folder / "expr.csv").write_text(expression or "0.1,0.2,-0.762\n0,0.3,-0.762\n1,-1,0\n0.5,0.5,0\n")
    (folder / "pert.csv").write_text(doses or "0,0,-1\n0,0,-1\n0,0,0\n0,0,0\n")
    if names:
        (folder / "node_Index.csv").write_text(names)
    return folder


def written(adata: anndata.AnnData, path: Path) -> Path:
    adata.write_h5ad(path)
    return path


def with_value(value: float, path: Path) -> Path:
    adata = cells()
    adata.X[3, 2] = value
    return written(adata, path)


def edit(line: int, old: str, new: str) -> Callable[[list[str]], None]:
    def change(lines: list[str]) -> None:
        lines[line] = lines[line].replace(old, new, 1)

    return change


def field(line: int, number: int, new: str) -> Callable[[list[str]], None]:
    def change(lines: list[str]) -> None:
        fields = lines[line].split(",")
        lines[line] = ",".join([*fields[:number], new, *fields[number + 1 :]])

    return change


def without_label(lines: list[str]) -> None:
    lines[:] = [line.rpartition(",")[0] for line in lines]


def cut(line: int) -> Callable[[list[str]], None]:
    def change(lines: list[str]) -> None:
        lines[line] = ",".join(lines[line].split(",")[:4])

    return change


def put(text: bytes) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.write_bytes(text)
        return path

    return make


def truncated(path: Path) -> Path:
    whole = written(cells(), path).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def scrambled(path: Path) -> Path:
    """The file opens, but a part that is needed cannot be read."""
    written(cells(), path)
    with h5py.File(path, "a") as file:
        del file["X/indices"]
    return path


def short_gzip(path: Path) -> Path:
    whole = gzip.compress(table(path).read_bytes())
    path.write_bytes(whole[:-30])
    return path


def duplicated(path: Path, axis: str) -> Path:
    adata = cells()
    names = adata.obs_names.to_list() if axis == "obs" else adata.var_names.to_list()
    names[2] = names[1]
    setattr(adata, f"{axis}_names", names)
    return written(adata, path)


def annotated(folder: Path, text: str) -> Path:
    box(folder)
    (folder / "annotations.toml").write_text(text)
    return folder


def other_hdf5(path: Path) -> Path:
    with h5py.File(path, "w") as file:
        file["x"] = [1.0]
    return path


def plain_folder(path: Path) -> Path:
    path.mkdir()
    return path


def misspelt(path: Path) -> Path:
    table(path.with_name("cells.csv"))
    return path


# (name of the file or folder, how it is made, what the sentence must hold, options)
WRONG: dict[str, tuple[str, Callable[[Path], Path], tuple[str, ...], list[str]]] = {
    "missing file": ("nothing.h5ad", lambda p: p, ("no file or folder", "nothing.h5ad"), []),
    "near miss": ("cell.csv", misspelt, ("did you mean cells.csv",), []),
    "empty file": ("empty.csv", put(b""), ("empty.csv is an empty file",), []),
    "blank file": ("blank.csv", put(b"\n\n"), ("blank.csv is empty",), []),
    "header only": ("head.csv", put(b"a,b\n"), ("head.csv", "no rows"), []),
    "folder": ("folder", plain_folder, ("folder without expr.csv",), []),
    "text named h5ad": ("text.h5ad", table, ("text.h5ad", "named as HDF5 but is none"), []),
    "truncated h5ad": ("short.h5ad", truncated, ("short.h5ad", "truncated or damaged"), []),
    "corrupted h5ad": ("torn.h5ad", scrambled, ("torn.h5ad", "damaged"), []),
    "HDF5 but no AnnData": ("other.h5ad", other_hdf5, ("no AnnData", "obs, var"), []),
    "binary": ("noise.csv", put(b"\x00\x01\x02\x03,\n"), ("noise.csv is not a text table",), []),
    "truncated gzip": ("short.csv.gz", short_gzip, ("truncated or damaged gzip",), []),
    "truncated parquet": ("p.parquet", put(b"PAR1 and no more"), ("p.parquet", "damaged Parquet"), []),
    "not UTF-8": (
        "latin.csv",
        put("cell,G1,perturbation\na,1,contrôle\n".encode("latin-1")),
        ("not UTF-8", "0xf4"),
        [],
    ),
    "no control": ("c.h5ad", lambda p: written(cells(("G1", "G2", "G3")), p), ("no control label", "G1, G2, G3"), []),
    "said to have no control": ("c.csv", table, ("no control row",), ["--control", "none", "--separator", "none"]),
    "no label column": ("c.csv", lambda p: table(p, without_label), ("No column looks like perturbation labels",), []),
    "label never varies": (
        "c.h5ad",
        lambda p: written(cells(("G1",)), p),
        ("'perturbation' holds only 'G1'", "never varies"),
        ["--label", "perturbation"],
    ),
    "unknown dialect": ("c.csv", table, ("dialect 'klingon' is unknown", "gears"), ["--dialect", "klingon"]),
    "unknown column": ("c.csv", table, ("no column 'pert'",), ["--label", "pert"]),
    "negative counts": (
        "c.h5ad",
        lambda p: with_value(-2, p),
        ("G2 in row cell3 (row 4) is negative",),
        ["--scale", "counts"],
    ),
    "fractional counts": (
        "c.h5ad",
        lambda p: with_value(1.5, p),
        ("G2 in row cell3 (row 4) is fractional",),
        ["--scale", "counts"],
    ),
    "fractional counts on disk": (
        "c.h5ad",
        lambda p: with_value(1.5, p),
        ("G2 in row cell3 (row 4)",),
        ["--scale", "counts", "--backed"],
    ),
    "not a number": ("c.h5ad", lambda p: with_value(np.nan, p), ("G2 in row cell3 (row 4) is nan", "impute"), []),
    "infinite": ("c.h5ad", lambda p: with_value(np.inf, p), ("G2 in row cell3 (row 4) is inf",), []),
    "infinite on disk": ("c.h5ad", lambda p: with_value(np.inf, p), ("G2 in row cell3 (row 4) is inf",), ["--backed"]),
    "missing value": ("c.csv", lambda p: table(p, field(3, 2, "")), ("in row c2 (row 3) is nan",), []),
    "duplicate features": ("c.h5ad", lambda p: duplicated(p, "var"), ("feature name G1 stands more than once",), []),
    "duplicate cells": ("c.h5ad", lambda p: duplicated(p, "obs"), ("name cell1 stands more than once",), []),
    "duplicate columns": ("c.csv", lambda p: table(p, edit(0, "G1", "G0")), ("column 'G0' more than once",), []),
    "duplicate rows": ("c.csv", lambda p: table(p, edit(3, "c2,", "c1,")), ("'c1' stands more than once",), []),
    "words for numbers": (
        "c.csv",
        lambda p: table(p, field(5, 1, "many")),
        ("'many'", "column 'G0'", "row c4 (row 5)"),
        [],
    ),
    "short line": ("c.csv", lambda p: table(p, cut(7)), ("c.csv line 8 has 4 values where the first has 7",), []),
    "long line": ("c.csv", lambda p: table(p, edit(7, "c6,", "c6,9,9,")), ("c.csv line 8 has 9 values",), []),
    "bad query": ("c.csv", table, ("--keep", "cannot be evaluated"), ["--keep", "quality >"]),
    "names and columns": ("b", lambda p: box(p, names="A\nB\n"), ("node_Index.csv has 2 names, fewer than the 3",), []),
    "too many names": (
        "b",
        lambda p: box(p, names="A\nB\nC\nd\n"),
        ("node_Index.csv has 4 names, more than the 3",),
        [],
    ),
    "names twice": ("b", lambda p: box(p, names="A\nA\nd\n"), ("feature name A stands more than once",), []),
    "no names": ("b", lambda p: box(p, names=""), ("no node_Index.csv", "--names FILE"), []),
    "rows of expr and pert": (
        "b",
        lambda p: box(p, doses="0,0,-1\n0,0,0\n"),
        ("expr.csv has 4 rows and pert.csv has 2",),
        [],
    ),
    "columns of expr and pert": (
        "b",
        lambda p: box(p, doses="0,1\n0,0\n0,0\n0,0\n"),
        ("expr.csv has 3 columns and pert.csv has 2",),
        [],
    ),
    "never given": ("b", lambda p: box(p, doses="0,0,0\n" * 4), ("No column of pert.csv ever varies",), []),
    "always given": ("b", lambda p: box(p, doses="0,0,1\n" * 4), ("d (column 3) of pert.csv never varies",), []),
    "declared and never given": (
        "b",
        lambda p: annotated(p, '[roles]\ninput = ["B", "d"]\n'),
        ("B (column 2) of pert.csv is 0 in every row",),
        [],
    ),
    "words in expr": (
        "b",
        lambda p: box(p, expression="0,1,2\n0,high,2\n0,1,2\n0,1,2\n"),
        ("expr.csv holds the word 'high' in row 2, column 2",),
        [],
    ),
    "hole in pert": (
        "b",
        lambda p: box(p, doses="0,0,-1\n0,,0\n0,0,0\n0,0,0\n"),
        ("pert.csv has no finite dose in row 2, column 2 (B)",),
        [],
    ),
    "ragged expr": (
        "b",
        lambda p: box(p, expression="0,1,2\n0,1\n0,1,2\n0,1,2\n"),
        ("expr.csv line 2 has 2 values where the first has 3",),
        [],
    ),
    "bad TOML": ("b", lambda p: annotated(p, "[roles\n"), ("annotations.toml is not valid TOML",), []),
    "unknown section": ("b", lambda p: annotated(p, "[rolls]\n"), ("unknown section [rolls]",), []),
    "unknown role": ("b", lambda p: annotated(p, "[roles]\nking = [0, 1]\n"), ("unknown role 'king'",), []),
    "unknown node": (
        "b",
        lambda p: annotated(p, '[roles]\ninput = ["e"]\n'),
        ("feature 'e', which is not in the data",),
        [],
    ),
    "range too long": ("b", lambda p: annotated(p, "[roles]\ninput = [2, 9]\n"), ("range [2, 9)", "3 features"), []),
    "unknown perturbation": (
        "b",
        lambda p: annotated(p, "[perturbation.f]\n"),
        ("perturbation 'f', which is not",),
        [],
    ),
    "unknown target": (
        "b",
        lambda p: annotated(p, "[perturbation.d]\ntargets = { Z = 1 }\n"),
        ("target of d, 'Z'",),
        [],
    ),
    "bad sign": (
        "b",
        lambda p: annotated(p, "[perturbation.d]\ntargets = { A = 3 }\n"),
        ("target A of d has the sign 3",),
        [],
    ),
    "unknown key": ("b", lambda p: annotated(p, '[perturbation.d]\ncolour = "red"\n'), ("unknown key 'colour'",), []),
    "unknown kind": ("b", lambda p: annotated(p, '[perturbation.d]\nkind = "pill"\n'), ("unknown kind 'pill'",), []),
    "no annotations file": ("b", box, ("no annotations file",), ["--annotations", "nowhere.toml"]),
    "option of no use": ("b", box, ("--label says nothing about a CellBox folder",), ["--label", "x"]),
    "option of no use in a table": ("c.csv", table, ("--layer says nothing about a table",), ["--layer", "x"]),
    "no names file": ("b", box, ("no file of names",), ["--names", "nowhere.txt"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_one_sentence_and_code_2(case: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    name, make, says, options = WRONG[case]
    path = make(tmp_path / name)
    assert main(["check", str(path), *options]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if "%" not in line[:6]]
    assert len(lines) == 1, lines
    assert lines[0].startswith("semimech: ")
    assert "Traceback" not in lines[0]
    assert len(lines[0]) < 400
    for words in says:
        assert words in lines[0]


def test_names_that_match_no_feature_are_a_doubt(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = written(cells(("non-targeting", "ENSG1", "ENSG2")), tmp_path / "c.h5ad")
    assert main(["check", str(path)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "None of the 2 perturbed genes is a feature (ENSG1, ENSG2)." in shown
    assert "--gene-names COLUMN" in shown


def test_words_for_reading(tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "150")
    adata = cells()
    values = adata.X.toarray()
    values[adata.obs["perturbation"] == "G1", 1] = 0
    adata.X = sp.csr_matrix(values)
    adata.obs["batch"] = np.tile(["one", "two", "three"], 25)
    assert main(["check", str(written(adata, tmp_path / "c.h5ad"))]) == 0
    shown = capsys.readouterr().out
    for words in ("scperturb", "counts (all values are whole numbers", "75 rows x 5 features", "25 rows (33.3%)",
                  "3: one (25 rows)", "2 (knock-out): G1, G2", "Otherwise: --batch COLUMN, or none"):  # fmt: skip
        assert words in shown
    assert "yes" in next(line for line in shown.splitlines() if line.startswith("G1 "))


def test_json_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["check", str(table(tmp_path / "c.csv")), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["facts"]["size"] == "40 rows x 5 features (5 molecules)"
    assert found["targets"][0]["target"] == "G1"
    assert {finding["level"] for finding in found["findings"]} <= {"ok", "doubtful", "wrong"}


def test_the_built_in_screen_can_be_checked(capsys: pytest.CaptureFixture) -> None:
    assert main(["check", "demo"]) == 0
    assert "log-ratio" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["sk-mel-133", "papalexi2021/papalexi2021.h5ad", "dixit2016/dixit2016.csv.gz"])
def test_real_data(name: str, data_folder: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["check", str(data_folder / name)]) == 0
    assert "targets measured" in capsys.readouterr().out


def test_real_data_without_controls(data_folder: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["check", str(data_folder / "ipsc-timeseries" / "hipsc.h5ad")]) == 2
    assert "'ko' has no control label" in capsys.readouterr().err
