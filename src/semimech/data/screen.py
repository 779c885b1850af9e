"""The one data type: what was measured, in which condition, and how it is to be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, get_args

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Condition, Perturbation
from semimech.data.network import Network
from semimech.data.scale import Scale
from semimech.support.errors import UserError, listed

ROLES = ("molecule", "phenotype", "input")
CONTEXT_COLUMNS = ("context", "medium", "time")
BLOCK_BYTES = 64 * 2**20


@dataclass(frozen=True, eq=False)
class Screen:
    """A perturbation screen, validated when it is made.

    responses: rows x features; a dense array, a sparse matrix, or an array on disk (backed); never densified whole.
    design: rows x perturbations, signed doses, sparse; a row of zeros is a control.
    features: table indexed by feature name; column `role` is molecule, phenotype or input (drug activity).
    obs: table indexed by row name; known columns are batch, replicate, time, medium, context (others are kept).
    scale: 'counts' (raw), 'log-normalised' (log1p of normalised counts) or 'log-ratio' (to untreated).
    truth: the network that generated a simulated screen, else None.
    Raises UserError naming the row or column where shapes disagree, names repeat, or values are not finite.
    """

    responses: Any
    design: sp.csr_array
    perturbations: tuple[Perturbation, ...]
    features: pd.DataFrame
    obs: pd.DataFrame
    scale: Scale
    name: str = "screen"
    truth: Network | None = None
    _effects: dict[Any, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        design = sp.csr_array(self.design, dtype=np.float32)
        design.eliminate_zeros()
        design.sort_indices()
        features = self.features if "role" in self.features else self.features.assign(role="molecule")
        object.__setattr__(self, "design", design)
        object.__setattr__(self, "perturbations", tuple(self.perturbations))
        object.__setattr__(self, "features", features.set_axis(features.index.astype(str)))
        object.__setattr__(self, "obs", self.obs.set_axis(self.obs.index.astype(str)))
        _check_shapes(self)
        _check_names(self)
        if not self.is_backed:
            check_values(self)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and features."""
        return int(self.responses.shape[0]), int(self.responses.shape[1])

    @property
    def is_backed(self) -> bool:
        """The responses are read from disk block by block."""
        return not (isinstance(self.responses, np.ndarray) or sp.issparse(self.responses))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Features in the order of the columns of `responses`."""
        return tuple(self.features.index)

    @property
    def perturbation_names(self) -> tuple[str, ...]:
        """Perturbations in the order of the columns of `design`."""
        return tuple(perturbation.name for perturbation in self.perturbations)

    @cached_property
    def is_control(self) -> np.ndarray:
        """True for the rows in which nothing was given (rows,)."""
        return np.diff(self.design.indptr) == 0

    @cached_property
    def contexts(self) -> np.ndarray:
        """The context of each row as text, '' where the screen has only one (rows,)."""
        columns = [c for c in CONTEXT_COLUMNS if c in self.obs and self.obs[c].nunique() > 1]
        if not columns:
            return np.full(self.shape[0], "", dtype=object)
        parts = [(f"{c} " if c == "time" else "") + self.obs[c].astype(str) for c in columns]
        return parts[0].str.cat(parts[1:], sep=", ").to_numpy(object)

    @cached_property
    def batches(self) -> np.ndarray:
        """The batch of each row within its context, as integer codes (rows,)."""
        batch = self.obs["batch"].astype(str) if "batch" in self.obs else pd.Series("", index=self.obs.index)
        return pd.factorize(batch.to_numpy(object) + "\x1f" + self.contexts)[0]

    @cached_property
    def _grouped(self) -> tuple[tuple[Condition, ...], np.ndarray]:
        names, indptr = self.perturbation_names, self.design.indptr
        indices, doses, contexts = self.design.indices, self.design.data, self.contexts
        seen: dict[tuple[bytes, bytes, str], int] = {}
        conditions: list[Condition] = []
        codes = np.empty(self.shape[0], np.int64)
        for row in range(self.shape[0]):
            part = slice(indptr[row], indptr[row + 1])
            key = (indices[part].tobytes(), doses[part].tobytes(), contexts[row])
            if key not in seen:
                seen[key] = len(conditions)
                given = tuple((names[j], float(f"{d:.6g}")) for j, d in zip(indices[part], doses[part], strict=True))
                conditions.append(Condition(given, contexts[row]))
            codes[row] = seen[key]
        return tuple(conditions), codes

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The distinct conditions in order of appearance, controls included."""
        return self._grouped[0]

    @property
    def condition_codes(self) -> np.ndarray:
        """For each row the index of its condition in `conditions` (rows,)."""
        return self._grouped[1]

    @property
    def default_doses(self) -> dict[str, float]:
        """For each perturbation the median of the doses it was given at."""
        columns = self.design.tocsc()
        parts = [columns.data[columns.indptr[j] : columns.indptr[j + 1]] for j in range(columns.shape[1])]
        return {
            name: float(f"{np.median(part):.6g}") if part.size else 1.0
            for name, part in zip(self.perturbation_names, parts, strict=True)
        }

    def blocks(self, rows: np.ndarray | None = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield (row numbers, dense float32 block) over all rows or the given ones, about 64 MB at a time."""
        n, f = self.shape
        wanted = np.arange(n) if rows is None else np.sort(np.asarray(rows))
        step = max(1, BLOCK_BYTES // (4 * max(f, 1)))
        for start in range(0, n, step):
            stop = min(start + step, n)
            here = wanted[np.searchsorted(wanted, start) : np.searchsorted(wanted, stop)]
            if here.size:
                block = _rows_between(self.responses, start, stop)
                picked = block if here.size == stop - start else block[here - start]
                dense = picked.toarray() if sp.issparse(picked) else np.asarray(picked)
                yield here, dense.astype(np.float32, copy=False)

    def stored_blocks(self) -> Iterator[tuple[int, Any]]:
        """Yield (number of the first row, rows as they are stored, dense or sparse), about 64 MB at a time if dense."""
        n, f = self.shape
        step = max(1, BLOCK_BYTES // (4 * max(f, 1)))
        for start in range(0, n, step):
            yield start, _rows_between(self.responses, start, min(start + step, n))

    def take(self, rows: np.ndarray) -> Screen:
        """The screen with only the given rows (a mask or row numbers); backed responses are read into memory."""
        rows = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows)
        responses = self.responses[np.sort(rows)] if self.is_backed else self.responses[rows]
        if self.is_backed:
            rows = np.sort(rows)
        return replace(self, responses=responses, design=self.design[rows], obs=self.obs.iloc[rows], _effects={})


def _rows_between(matrix: Any, start: int, stop: int) -> Any:
    """matrix[start:stop], sharing memory where scipy's own slice of a CSR matrix would copy."""
    if not (sp.issparse(matrix) and matrix.format == "csr"):
        return matrix[start:stop]
    pointers = matrix.indptr[start : stop + 1]
    part = slice(pointers[0], pointers[-1])
    shape = (stop - start, matrix.shape[1])
    return sp.csr_array((matrix.data[part], matrix.indices[part], pointers - pointers[0]), shape=shape)


def normalise(block: np.ndarray, scale: Scale) -> np.ndarray:
    """Bring a dense block to the scale on which effects are measured (rows x features).

    counts: log(1 + 1e4 x / sum(x)) for each row; the other scales are taken as they are.
    """
    if scale != "counts":
        return block
    total = block.sum(1, keepdims=True, dtype=np.float64)
    factor = np.divide(1e4, total, out=np.zeros_like(total), where=total > 0)
    return np.log1p(block * factor.astype(np.float32))


def check_values(screen: Screen) -> None:
    """Raise UserError at the first value that is not finite, or that no raw count can be."""
    for start, block in screen.stored_blocks():
        check_block(screen, start, block)


def check_block(screen: Screen, start: int, block: Any) -> None:
    """As `check_values`, for the stored values of the rows from `start` on."""
    stored = np.asarray(block.data if sp.issparse(block) else block)
    bad = ~np.isfinite(stored)
    if bad.any():
        place, value = _first(screen, start, block, bad)
        raise UserError(
            f"The value of {place} is {value}; {int(bad.sum()):,} such values were found: remove the rows or impute "
            "the values."
        )
    if screen.scale == "counts":
        bad = (stored < 0) | (stored != np.floor(stored))
        if bad.any():
            place, value = _first(screen, start, block, bad)
            what = "negative" if value < 0 else "fractional"
            raise UserError(
                f"The 'count' of {place} is {what} ({value:.4g}): give raw counts, or say --scale log-normalised or "
                "--scale log-ratio."
            )


def _first(screen: Screen, start: int, block: Any, bad: np.ndarray) -> tuple[str, float]:
    """Where in words, and which value, the first bad stored value of a block is."""
    if sp.issparse(block):
        k = int(np.flatnonzero(bad)[0])
        i, j, value = int(np.searchsorted(block.indptr, k, "right")) - 1, int(block.indices[k]), block.data[k]
    else:
        i, j = (int(number) for number in np.argwhere(bad)[0])
        value = block[i, j]
    row = start + i
    return f"{screen.feature_names[j]} in row {screen.obs.index[row]} (row {row + 1:,})", float(value)


def _check_shapes(screen: Screen) -> None:
    n, f = screen.shape
    if n == 0 or f == 0:
        raise UserError(f"The screen has {n} rows and {f} features: there is nothing to learn from.")
    sizes = {
        "design rows": (screen.design.shape[0], n),
        "obs rows": (len(screen.obs), n),
        "design columns": (screen.design.shape[1], len(screen.perturbations)),
        "feature names": (len(screen.features), f),
    }
    for what, (have, need) in sizes.items():
        if have != need:
            raise UserError(f"The screen has {have:,} {what} where {need:,} are needed: make the tables agree.")
    if screen.scale not in get_args(Scale):
        raise UserError(f"The scale '{screen.scale}' is unknown: use one of {', '.join(get_args(Scale))}.")


def _check_names(screen: Screen) -> None:
    for what, names in (
        ("feature", screen.features.index),
        ("row (cell or condition)", screen.obs.index),
        ("perturbation", pd.Index(screen.perturbation_names)),
    ):
        twice = names[names.duplicated()].unique()
        if len(twice):
            raise UserError(f"The {what} name {listed(twice, 3)} stands more than once: make the names unique.")
    roles = set(screen.features["role"]) - set(ROLES)
    if roles:
        raise UserError(f"The role {listed(sorted(map(str, roles)))} is unknown: use one of {', '.join(ROLES)}.")
    if not np.isfinite(screen.design.data).all():
        row = int(np.searchsorted(screen.design.indptr, np.flatnonzero(~np.isfinite(screen.design.data))[0], "right"))
        raise UserError(f"The design has a dose that is not finite in row {row:,}: correct the dose.")
