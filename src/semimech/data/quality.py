"""Which cells pass quality control, from a column of the table of cells or from outliers."""

from __future__ import annotations

import re

import numpy as np

from semimech.data.screen import Screen
from semimech.support.errors import UserError

GENE_SETS = {"mitochondrial": r"MT-", "ribosomal": r"RP[SL]\d", "haemoglobin": r"HB[ABDEGMQZ]\d?$"}


def quality(screen: Screen, rows: np.ndarray, mads: float = 3.0, column: str | None = None) -> np.ndarray:
    """True for the rows that pass quality control (rows of the screen,); rows that are not asked for pass.

    From `column` of obs (true: passes) where one is given. Else a cell fails whose log counts, log number of genes,
    or share of mitochondrial, ribosomal or haemoglobin counts (where the screen has such genes) lies more than `mads`
    median absolute deviations from the median of the rows. Raises UserError where the column is missing or not
    true/false, where there is none and the screen has no counts, or where every cell, control or treated cell fails.
    """
    rows = np.asarray(rows)
    passes = np.ones(screen.shape[0], bool)
    passes[rows] = _by_outliers(screen, rows, mads) if column is None else _by_column(screen, column)[rows]
    control = screen.is_control[rows]
    for kind, which in (("", np.ones(len(rows), bool)), ("control ", control), ("treated ", ~control)):
        if which.any() and not passes[rows[which]].any():
            where = f"by the column '{column}'" if column else f"at {mads:g} median absolute deviations"
            raise UserError(
                f"All {which.sum():,} {kind}cells fail quality control {where}: correct the column or the limit."
            )
    return passes


def _by_column(screen: Screen, column: str) -> np.ndarray:
    if column not in screen.obs:
        raise UserError(f"The table of cells has no column '{column}' for quality control: name one that it has.")
    values = screen.obs[column].astype(str).str.lower()
    known = values.isin(["true", "false", "1", "0", "1.0", "0.0"])
    if not known.all():
        row = screen.obs.index[int((~known).to_numpy().argmax())]
        raise UserError(f"The column '{column}' has '{values[row]}' for the cell {row}: write true or false.")
    return values.isin(["true", "1", "1.0"]).to_numpy()


def _by_outliers(screen: Screen, rows: np.ndarray, mads: float) -> np.ndarray:
    if screen.scale != "counts":
        raise UserError("Quality control from outliers needs raw counts: name the column that holds it.")
    names = np.asarray(screen.feature_names, dtype=object)
    sets = [np.array([bool(re.match(start, str(n), re.IGNORECASE)) for n in names]) for start in GENE_SETS.values()]
    sets = [chosen for chosen in sets if chosen.any() and not chosen.all()]
    measures = []
    for _, block in screen.blocks(rows):
        total = block.sum(1, dtype=np.float64)
        shares = [block[:, chosen].sum(1) / np.maximum(total, 1) for chosen in sets]
        measures.append(np.stack([np.log1p(total), np.log1p((block > 0).sum(1)), *shares], 1))
    table = np.concatenate(measures)
    middle = np.median(table, 0)
    far = np.abs(table - middle)
    # Few genes, or shares of nothing, have deviations of 0 in most cells: one gene and one part in a hundred count.
    least = np.r_[0.0, np.exp(-middle[1]), np.full(len(sets), 0.01)]
    passes = np.empty(len(rows), bool)
    # Blocks come in the order of the rows of the screen.
    passes[np.argsort(rows, kind="stable")] = (far <= mads * np.maximum(np.median(far, 0), least) + 1e-9).all(1)
    return passes
