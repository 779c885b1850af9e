"""The compounds outside a series, nearest first: which ones a number of outsiders stands for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from semimech.audit.columns import DESCRIBING
from semimech.audit.fingerprints import closeness, morgan
from semimech.audit.focus.division import Ordering
from semimech.audit.table import Bioactivities


def neighbours_of(table: Bioactivities, in_series: np.ndarray, ordering: Ordering = "mean") -> pd.DataFrame:
    """The outsiders by falling Tanimoto similarity to the series (mask), mean or max: the order of the focus curve.

    Columns smiles, p_activity, relation, the describing ones that the table has, mean_similarity, and
    largest_similarity to any compound of the series; index rank, from 1.
    """
    bits = morgan(table)
    outside = np.flatnonzero(~in_series)
    mean, most = closeness(bits[outside], bits[in_series])
    order = np.argsort(-(mean if ordering == "mean" else most), kind="stable")
    named = [column for column in DESCRIBING if column in table.compounds]
    found = table.compounds.iloc[outside[order]][["smiles", "p_activity", "relation", *named]]
    rank = pd.RangeIndex(1, len(order) + 1, name="rank")
    return found.assign(mean_similarity=mean[order], largest_similarity=most[order]).set_index(rank)
