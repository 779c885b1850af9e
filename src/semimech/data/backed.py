"""Rows of a matrix in an HDF5 file or a zarr folder, dense or sparse by rows, read when asked for and never whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from semimech.support.errors import UserError

if TYPE_CHECKING:
    import h5py

SPAN_ROWS = 4096
ZARR = (".zgroup", "zarr.json")  # what a zarr group holds, by the version of its format


def is_zarr(path: Path) -> bool:
    """The folder is a zarr group."""
    return any((path / name).is_file() for name in ZARR)


@contextmanager
def open_stored(path: Path) -> Iterator[h5py.Group]:
    """Open an HDF5 file, or a zarr folder, whose groups read alike; what can be wrong becomes one sentence."""
    if not path.is_dir():
        with open_h5(path) as file:
            yield file
        return
    import zarr

    try:
        group: Any = zarr.open_group(path, mode="r")
        yield group
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        what = str(error).strip("'\"").splitlines()[0][:160]
        raise UserError(
            f"{path.name} cannot be read as zarr ({what}): it is damaged or not whole; fetch or write it again."
        ) from error


def is_dense(item: Any) -> bool:
    """An array, not a group of the parts of a sparse matrix."""
    return hasattr(item, "ndim")


@contextmanager
def open_h5(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file to read; what can be wrong with it becomes one sentence."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, RuntimeError, KeyError) as error:
        what = str(error).strip("'\"").splitlines()[0][:160]
        raise UserError(
            f"{path.name} cannot be read as HDF5 ({what}): it is truncated or damaged; fetch or write it again."
        ) from error


@dataclass(frozen=True, eq=False)
class MatrixOnDisk:
    """A matrix (rows x columns) in an HDF5 file or a zarr folder, of which `rows` are seen; all where None.

    Slices and ascending row numbers give dense arrays or sparse CSR arrays. The file is opened for each read, so
    that none stays open.
    """

    path: Path
    key: str
    full_shape: tuple[int, int]
    dtype: np.dtype
    is_sparse: bool
    rows: np.ndarray | None = None
    starts: np.ndarray = field(default_factory=lambda: np.zeros(1, np.int64), repr=False)

    @classmethod
    def at(cls, path: Path, key: str) -> MatrixOnDisk:
        """The dense dataset or the CSR group at `key`; UserError where it is neither."""
        with open_stored(path) as file:
            item: Any = file[key]
            if is_dense(item):
                if item.ndim != 2 or item.dtype.kind not in "fiub":
                    raise UserError(f"{key} of {path.name} is no matrix of numbers: name another with --layer.")
                return cls(path, key, (item.shape[0], item.shape[1]), item.dtype, False)
            shape = item.attrs.get("shape", item.attrs.get("h5sparse_shape"))
            if stored_by(item) != "rows" or shape is None:
                raise UserError(f"{key} of {path.name} is not stored by rows: read it with --no-backed.")
            starts = item["indptr"][:]
            if len(starts) != shape[0] + 1 or starts[0] != 0 or (np.diff(starts) < 0).any():
                raise UserError(
                    f"{key} of {path.name} has row pointers that do not fit: it is damaged; write it again."
                )
            return cls(path, key, (int(shape[0]), int(shape[1])), item["data"].dtype, True, None, starts)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows seen and columns."""
        return (self.full_shape[0] if self.rows is None else len(self.rows)), self.full_shape[1]

    def only(self, rows: np.ndarray) -> MatrixOnDisk:
        """The same matrix with only the rows of a mask."""
        numbers = np.flatnonzero(rows)
        return replace(self, rows=numbers if self.rows is None else self.rows[numbers])

    def __getitem__(self, wanted: slice | np.ndarray) -> np.ndarray | sp.csr_array:
        numbers = self._numbers(wanted)
        with open_stored(self.path) as file:
            item = file[self.key]
            parts = [self._span(item, part) for part in _near(numbers)]
        if not parts:
            empty = (0, self.shape[1])
            return sp.csr_array(empty, dtype=self.dtype) if self.is_sparse else np.zeros(empty, self.dtype)
        if len(parts) == 1:
            return parts[0]
        return sp.csr_array(sp.vstack(parts, format="csr")) if self.is_sparse else np.concatenate(parts)

    def _numbers(self, wanted: slice | np.ndarray) -> np.ndarray:
        if isinstance(wanted, slice) and self.rows is None:
            return np.arange(*wanted.indices(self.shape[0]))
        return np.asarray(wanted) if self.rows is None else self.rows[wanted]

    def _span(self, item: Any, numbers: np.ndarray) -> np.ndarray | sp.csr_array:
        """Read from the first to the last of the given rows at once, then keep those wanted."""
        first, last = int(numbers[0]), int(numbers[-1]) + 1
        inside = slice(None) if last - first == len(numbers) else numbers - first
        if not self.is_sparse:
            return item[first:last][inside]
        begin, end = int(self.starts[first]), int(self.starts[last])
        columns = item["indices"][begin:end]
        if columns.size and not 0 <= columns.min() <= columns.max() < self.shape[1]:
            raise UserError(f"{self.key} of {self.path.name} names columns it has not: it is damaged; write it again.")
        pointers = self.starts[first : last + 1] - begin
        return sp.csr_array((item["data"][begin:end], columns, pointers), shape=(last - first, self.shape[1]))[inside]


def stored_by(group: h5py.Group) -> str:
    """'rows' or 'columns' of a sparse matrix on disk, 'unknown' where neither is said."""
    encoding = group.attrs.get("encoding-type", group.attrs.get("h5sparse_format", ""))
    text = encoding.decode() if isinstance(encoding, bytes) else str(encoding)
    return {"csr": "rows", "csc": "columns"}.get(text.removesuffix("_matrix"), "unknown")


def _near(numbers: np.ndarray) -> list[np.ndarray]:
    """Cut ascending row numbers where the gap or the span becomes too wide to be read at once."""
    if not numbers.size:
        return []
    if numbers[-1] - numbers[0] + 1 == len(numbers):
        return [numbers]
    cuts = np.flatnonzero((np.diff(numbers) > 256) | (np.diff(numbers // SPAN_ROWS) > 0)) + 1
    return np.split(numbers, cuts)
