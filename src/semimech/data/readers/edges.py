"""Long tables of edges from elsewhere: source, target, and a weight where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from semimech.data.readers.parquet import read_parquet
from semimech.data.readers.text import read_cells
from semimech.support.errors import UserError, listed

PARQUET = ".parquet"


def read_edges(path: Path | str, also: Sequence[str] = ()) -> pd.DataFrame:
    """The columns source, target (text) and weight (1 where the table has none) of a CSV, TSV or Parquet table.

    also: further columns of numbers that are kept where the table has them.

    Raises UserError where the file or a column is missing, a name is empty, or a weight is no finite number.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise UserError(f"There is no edge table {path}: correct the path.")
    table = read_parquet(path) if path.suffix == PARQUET else read_cells(path, header=True)
    missing = [name for name in ("source", "target") if name not in table]
    if missing:
        raise UserError(
            f"{path.name} lacks the column {listed(missing)}: an edge table needs source, target and may have weight; "
            f"its columns are {listed(table.columns, 8)}."
        )
    empty = table[["source", "target"]].isna().any(axis=1).to_numpy()
    if empty.any():
        raise UserError(
            f"{path.name} has an edge without source or target in row {int(empty.argmax()) + 1:,}: fill it."
        )
    edges = table[["source", "target"]].astype(str)
    weight = pd.to_numeric(table["weight"], errors="coerce") if "weight" in table else pd.Series(1.0, table.index)
    bad = ~weight.abs().lt(float("inf")).to_numpy()
    if bad.any():
        row = int(bad.argmax())
        raise UserError(
            f"{path.name} has the weight '{table['weight'].iloc[row]}' in row {row + 1:,}, where a number belongs: "
            "correct it."
        )
    kept = {name: pd.to_numeric(table[name], errors="coerce") for name in also if name in table}
    return edges.assign(weight=weight.astype(float), **kept).reset_index(drop=True)
