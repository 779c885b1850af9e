"""Read a perturbation screen from the files people have."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from semimech.data.options import ReadOptions
from semimech.data.readers.reading import Reading
from semimech.data.screen import Screen
from semimech.support.errors import UserError

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["ReadOptions", "Reading", "read", "read_screen"]

HDF5 = b"\x89HDF\r\n\x1a\n"
HDF5_SUFFIXES = (".h5ad", ".h5", ".hdf5")


def read_screen(source: str | Path | AnnData, options: ReadOptions | None = None) -> Screen:
    """Read a screen from a CellBox or DREAM4 folder, an AnnData (h5ad, zarr or in memory) or a table.

    Raises UserError with the place and the remedy where the source is wrong.

    >>> from semimech import ReadOptions, read_screen  # doctest: +SKIP
    >>> screen = read_screen("cells.h5ad", ReadOptions(keep="top_frac > 0.8"))  # doctest: +SKIP
    >>> screen.shape, screen.scale  # doctest: +SKIP
    """
    return read(source, options).screen


def read(source: str | Path | AnnData, options: ReadOptions | None = None) -> Reading:
    """Read a screen, together with its dialect and everything that was guessed on the way."""
    options = options or ReadOptions()
    if not isinstance(source, str | Path):
        from semimech.data.readers.h5ad import read_anndata

        return read_anndata(source, options)
    path = Path(source).expanduser()
    if not path.exists():
        near = get_close_matches(path.name, [p.name for p in path.parent.iterdir()], 1) if path.parent.is_dir() else []
        raise UserError(
            f"There is no file or folder {path}: {f'did you mean {near[0]}?' if near else 'correct the path.'}"
        )
    return _read_folder(path, options) if path.is_dir() else _read_file(path, options)


def _read_folder(path: Path, options: ReadOptions) -> Reading:
    from semimech.data.backed import is_zarr
    from semimech.data.readers.cellbox import is_cellbox, read_cellbox
    from semimech.data.readers.dream4 import is_dream4, read_dream4

    if is_dream4(path):
        return read_dream4(path, options)
    if is_zarr(path):
        from semimech.data.readers.h5ad import read_h5ad

        return read_h5ad(path, options)
    if not is_cellbox(path):
        raise UserError(
            f"{path} is a folder without expr.csv and pert.csv, so no CellBox data set, and no zarr: give such a "
            "folder, or a file."
        )
    return read_cellbox(path, options)


def _read_file(path: Path, options: ReadOptions) -> Reading:
    with path.open("rb") as stream:
        start = stream.read(len(HDF5))
    if not start:
        raise UserError(f"{path.name} is an empty file: give a CellBox folder, h5ad, CSV, TSV or Parquet.")
    if start == HDF5:
        from semimech.data.readers.h5ad import read_h5ad

        return read_h5ad(path, options)
    if path.suffix.casefold() in HDF5_SUFFIXES:
        raise UserError(f"{path.name} is named as HDF5 but is none: rename it (.csv for a table), or fetch it again.")
    from semimech.data.readers.midas import is_midas, read_midas
    from semimech.data.readers.table import PARQUET, read_table

    if not start.startswith(PARQUET) and is_midas(path):
        return read_midas(path, options)
    return read_table(path, options)
