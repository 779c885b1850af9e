"""The names of the features of an AnnData: the index of var, or a column of symbols that fits the labels better."""

from __future__ import annotations

import pandas as pd

from semimech.data.findings import Finding
from semimech.data.options import ReadOptions
from semimech.data.readers.dialects import BETWEEN
from semimech.support.errors import UserError, listed

SYMBOL_COLUMNS = ("gene_name", "gene_names", "gene_symbol", "gene_symbols", "symbol", "feature_name", "gene")
INDEX = "index"


def named_features(
    var: pd.DataFrame, obs: pd.DataFrame, options: ReadOptions
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """`var` indexed by the names to use, and what was guessed; UserError where names asked for repeat or are absent.

    Symbols are taken where the words of obs name more of them than of the index. A symbol that stands for several
    features gets the feature's own identifier added.
    """
    var = var.set_axis(var.index.astype(str))
    if options.gene_names is not None:
        if options.gene_names == INDEX:
            return var, ()
        if options.gene_names not in var:
            there = listed([INDEX, *var.columns], 12)
            raise UserError(f"var has no column '{options.gene_names}' of gene names: use one of {there}.")
        return var.set_index(var[options.gene_names].astype(str).rename(None)), ()
    words = {
        word
        for column in obs.columns
        if not pd.api.types.is_numeric_dtype(obs[column]) and obs[column].nunique() < max(2, len(obs) // 2)
        for label in obs[column].dropna().unique()
        for word in (str(label), *BETWEEN.split(str(label)))
    }
    best = max(
        (column for column in SYMBOL_COLUMNS if column in var),
        key=lambda column: len(words & set(var[column].astype(str))),
        default=None,
    )
    if best is None or len(words & set(var[best].astype(str))) <= len(words & set(var.index)):
        return var, ()
    names = var[best].astype(str)
    twice = names.duplicated(keep=False).to_numpy()
    unique = names.where(~twice, names + " (" + var.index + ")")
    sentence = f"Features are named by the column '{best}' of var"
    if twice.any():
        sentence += f"; {twice.sum():,} that share a symbol keep their identifier beside it"
    return var.set_index(unique.rename(None)), (Finding("ok", sentence + ".", "--gene-names COLUMN, or index"),)
