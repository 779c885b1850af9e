"""A CellBox folder: expr.csv and pert.csv, conditions x nodes, without header; node names in a file beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.findings import Finding
from semimech.data.options import ReadOptions
from semimech.data.readers.annotations import Annotations, read_annotations
from semimech.data.readers.reading import Reading
from semimech.data.readers.text import numbers, read_cells, read_lines
from semimech.data.screen import Screen
from semimech.support.errors import UserError, listed
from semimech.support.files import replacing, write_text

NAME_FILES = ("node_Index.csv", "node_index.csv", "nodes.csv", "node_names.csv", "nodes.txt")
ROW_FILE = "expr_index.txt"
ANNOTATIONS_FILE = "annotations.toml"
TANH_TOLERANCE = 0.01


def is_cellbox(folder: Path) -> bool:
    """The folder holds the two tables of a CellBox data set."""
    return (folder / "expr.csv").is_file() and (folder / "pert.csv").is_file()


def read_cellbox(folder: Path, options: ReadOptions) -> Reading:
    """Read a CellBox folder as a log-ratio screen.

    The columns of pert.csv that vary are the perturbations. Names come from node_Index.csv or --names, row names
    from expr_index.txt, roles and targets from annotations.toml or --annotations; what is absent is inferred and said.
    Raises UserError where tables and names disagree in size, or values are no numbers.
    """
    options.refuse_all_but(("names", "annotations", "scale", "kind"), "a CellBox folder")
    expression = numbers(read_cells(folder / "expr.csv", header=False), "expr.csv")
    doses = numbers(read_cells(folder / "pert.csv", header=False), "pert.csv")
    _check_shapes(expression, doses)
    names = _names(folder, expression.shape[1], options)
    if not np.isfinite(doses).all():
        row, column = np.argwhere(~np.isfinite(doses))[0]
        raise UserError(
            f"pert.csv has no finite dose in row {row + 1}, column {column + 1} ({names[column]}): fill it."
        )
    given = np.flatnonzero((doses != 0).any(0))
    annotations, said = _annotations(folder, names, options, [names[j] for j in given])
    _check_varying(names, doses, given, annotations)
    roles, guessed = _roles(names, expression, doses, given, annotations)
    features = pd.DataFrame({"role": roles}, index=pd.Index(names, name="node"))
    perturbations = tuple(_perturbation(names[j], roles[j], annotations, options) for j in given)
    screen = Screen(
        expression,
        sp.csr_array(doses[:, given]),
        perturbations,
        features,
        pd.DataFrame(index=_row_names(folder, len(expression))),
        options.scale or "log-ratio",
        folder.resolve().name,
    )
    reason = "as asked for" if options.scale else "a CellBox folder holds log-ratios to untreated"
    return Reading(screen, "cellbox", reason, (*said, *guessed))


def write_cellbox(screen: Screen, folder: Path) -> None:
    """Write expr.csv, pert.csv, node_Index.csv and expr_index.txt of a screen whose perturbations are features.

    Raises UserError where a perturbation is no feature: a CellBox folder has one column for both.
    """
    column = {name: j for j, name in enumerate(screen.feature_names)}
    lost = [name for name in screen.perturbation_names if name not in column]
    if lost:
        raise UserError(
            f"The perturbation {listed(lost)} is no feature, so a CellBox folder has no column for it: write h5ad."
        )
    whole = screen.responses[:]
    expression = whole.toarray() if sp.issparse(whole) else np.asarray(whole)
    doses = np.zeros(screen.shape, np.float32)
    doses[:, [column[name] for name in screen.perturbation_names]] = screen.design.toarray()
    for name, table in (("expr.csv", expression), ("pert.csv", doses)):
        with replacing(folder / name) as beside:
            pd.DataFrame(table).to_csv(beside, header=False, index=False)
    write_text(folder / "node_Index.csv", "\n".join(screen.feature_names) + "\n")
    write_text(folder / ROW_FILE, "\n".join(screen.obs.index) + "\n")


def _check_shapes(expression: np.ndarray, doses: np.ndarray) -> None:
    if len(expression) != len(doses):
        raise UserError(
            f"expr.csv has {len(expression)} rows and pert.csv has {len(doses)}: every condition needs a row in both."
        )
    if expression.shape[1] != doses.shape[1]:
        raise UserError(
            f"expr.csv has {expression.shape[1]} columns and pert.csv has {doses.shape[1]}: "
            "every node needs a column in both."
        )


def _names(folder: Path, need: int, options: ReadOptions) -> list[str]:
    path = options.names or next((folder / name for name in NAME_FILES if (folder / name).is_file()), None)
    if path is None:
        raise UserError(f"{folder.name} has no node_Index.csv: say --names FILE, a file with one node name a line.")
    if not path.is_file():
        raise UserError(f"There is no file of names {path}: correct the path given to --names.")
    names = read_lines(path)
    if len(names) != need:
        more = "more" if len(names) > need else "fewer"
        raise UserError(
            f"{path.name} has {len(names)} names, {more} than the {need} columns of expr.csv: give one name a column."
        )
    return names


def _row_names(folder: Path, need: int) -> pd.Index:
    path = folder / ROW_FILE
    if not path.is_file():
        return pd.Index([f"row {i + 1}" for i in range(need)], name="condition")
    lines = read_lines(path)
    if len(lines) != need:
        raise UserError(f"{ROW_FILE} has {len(lines)} lines where expr.csv has {need} rows: give one line a row.")
    seen: Counter[str] = Counter()
    names = []
    for line in lines:
        # Columns are set apart by tabs or two spaces; a name may hold single spaces.
        label = line.replace("\t", "  ").split("  ")[0].strip()
        seen[label] += 1
        names.append(label if seen[label] == 1 else f"{label} #{seen[label]}")
    return pd.Index(names, name="condition")


def _annotations(
    folder: Path, names: Sequence[str], options: ReadOptions, given: Sequence[str]
) -> tuple[Annotations, tuple[Finding, ...]]:
    path = options.annotations or folder / ANNOTATIONS_FILE
    if options.annotations is None and not path.is_file():
        return Annotations(), ()
    annotations = read_annotations(path, names, names)
    named = set(annotations.perturbations)
    told = [Finding("ok", f"Roles and targets come from {path.name}.")]
    silent = [name for name in given if named and name not in named]
    if silent:
        told.append(Finding("doubtful", f"{path.name} says nothing of {listed(silent)}.", "add a section for each."))
    return annotations, tuple(told)


def _check_varying(names: Sequence[str], doses: np.ndarray, given: np.ndarray, annotations: Annotations) -> None:
    """Every declared perturbation is given in some rows and not in others."""
    if not given.size:
        raise UserError("No column of pert.csv ever varies: it holds no perturbation at all; give the doses.")
    inputs = {name for name, role in annotations.roles.items() if role == "input"} | set(annotations.perturbations)
    never = [f"{name} (column {j + 1})" for j, name in enumerate(names) if name in inputs and j not in given]
    if never:
        raise UserError(f"The perturbation {listed(never)} of pert.csv is 0 in every row: give its doses or drop it.")
    always = [f"{names[j]} (column {j + 1})" for j in given if len(doses) > 1 and np.ptp(doses[:, j]) == 0]
    if always:
        raise UserError(
            f"The perturbation {listed(always)} of pert.csv never varies, so its effect cannot be told: "
            "set the column to 0, or add conditions without it."
        )


def _roles(
    names: Sequence[str], expression: np.ndarray, doses: np.ndarray, given: np.ndarray, annotations: Annotations
) -> tuple[list[str], tuple[Finding, ...]]:
    """Roles from the annotations; else a perturbed node is an input where its value is tanh(dose)."""
    if annotations.roles:
        return [annotations.roles.get(name, "molecule") for name in names], ()
    roles = ["molecule"] * len(names)
    for j in given:
        rows = doses[:, j] != 0
        gap = np.abs(expression[rows, j] - np.tanh(doses[rows, j]))
        if np.median(gap) < TANH_TOLERANCE:
            roles[j] = "input"
    inputs = [name for name, role in zip(names, roles) if role == "input"]
    others = [names[j] for j in given if roles[j] != "input"]
    sentence = f"Roles were inferred: {len(names) - len(inputs)} molecules"
    if inputs:
        sentence += f", and {len(inputs)} inputs ({listed(inputs, 3)}), whose values are tanh of their dose"
    if others:
        sentence += f"; {listed(others, 3)} perturbed as molecules"
    remedy = "name inputs and phenotypes in an annotations.toml, section [roles]; phenotypes cannot be inferred."
    return roles, (Finding("doubtful", sentence + ".", remedy),)


def _perturbation(name: str, role: str, annotations: Annotations, options: ReadOptions) -> Perturbation:
    """A drug by default; a perturbed node that is no input is its own target."""
    targets = {} if role == "input" else {name: 1.0}
    return annotations.perturbation(Perturbation(name, options.kind or "drug", targets))
