"""Costs of conditions and descriptions of perturbations, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from semimech.data.condition import Condition
from semimech.data.readers.edges import read_edges
from semimech.data.readers.parquet import read_parquet
from semimech.data.readers.text import numbers, read_cells
from semimech.models.scm.kinship import shared_neighbours
from semimech.support.errors import UserError, listed


def costs_of(path: Path | str, candidates: Sequence[Condition]) -> np.ndarray:
    """Cost of each candidate (candidates,): its own line, else the sum of those of its perturbations.

    The table has a column of names, of conditions or perturbations, and the column cost. Raises UserError for names
    that stand twice, costs that are not above 0, and candidates whose cost does not follow.
    """
    path = Path(path)
    table = _named(path)
    if "cost" not in table:
        raise UserError(f"{path.name} has no column 'cost': give a table with the columns name and cost.")
    values = numbers(table[["cost"]], path.name)[:, 0].astype(float)
    for name, value in zip(table.index, values, strict=True):
        if not (np.isfinite(value) and value > 0):
            raise UserError(f"{path.name}: the cost of {name} is {value:g}: give a number above 0.")
    known = dict(zip(table.index, values, strict=True))
    missing = [name for c in candidates if c.label not in known for name in c.names if name not in known]
    if missing:
        raise UserError(f"{path.name} has no cost of {listed(dict.fromkeys(missing))}: add a line for each.")
    return np.array([known.get(c.label) or sum(known[name] for name in c.names) for c in candidates])


def features_of(path: Path | str, perturbations: Sequence[str]) -> dict[str, np.ndarray]:
    """Vectors that describe perturbations: a table of numbers by name, or an edge table (columns source, target).

    Of an edge table the vectors have the inner products of `models.scm.kinship.shared_neighbours`. Raises UserError
    where the table names none of the perturbations, or a number is missing.
    """
    path = Path(path)
    header = _columns(path)
    if {"source", "target"} <= set(header):
        edges = read_edges(path)
        listed_nodes = {*edges["source"], *edges["target"]}
        names = [name for name in perturbations if name in listed_nodes]
        vectors = _roots(shared_neighbours(edges, names)) if names else np.zeros((0, 0))
    else:
        table = _named(path)
        names = [name for name in perturbations if name in table.index]
        vectors = numbers(table.loc[names], path.name).astype(float)
        if not np.isfinite(vectors).all():
            row = int(np.flatnonzero(~np.isfinite(vectors).all(1))[0])
            raise UserError(
                f"{path.name} has no number in a column of {names[row]}: fill it in, or leave the line out."
            )
    if not names:
        raise UserError(
            f"{path.name} names none of the perturbations ({listed(perturbations)}): give a table whose first column "
            "has their names, or an edge table with the columns source and target."
        )
    return dict(zip(names, vectors, strict=True))


def _roots(kernel: np.ndarray) -> np.ndarray:
    """Rows whose inner products are the kernel."""
    sizes, axes = np.linalg.eigh(kernel)
    return axes * np.sqrt(np.maximum(sizes, 0))


def _columns(path: Path) -> list[str]:
    _require(path)
    return [str(name) for name in _cells(path).columns]


def _named(path: Path) -> pd.DataFrame:
    """The table by the names in its first column; UserError where a name stands twice."""
    _require(path)
    table = _cells(path)
    table = table.set_index(table.columns[0])
    table.index = table.index.map(str)
    twice = table.index[table.index.duplicated()].unique()
    if len(twice):
        raise UserError(f"{path.name} names {listed(twice)} more than once: give each name one line.")
    return table


def _cells(path: Path) -> pd.DataFrame:
    return read_parquet(path) if path.suffix == ".parquet" else read_cells(path, header=True)


def _require(path: Path) -> None:
    if not path.is_file():
        raise UserError(f"There is no file {path}: correct the path.")
