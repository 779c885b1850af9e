"""Networks from files: long tables of edges, or a matrix with a row for each target, as BEELINE and CellBox.jl have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from semimech.data.network import Network
from semimech.data.readers.edges import PARQUET, read_edges
from semimech.data.readers.text import numbers, read_cells
from semimech.support.errors import UserError, listed


def read_topology(path: Path | str) -> Network:
    """The network of a table source, target, weight, or of a matrix: first column the targets, the others the sources.

    The rows of a matrix are put in the order of its columns, by name; its entries are weights, 0 where there is no
    edge. Raises UserError where the file is missing, rows and columns name different nodes, or a value is no number.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise UserError(f"There is no network file {path}: correct the path.")
    table = None if path.suffix == PARQUET else read_cells(path, header=True)
    if table is not None and not {"source", "target"} & set(table.columns):
        return _from_matrix(table, path.name)
    edges = read_edges(path)
    return Network(tuple(pd.unique(edges[["source", "target"]].to_numpy().ravel())), edges)


def _from_matrix(table: pd.DataFrame, name: str) -> Network:
    targets, nodes = table.iloc[:, 0].astype(str), [str(column) for column in table.columns[1:]]
    twice = targets[targets.duplicated()]
    if len(twice):
        raise UserError(f"{name} has two rows for {twice.iloc[0]}: merge them.")
    unmatched = sorted(set(targets) ^ set(nodes))
    if unmatched:
        where = "a row but no column" if unmatched[0] in set(targets) else "a column but no row"
        raise UserError(
            f"{name} has {where} for {listed(unmatched)}: give a matrix whose rows and columns name the same nodes, "
            "or a table source, target, weight."
        )
    weights = numbers(table.iloc[:, 1:].set_axis(nodes, axis=1), name).astype(float)
    if not np.isfinite(weights).all():
        row, column = np.argwhere(~np.isfinite(weights))[0]
        raise UserError(f"{name} has no finite weight for {nodes[column]} -> {targets[row]}: fill it, 0 for no edge.")
    index = {target: row for row, target in enumerate(targets)}
    return Network.from_matrix(weights[[index[node] for node in nodes]], nodes)
