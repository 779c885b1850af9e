"""Measurements of the same structure become one compound, with their spread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def merged(kept: pd.DataFrame, describing: Sequence[str], merge: bool = True) -> tuple[pd.DataFrame, np.ndarray]:
    """Compounds of the measurements `kept`, and the number of the compound of each measurement (-1 for none).

    kept: columns smiles, p_activity, relation, row and `describing`. Measured values are averaged, and bounds are set
    aside where there is one; without any, the tightest bound stands. Bounds on both sides give no compound.
    """
    key = kept["smiles"] if merge else pd.Series(np.arange(len(kept)), index=kept.index)
    number, _ = pd.factorize(key)
    groups = kept.assign(number=number)
    measured = groups[groups["relation"] == "="].groupby("number")["p_activity"]
    table = pd.DataFrame({"p_activity": measured.mean(), "relation": "=", "spread": measured.std(ddof=1)})
    table = pd.concat([table, _bounds(groups[~groups["number"].isin(table.index)])]).sort_index()
    first = groups.drop_duplicates("number").set_index("number")
    table.insert(0, "smiles", first["smiles"])
    table["rows"] = pd.Series(_members(groups["row"].to_numpy(), number), dtype=object)
    for column in describing:
        table[column] = _most_frequent(groups, column)
    places = pd.Series(np.arange(len(table)), index=table.index)
    return table.reset_index(drop=True), places.reindex(number, fill_value=-1).to_numpy()


def _members(rows: np.ndarray, number: np.ndarray) -> list[tuple[int, ...]]:
    """The rows of each number, from 0."""
    order = np.argsort(number, kind="stable")
    parts = np.split(rows[order], np.cumsum(np.bincount(number))[:-1]) if len(rows) else []
    return [tuple(part.tolist()) for part in parts]


def _bounds(groups: pd.DataFrame) -> pd.DataFrame:
    """The tightest bound of each compound that has bounds on one side only."""
    sides = {
        relation: groups[groups["relation"] == relation].groupby("number")["p_activity"].agg(tightest)
        for relation, tightest in (("<", "min"), (">", "max"))
    }
    both = sides["<"].index.intersection(sides[">"].index)
    tables = [pd.DataFrame({"p_activity": side, "relation": relation}) for relation, side in sides.items()]
    return pd.concat(tables).drop(index=both).assign(spread=np.nan)


def _most_frequent(groups: pd.DataFrame, column: str) -> pd.Series:
    """The value that most measurements of a compound have; of equally frequent ones the first."""
    counts = groups.groupby(["number", column], sort=False).size().rename("size").reset_index()
    best = counts.sort_values(["number", "size"], ascending=[True, False], kind="stable").drop_duplicates("number")
    return best.set_index("number")[column]
