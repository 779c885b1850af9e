"""What the treatment columns of a MIDAS table say: cell lines, stimuli, inhibitors and their doses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from semimech.data.findings import Finding
from semimech.data.options import NONE, ReadOptions
from semimech.data.readers.dialects import CONTROL_WORDS
from semimech.data.readers.text import numbers
from semimech.support.errors import UserError, listed

TYPES = {"cellline": "cell line", "stimuli": "stimulus", "inhibitors": "inhibitor"}
BETWEEN = "_"  # parts of a mixture of inhibitors


class Treatments(NamedTuple):
    """names, is_stimulus: of the perturbations; doses: rows x perturbations; lines: cell line of each row, if any."""

    names: tuple[str, ...]
    is_stimulus: np.ndarray
    doses: np.ndarray
    lines: np.ndarray | None
    findings: tuple[Finding, ...]


class _Column(NamedTuple):
    """What a column says: name of the treatment, its type, the perturbations it consists of."""

    name: str
    kind: str
    parts: tuple[str, ...]


def treatments_of(table: pd.DataFrame, file: str, options: ReadOptions) -> Treatments:
    """Read the columns TR:NAME:Type; without a type, NAMEi is an inhibitor and any other name a stimulus.

    A stimulus that is a control word (PBS, DMSO...) is nothing given. Raises UserError naming row and column of doses
    that are missing or below 0, and of rows that are not of one cell line.
    """
    doses = numbers(table, file).astype(float)
    bad = np.argwhere(~(np.isfinite(doses) & (doses >= 0)))
    if len(bad):
        row, column = bad[0]
        raise UserError(
            f"{file} has no dose of 0 or more in row {row + 1:,}, column '{table.columns[column]}': write 0 where the "
            "treatment is not given."
        )
    columns = _columns([str(name) for name in table.columns], options)
    controls = _controls(columns, options)
    names = tuple(dict.fromkeys(p for c in columns for p in c.parts if c.name not in controls))
    strength = np.zeros((len(doses), len(names)))
    for column, dose in zip(columns, doses.T, strict=True):
        for part in column.parts if column.name not in controls else ():
            strength[:, names.index(part)] = np.maximum(strength[:, names.index(part)], dose)
    stimuli = {part for c in columns if c.kind == "stimulus" for part in c.parts}
    is_stimulus = np.array([name in stimuli for name in names], bool)
    lines = _lines(columns, doses, file)
    return Treatments(names, is_stimulus, strength, lines, tuple(_findings(columns, names, is_stimulus, controls)))


def _columns(headers: Sequence[str], options: ReadOptions) -> list[_Column]:
    found = [_named(header) for header in headers]
    alone = {name for name, kind in found if kind != "cell line"}
    between = BETWEEN if options.separator is None else options.separator
    columns = []
    for name, kind in found:
        parts = tuple(name.split(between)) if between != NONE and kind == "inhibitor" else (name,)
        if options.separator is None and not alone & set(parts):
            parts = (name,)
        columns.append(_Column(name, kind, () if kind == "cell line" else parts))
    return columns


def _named(header: str) -> tuple[str, str]:
    """Name and type of the column TR:NAME:Type."""
    name, _, said = header.removeprefix("TR:").partition(":")
    if said:
        if said.casefold() not in TYPES:
            raise UserError(f"The column '{header}' has the unknown type '{said}': CellLine, Stimuli or Inhibitors.")
        return name, TYPES[said.casefold()]
    return (name[:-1], "inhibitor") if name.endswith("i") and len(name) > 1 else (name, "stimulus")


def _controls(columns: Sequence[_Column], options: ReadOptions) -> set[str]:
    names = {column.name for column in columns if column.kind != "cell line"}
    if options.control:
        wanted = set(options.control) - ({NONE} - names)
        if wanted - names:
            raise UserError(
                f"No treatment is named {listed(sorted(wanted - names))}, to be the control: they are "
                f"{listed(sorted(names), 12)}."
            )
        return wanted
    words = {word.casefold() for word in CONTROL_WORDS}
    return {column.name for column in columns if column.kind == "stimulus" and column.name.casefold() in words}


def _lines(columns: Sequence[_Column], doses: np.ndarray, file: str) -> np.ndarray | None:
    which = [i for i, column in enumerate(columns) if column.kind == "cell line"]
    if not which:
        return None
    given = doses[:, which] != 0
    unclear = np.flatnonzero(given.sum(1) != 1)
    if len(unclear):
        row = unclear[0]
        have = listed([columns[which[j]].name for j in np.flatnonzero(given[row])]) or "no cell line"
        raise UserError(f"{file} has {have} in row {row + 1:,}: give each row one cell line.")
    return np.array([columns[i].name for i in which], dtype=object)[given.argmax(1)]


def _findings(
    columns: Sequence[_Column], names: Sequence[str], is_stimulus: np.ndarray, controls: set[str]
) -> Iterator[Finding]:
    stimuli, inhibitors = (list(np.array(names, dtype=object)[mask]) for mask in (is_stimulus, ~is_stimulus))
    nothing = f"; with {listed(sorted(controls))} nothing is given" if controls else ""
    yield Finding("ok", f"Stimuli: {listed(stimuli, 12) or 'none'}{nothing}.", "--control NAME, or none")
    remedy = "name the columns TR:NAME:Stimuli or TR:NAME:Inhibitors"
    yield Finding("ok", f"Inhibitors, given before time 0: {listed(inhibitors, 12) or 'none'}.", remedy)
    for column in columns:
        if len(column.parts) > 1:
            yield Finding("ok", f"{column.name} is read as {' with '.join(column.parts)}.", "--separator none")
