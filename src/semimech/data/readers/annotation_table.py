"""Annotations of perturbations as a long table: perturbation, target, sign, pathway, and further groups."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from semimech.data.readers.text import read_cells
from semimech.support.errors import UserError

SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
SIGNS = {"-1": -1, "1": 1, "+1": 1, "-": -1, "+": 1, "-1.0": -1, "1.0": 1}
SINGLE = ("kind", "dose_unit")
KNOWN = ("perturbation", "target", "sign", "pathway", *SINGLE)


def is_table(path: Path) -> bool:
    """The file is named as a table."""
    return path.name.casefold().endswith(SUFFIXES)


def read_sections(path: Path) -> dict[str, dict[str, Any]]:
    """The sections that a TOML file would have for each perturbation.

    A row names a perturbation, and a target with its sign (-1 or 1), a pathway, or both; kind and dose_unit may be
    given too. A further column is one more way of grouping perturbations, used as pathways are: `family` = `kinase`
    becomes the pathway `family: kinase`. Raises UserError for missing columns, bad or contradictory signs.
    """
    if not path.is_file():
        raise UserError(f"There is no annotations file {path}: correct the path given to --annotations.")
    table = read_cells(path, header=True)
    table.columns = [str(column).strip() for column in table.columns]
    if "perturbation" not in table or len(table.columns) < 2:
        raise UserError(
            f"{path.name} needs the columns perturbation, and target and sign, or pathway: it has "
            f"{', '.join(table.columns)}."
        )
    if ("target" in table) != ("sign" in table):
        raise UserError(f"{path.name} needs both of the columns target and sign, or neither: add the other.")
    sections: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(table.to_dict("records"), start=2):
        said = {column: text for column, value in row.items() if (text := _text(value))}
        if "perturbation" not in said:
            raise UserError(f"{path.name} line {number} names no perturbation: fill the column.")
        _add(sections.setdefault(said["perturbation"], {"targets": {}, "pathways": []}), said, path, number)
    return sections


def _text(value: Any) -> str:
    if pd.isna(value):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value).strip()


def _add(section: dict[str, Any], said: Mapping[str, str], path: Path, number: int) -> None:
    """Put what one line says into the section of its perturbation."""
    name = said["perturbation"]
    if "target" in said:
        target, sign = said["target"], SIGNS.get(said.get("sign", ""))
        if sign is None:
            given = f"the sign {said['sign']}" if "sign" in said else "no sign"
            raise UserError(f"{path.name} line {number}: the target {target} of {name} has {given}: use -1 or 1.")
        if section["targets"].setdefault(target, sign) != sign:
            raise UserError(f"{path.name} line {number}: the target {target} of {name} has both signs: keep one.")
    groups = [said["pathway"]] if "pathway" in said else []
    groups += [f"{column}: {text}" for column, text in said.items() if column not in KNOWN]
    section["pathways"] += [group for group in groups if group not in section["pathways"]]
    for column in SINGLE:
        if column in said and section.setdefault(column, said[column]) != said[column]:
            raise UserError(f"{path.name} line {number}: {name} has more than one {column}: keep one.")
