"""Cells x genes in CSV, TSV (plain or gzip) or Parquet, with a label column."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from semimech.data.findings import Finding
from semimech.data.options import NONE, ReadOptions
from semimech.data.readers.dialects import LABEL_WORDS, column_of
from semimech.data.readers.labelled import DOSE_COLUMNS, KNOWN_COLUMNS, LABELLED, Table, screen_of
from semimech.data.readers.parquet import read_parquet
from semimech.data.readers.reading import Reading
from semimech.data.readers.text import numbers, read_cells
from semimech.support.errors import UserError, listed

PARQUET = b"PAR1"
# What pipelines write about each cell beside its genes, in lower case with _ for every other mark.
QUALITY_COLUMNS = (
    "n_genes", "n_gene", "n_counts", "n_count", "n_umi", "n_umis", "n_cells", "ngenes", "ngene", "ncounts", "numi",
    "n_genes_by_counts", "total_counts", "log1p_total_counts", "log1p_n_genes_by_counts", "total_counts_mt",
    "total_counts_ribo", "pct_counts_mt", "pct_counts_ribo", "pct_mito", "pct_mt", "percent_mito", "percent_mt",
    "percent_ribo", "percent_rb", "mito_frac", "mt_frac", "ncount_rna", "nfeature_rna", "umi_count", "gene_count",
    "guide_umi", "n_guides", "num_guides", "number_of_guides", "nperts", "top_frac", "size_factor", "size_factors",
    "s_score", "g2m_score", "doublet_score", "louvain", "leiden", "seurat_clusters",
)  # fmt: skip
QUALITY_MARKS = re.compile(r"[^a-z0-9]+")


def read_table(path: Path, options: ReadOptions) -> Reading:
    """Read a table whose numeric columns are features, and whose other columns describe the rows.

    Raises UserError naming row and column where the table is ragged, or words stand among numbers.
    """
    options.refuse_all_but(LABELLED - {"layer", "gene_names", "backed"}, "a table")
    frame = read_parquet(path) if path.open("rb").read(4) == PARQUET else read_cells(path, header=True)
    frame.columns = frame.columns.astype(str)
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise UserError(f"{path.name} has the column '{twice}' more than once: make the column names unique.")
    frame, findings = _with_row_names(frame, path, options)
    described, told = _descriptions(frame, path, options)
    features = [c for c in frame.columns if c not in described]
    if not features:
        raise UserError(f"{path.name} has no column of numbers: features must be columns, one row a cell or condition.")
    responses = numbers(frame[features], path.name)
    name = path.name.split(".")[0]
    table = Table(responses, frame[described], pd.DataFrame(index=pd.Index(features)), name, (*findings, *told))
    return screen_of(table, options)


def _asked(options: ReadOptions) -> set[str]:
    """The columns that options name."""
    described = [] if options.describe == (NONE,) else options.describe
    asked = (options.label, options.dose, options.targets, options.pathways, *described)
    return {name for name in (*asked, *(getattr(options, c) for c in KNOWN_COLUMNS)) if name}


def _with_row_names(frame: pd.DataFrame, path: Path, options: ReadOptions) -> tuple[pd.DataFrame, list[Finding]]:
    """Rows are named by the table's index, by an unnamed first column, or by the first column of distinct words."""
    if not isinstance(frame.index, pd.RangeIndex):
        return frame, []
    texts = [c for c in frame.columns if not pd.api.types.is_numeric_dtype(frame[c]) and c not in _asked(options)]
    for column in frame.columns:
        unnamed = column.startswith("Unnamed: ") and column == frame.columns[0]
        # Labels are no row names, though they are distinct where each label has one row.
        label = column.casefold() in LABEL_WORDS or (options.label is None and texts == [column])
        if (unnamed or (column in texts and not label)) and frame[column].notna().all():
            distinct = frame[column].nunique()
            if distinct == len(frame) or unnamed:
                named = frame.set_index(column, drop=unnamed).rename_axis(index=None)
                return named, [Finding("ok", f"Rows are named by the column '{column}'.")]
            if column == frame.columns[0] and len(frame) > 20 and distinct > 0.9 * len(frame):
                twice = frame[column][frame[column].duplicated()].iloc[0]
                raise UserError(
                    f"{path.name} names rows by the column '{column}', where '{twice}' stands more than once: "
                    "make the names unique."
                )
    return frame.set_axis([f"row {i + 1}" for i in range(len(frame))]), []


def _descriptions(frame: pd.DataFrame, path: Path, options: ReadOptions) -> tuple[list[str], list[Finding]]:
    """The columns that describe rows: words, or numbers under a name such as batch, dose or n_counts."""
    quality = () if options.describe == (NONE,) else QUALITY_COLUMNS
    for name in options.describe if quality else ():
        column_of(frame, name, "describe")
    names = {name for names in KNOWN_COLUMNS.values() for name in names} | set(DOSE_COLUMNS)
    described, found = [], []
    for column in frame.columns:
        is_number = pd.api.types.is_numeric_dtype(frame[column]) and not pd.api.types.is_bool_dtype(frame[column])
        if column in _asked(options) or column in names:
            described.append(column)
        elif is_number and QUALITY_MARKS.sub("_", column.casefold()) in quality:
            described.append(column)
            found.append(column)
        elif not is_number:
            _check_words(frame[column], path)
            described.append(column)
    if not found:
        return described, []
    sentence = f"Columns of numbers that describe rows, and are no features: {listed(found)}."
    return described, [Finding("ok", sentence, "--describe COLUMN names more of them; --describe none, if features")]


def _check_words(column: pd.Series, path: Path) -> None:
    """A column mostly of numbers is a feature: the words in it are mistakes."""
    values = pd.to_numeric(column.astype(object), errors="coerce")
    bad = (values.isna() & column.notna()).to_numpy()
    if bad.any() and bad.mean() < 0.5:
        where = np.flatnonzero(bad)
        words = listed(sorted({repr(str(word)) for word in column.iloc[where].unique()}), 3)
        raise UserError(
            f"{path.name} column '{column.name}' holds {words} in row {column.index[where[0]]} "
            f"(row {where[0] + 1:,}), where a number belongs: correct the value."
        )
