"""Simulated screens on disk: rows written in blocks as they are made, and the truth beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.anndata import write_h5ad
from semimech.data.backed import open_h5
from semimech.data.screen import Screen
from semimech.support import keys
from semimech.support.errors import UserError
from semimech.support.files import replacing

if TYPE_CHECKING:
    import h5py

CHUNK_VALUES = 2**17
COMPRESSION = {"compression": "gzip", "compression_opts": 1}


@dataclass(frozen=True, eq=False)
class Truth:
    """What a simulation knows of its screen beside the network; the slots of an h5ad are in `semimech.support.keys`.

    declaration: plain values that simulate the same screen again. constants: a row for each feature. states: states x
    features, levels without noise; courses: for each of them the columns history, time, batch. batch_factors: features
    x batches. Of single rows the truth is in the columns true_... of obs.
    """

    declaration: Mapping[str, Any]
    constants: pd.DataFrame
    states: np.ndarray
    courses: pd.DataFrame
    batch_factors: pd.DataFrame


class Block(NamedTuple):
    """Measured values of consecutive rows, dense or CSR, and their levels before measurement where cells have own."""

    values: np.ndarray | sp.csr_array
    clean: np.ndarray | None = None


def write_simulated(header: Screen, blocks: Iterable[Block], truth: Truth, path: Path) -> None:
    """Write a screen whose rows come in blocks, whole or not at all; only one block is in memory at a time.

    header: the screen with an empty matrix of the right shape in the place of its responses.
    """
    import h5py
    from anndata.io import write_elem

    with replacing(Path(path)) as beside:
        write_h5ad(header, beside)
        with h5py.File(beside, "r+") as file:
            del file["X"]
            first = None
            for block in blocks:
                if first is None:
                    first = _Matrix(file, "X", header.shape, sp.issparse(block.values))
                    layer = None if block.clean is None else _Matrix(file, f"layers/{keys.CLEAN}", header.shape, False)
                first.append(block.values)
                if layer is not None:
                    layer.append(block.clean)
            if first is not None:
                first.close()
            write_elem(file, f"uns/{keys.SIMULATION}", _section(truth))
            write_elem(file, f"varm/{keys.BATCH_FACTORS}", truth.batch_factors)


def read_truth(path: Path | str) -> Truth:
    """The truth of a screen that `semimech simulate` wrote; UserError for any other file."""
    from anndata.io import read_elem

    path = Path(path).expanduser()
    if not path.is_file():
        raise UserError(f"There is no file {path}: correct the path.")
    with open_h5(path) as file:
        if keys.SIMULATION not in file.get("uns", {}):
            raise UserError(f"The truth of {path.name} is unknown: give what semimech simulate wrote.")
        section = read_elem(file[f"uns/{keys.SIMULATION}"])
        factors = read_elem(file[f"varm/{keys.BATCH_FACTORS}"])
    constants, states, courses = (section[key] for key in (keys.CONSTANTS, keys.STATES, keys.COURSES))
    declaration = json.loads(str(section[keys.DECLARATION]))
    return Truth(declaration, constants, states, courses.reset_index(drop=True), factors)


def _section(truth: Truth) -> dict[str, Any]:
    return {
        keys.DECLARATION: json.dumps(truth.declaration),
        keys.CONSTANTS: truth.constants,
        keys.STATES: truth.states.astype(np.float32),
        keys.COURSES: truth.courses.set_axis(truth.courses.index.astype(str)),
    }


class _Matrix:
    """A matrix in an HDF5 file that grows by blocks of rows, as AnnData has it: an array, or a group in CSR."""

    def __init__(self, file: h5py.File, key: str, shape: tuple[int, int], is_sparse: bool) -> None:
        self.rows, self.stored, self.is_sparse = 0, 0, is_sparse
        if not is_sparse:
            chunks = (min(shape[0], max(1, CHUNK_VALUES // shape[1])), shape[1])
            self.item = file.create_dataset(key, shape, np.float32, chunks=chunks, **COMPRESSION)
            self.item.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})
            return
        self.item = file.create_group(key)
        self.item.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": shape})
        self.pointers = [np.zeros(1, np.int64)]
        for name, dtype in (("data", np.float32), ("indices", np.int32)):
            self.item.create_dataset(name, (0,), dtype, maxshape=(None,), chunks=(CHUNK_VALUES,), **COMPRESSION)

    def append(self, block: Any) -> None:
        """Add rows."""
        end = self.rows + block.shape[0]
        if not self.is_sparse:
            self.item[self.rows : end] = block
        else:
            for name in ("data", "indices"):
                self.item[name].resize((self.stored + block.nnz,))
                self.item[name][self.stored :] = getattr(block, name)
            self.pointers.append(self.stored + block.indptr[1:].astype(np.int64))
            self.stored += block.nnz
        self.rows = end

    def close(self) -> None:
        """Write what is known only at the end."""
        if self.is_sparse:
            self.item["indptr"] = np.concatenate(self.pointers)
