"""Tables of pairs that are known: OmniPath, TRRUST, ChIP-seq target sets, and long tables of any other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from semimech.data.readers.edges import PARQUET
from semimech.data.readers.parquet import read_parquet
from semimech.data.readers.text import read_cells
from semimech.support.errors import UserError, listed

TRRUST = {"tf": "source", "target": "target", "mor": "weight"}
OMNIPATH = ("is_directed", "is_stimulation", "is_inhibition")


@dataclass(frozen=True, eq=False)
class KnownPairs:
    """name: of the file; pairs: columns source, target, weight (the sign, 0 where it is not known); directed."""

    name: str
    pairs: pd.DataFrame
    directed: bool


def read_known_pairs(path: Path | str, *, directed: bool | None = None) -> KnownPairs:
    """The pairs of OmniPath (its directed rows), TRRUST, a JSON of {"TF CELL": [targets]}, or any long table.

    A long table needs source and target, and may have sign or weight. directed: not given, true but where a table
    has a column is_directed that is never true. Raises UserError where the file or a column is missing.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise UserError(f"There is no table of known pairs {path}: correct the path.")
    if path.suffix == ".json":
        return KnownPairs(path.name, _target_sets(path), directed is not False)
    table = read_parquet(path) if path.suffix == PARQUET else read_cells(path, header=True)
    table = table.rename(columns=TRRUST) if set(TRRUST) <= set(table.columns) else table
    missing = [name for name in ("source", "target") if name not in table]
    if missing:
        raise UserError(
            f"{path.name} lacks the column {listed(missing)}: a table of known pairs needs source and target; its "
            f"columns are {listed(table.columns, 8)}."
        )
    if "is_directed" in table:
        some = table["is_directed"].astype(bool)
        directed = bool(some.any()) if directed is None else directed
        table = table[some] if directed else table
    pairs = table[["source", "target"]].astype(str).assign(weight=_signs(table))
    return KnownPairs(
        path.name, pairs.drop_duplicates(["source", "target"]).reset_index(drop=True), directed is not False
    )


def _signs(table: pd.DataFrame) -> pd.Series:
    if set(OMNIPATH) <= set(table.columns):
        return table["is_stimulation"].astype(float) - table["is_inhibition"].astype(float)
    named = next((name for name in ("sign", "weight") if name in table), None)
    if named is None:
        return pd.Series(0.0, table.index)
    return pd.to_numeric(table[named], errors="coerce").fillna(0.0)


def _target_sets(path: Path) -> pd.DataFrame:
    """{"TF CELL": [targets]}: the first word is the factor."""
    try:
        sets = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError):
        raise UserError(f"{path.name} is no valid JSON: fetch it again.") from None
    if not isinstance(sets, dict) or not all(isinstance(targets, list) for targets in sets.values()):
        raise UserError(f'{path.name} is no JSON of target sets: write {{"TF CELL": ["TARGET", ...]}}.')
    rows = [(name.split()[0], str(target)) for name, targets in sets.items() if name.split() for target in targets]
    return pd.DataFrame(rows, columns=["source", "target"]).drop_duplicates().assign(weight=0.0).reset_index(drop=True)
