"""Labels of compounds, from a column of the table or a motif of structure."""

from __future__ import annotations

import numpy as np
import pandas as pd

from semimech.audit.molecules import quiet
from semimech.audit.table import Bioactivities
from semimech.data.readers.dialects import column_of
from semimech.support.errors import UserError
from semimech.support.optional import require


def labels_of(table: Bioactivities, column: str) -> pd.Series:
    """The label of each compound in a column of the source (or a role, such as mechanism): that of most of its rows."""
    if column in table.compounds:
        return table.compounds[column]
    found = column_of(table.measurements, table.columns.get(column, column), "labels").astype("string")
    first = found.groupby(level=0).agg(lambda rows: rows.mode().iloc[0] if rows.notna().any() else pd.NA)
    return first.reindex(range(len(table)))


def motif_labels(table: Bioactivities, smarts: str) -> pd.Series:
    """Whether each compound has the motif: "with" or "without"; UserError where the SMARTS cannot be read.

    >>> motif_labels(table, "NC1(CCC1)c1ccccc1")  # doctest: +SKIP
    """
    chem = require("rdkit.Chem", extra="chem")
    with quiet():
        motif = chem.MolFromSmarts(smarts)
        if motif is None or motif.GetNumAtoms() == 0:
            raise UserError(f"--motif {smarts!r} is no SMARTS that can be read: correct it.")
        has = [chem.MolFromSmiles(text).HasSubstructMatch(motif) for text in table.compounds["smiles"]]
    return pd.Series(np.where(has, "with", "without"))


def default_labels(table: Bioactivities, in_series: np.ndarray | None) -> pd.Series | np.ndarray | None:
    """What mechanisms are compared with where nothing is asked for: the table's own, else the series (mask)."""
    if "mechanism" in table.compounds and table.compounds["mechanism"].nunique() > 1:
        return table.compounds["mechanism"]
    return None if in_series is None else np.where(in_series, "series", "outside")
