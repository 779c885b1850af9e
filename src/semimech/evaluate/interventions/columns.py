"""The values of some cells, feature by feature: sparse stays sparse, and only a block of columns is held at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp

from semimech.data.screen import Screen, normalise

STORED = 60_000_000  # values that are not zero in a block of columns: half a gigabyte


def column_blocks(screen: Screen, rows: np.ndarray, columns: np.ndarray) -> Iterator[tuple[np.ndarray, sp.csc_array]]:
    """Yield (some of the columns, the values of `rows` there on the effect scale, sorted rows x those columns).

    The screen is read once for each block of columns, block of rows by block of rows.
    """
    rows, columns = np.sort(np.asarray(rows)), np.asarray(columns)
    filled = _filled(screen, rows)
    parts = max(1, -(-int(filled * len(columns)) // (STORED * screen.shape[1])))
    for some in np.array_split(columns, min(parts, max(len(columns), 1))):
        if len(some):
            yield some, sp.csc_array(sp.vstack(list(_pieces(screen, rows, some)), format="csc"))


def _filled(screen: Screen, rows: np.ndarray) -> int:
    """About how many values of the rows are stored."""
    if sp.issparse(screen.responses):
        return int(screen.responses.nnz * (len(rows) / screen.shape[0]))
    return len(rows) * screen.shape[1]


def _pieces(screen: Screen, rows: np.ndarray, columns: np.ndarray) -> Iterator[sp.csr_array]:
    """The rows in order, a block at a time."""
    for start, block in screen.stored_blocks():
        here = rows[slice(*np.searchsorted(rows, [start, start + block.shape[0]]))] - start
        if not here.size:
            continue
        if not sp.issparse(block):
            yield sp.csr_array(normalise(np.asarray(block)[here].astype(np.float32), screen.scale)[:, columns])
            continue
        picked = sp.csr_array(block)[here].astype(np.float32)
        yield _normalised(picked, screen)[:, columns]


def _normalised(block: sp.csr_array, screen: Screen) -> sp.csr_array:
    """As `semimech.data.screen.normalise`, without filling the zeros."""
    if screen.scale != "counts":
        return block
    total = np.asarray(block.sum(1, dtype=np.float64)).ravel()
    factor = np.divide(1e4, total, out=np.zeros_like(total), where=total > 0).astype(np.float32)
    scaled = block.data * np.repeat(factor, np.diff(block.indptr))
    return sp.csr_array((np.log1p(scaled), block.indices, block.indptr), shape=block.shape)
