"""One pass over the responses: are the values sound, how many are zero, and does each target itself change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.screen import Screen, check_block
from semimech.support.progress import Monitor, silent

FEW = 5


@dataclass(frozen=True, eq=False)
class Scan:
    """What one pass finds.

    nonzero: values that are not zero. row_totals: sum of each row (rows,). feature_nonzero: rows in which a feature
    is not zero (features,). targets: a row for each perturbation and measured target (see `_own_changes`).
    """

    nonzero: int
    row_totals: np.ndarray
    feature_nonzero: np.ndarray
    targets: pd.DataFrame


@dataclass(frozen=True, eq=False)
class _Pairs:
    """(perturbation, target column) pairs, and for each row that counts for a pair the row and the pair."""

    perturbation: np.ndarray
    column: np.ndarray
    sign: np.ndarray
    rows: np.ndarray
    pair_of_row: np.ndarray


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums filled in place block by block: pairs x batches and, for the controls, batches x target columns."""

    treated: np.ndarray
    treated_squares: np.ndarray
    control: np.ndarray
    control_squares: np.ndarray
    raw_treated: np.ndarray
    raw_control: np.ndarray


def scan(screen: Screen, monitor: Monitor = silent) -> Scan:
    """Read every row once; UserError at the first value that is not finite, or that no raw count can be."""
    n, f = screen.shape
    pairs = _pairs(screen)
    columns, place = np.unique(pairs.column, return_inverse=True)
    n_batches = int(screen.batches.max()) + 1
    sums = _Sums(
        np.zeros((len(pairs.column), n_batches)),
        np.zeros((len(pairs.column), n_batches)),
        np.zeros((n_batches, len(columns))),
        np.zeros((n_batches, len(columns))),
        np.zeros(len(pairs.column)),
        np.zeros(len(columns)),
    )
    totals, present, nonzero = np.zeros(n), np.zeros(f, np.int64), 0
    for start, block in screen.stored_blocks():
        check_block(screen, start, block)
        stop = start + block.shape[0]
        totals[start:stop] = np.asarray(block.sum(1, dtype=np.float64)).ravel()
        filled = block.indices[block.data != 0] if sp.issparse(block) else np.nonzero(block)[1]
        present += np.bincount(filled, minlength=f)
        nonzero += len(filled)
        _add(sums, screen, pairs, columns, start, block, totals[start:stop])
        monitor("reading", stop, n)
    return Scan(nonzero, totals, present, _own_changes(screen, pairs, sums, columns, place))


def _pairs(screen: Screen) -> _Pairs:
    """Rows count for a perturbation where it is given alone; where it never is, all its rows count."""
    column = {name: j for j, name in enumerate(screen.feature_names)}
    listed = [
        (p, column[target], sign)
        for p, perturbation in enumerate(screen.perturbations)
        for target, sign in perturbation.targets.items()
        if target in column
    ]
    perturbation, target, sign = (np.array(part) for part in zip(*listed)) if listed else (np.zeros(0, int),) * 3
    given = sp.coo_array(screen.design)
    alone = np.diff(screen.design.indptr)[given.row] == 1
    ever_alone = np.zeros(len(screen.perturbations), bool)
    ever_alone[given.col[alone]] = True
    counts = alone | ~ever_alone[given.col]
    row, of = given.row[counts], given.col[counts]
    first = np.searchsorted(perturbation, of, "left")
    many = np.searchsorted(perturbation, of, "right") - first
    rows = np.repeat(row, many)
    pair = np.repeat(first - np.r_[0, np.cumsum(many)[:-1]], many) + np.arange(many.sum()) if len(of) else rows
    order = np.argsort(rows, kind="stable")
    return _Pairs(perturbation, target, sign.astype(float), rows[order], pair[order])


def _add(
    sums: _Sums,
    screen: Screen,
    pairs: _Pairs,
    columns: np.ndarray,
    start: int,
    block: Any,
    totals: np.ndarray,
) -> None:
    """Add a block's own-target values of treated rows, and the target columns of control rows."""
    if not columns.size:
        return
    stop = start + block.shape[0]
    here = slice(*np.searchsorted(pairs.rows, (start, stop)))
    rows, pair = pairs.rows[here], pairs.pair_of_row[here]
    raw = np.asarray(block[rows - start, pairs.column[pair]], np.float64).ravel() if rows.size else np.zeros(0)
    values = _normalised(raw, totals[rows - start], screen)
    at = (pair, screen.batches[rows])
    np.add.at(sums.treated, at, values)
    np.add.at(sums.treated_squares, at, values**2)
    np.add.at(sums.raw_treated, pair, raw)
    controls = np.flatnonzero(screen.is_control[start:stop])
    picked = block[controls][:, columns]
    picked = np.asarray(picked.toarray() if sp.issparse(picked) else picked, np.float64)
    values = _normalised(picked, totals[controls][:, None], screen)
    batches = screen.batches[start:stop][controls]
    np.add.at(sums.control, batches, values)
    np.add.at(sums.control_squares, batches, values**2)
    sums.raw_control[:] += picked.sum(0)


def _normalised(values: np.ndarray, totals: np.ndarray, screen: Screen) -> np.ndarray:
    """As `semimech.data.screen.normalise`, for a few columns of rows whose totals are known."""
    if screen.scale != "counts":
        return values
    return np.log1p(values * np.divide(1e4, totals, out=np.zeros_like(totals), where=totals > 0))


def _own_changes(screen: Screen, pairs: _Pairs, sums: _Sums, columns: np.ndarray, place: np.ndarray) -> pd.DataFrame:
    """A row for each perturbation and measured target: rows, effect, z, control_mean, perturbed_mean, expected sign.

    effect and its standard error are those of `effects_of` over all rows; z = effect / standard error, NaN for fewer
    than 5 rows, whose spread says little. The means are on the scale of the file.
    """
    n_batches = sums.treated.shape[1]
    n = np.zeros_like(sums.treated)
    np.add.at(n, (pairs.pair_of_row, screen.batches[pairs.rows]), 1)
    n0 = np.bincount(screen.batches[screen.is_control], minlength=n_batches)[:, None].astype(float)
    total_controls = n0.sum()
    if screen.scale == "log-ratio":
        centre, error0 = np.zeros((n_batches, len(columns))), np.zeros((n_batches, len(columns)))
    else:
        centre = sums.control / np.maximum(n0, 1)
        error0 = np.maximum(sums.control_squares - n0 * centre**2, 0) / np.maximum(n0 - 1, 1) / np.maximum(n0, 1)
        n = np.where(n0.T > 0, n, 0)
    used = n > 0
    centre, error0 = centre[:, place].T, error0[:, place].T
    size = n.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        effect = (np.where(used, sums.treated, 0).sum(1) - (n * centre).sum(1)) / size
        squares = np.where(used, sums.treated_squares - 2 * centre * sums.treated, 0).sum(1) + (n * centre**2).sum(1)
        variance = np.maximum(squares - size * effect**2, 0) / np.where(size > 1, size - 1, np.nan)
        error = np.sqrt(variance / size + ((n / size[:, None]) ** 2 * error0).sum(1))
        z = np.where((error > 0) & (size >= FEW), effect / error, np.nan)
        perturbed = sums.raw_treated / np.bincount(pairs.pair_of_row, minlength=len(size))
    return pd.DataFrame(
        {
            "perturbation": np.array(screen.perturbation_names, dtype=object)[pairs.perturbation],
            "target": np.array(screen.feature_names, dtype=object)[pairs.column],
            "expected": pairs.sign,
            "rows": size.astype(int),
            "effect": effect,
            "z": z,
            "control_mean": sums.raw_control[place] / total_controls if total_controls else np.nan,
            "perturbed_mean": perturbed,
        }
    )
