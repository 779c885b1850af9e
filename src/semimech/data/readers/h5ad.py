"""AnnData, in memory, as an h5ad file or a zarr folder: our own, or any dialect with a label column."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import scipy.sparse as sp

from semimech.data.anndata import decode, from_anndata
from semimech.data.backed import MatrixOnDisk, is_dense, open_stored, stored_by
from semimech.data.findings import Finding
from semimech.data.options import ReadOptions
from semimech.data.readers.features import named_features
from semimech.data.readers.labelled import LABELLED, Table, only_rows, screen_of
from semimech.data.readers.reading import Reading, kept_rows
from semimech.support import keys
from semimech.support.errors import UserError, listed

if TYPE_CHECKING:
    import h5py
    from anndata import AnnData

BACKED_FROM_BYTES = 500e6
COUNTS_LAYER = "counts"


def read_anndata(adata: AnnData, options: ReadOptions, name: str = "screen") -> Reading:
    """Read an AnnData in memory, of any dialect."""
    if keys.SECTION in adata.uns and keys.DESIGN in adata.obsm:
        options.refuse_all_but((), "an AnnData made from a Screen")
        return Reading(from_anndata(adata), "semimech", "the file says so")
    options.refuse_all_but(LABELLED - {"backed", "describe"}, "an AnnData in memory")
    layer, findings, options = _layer(list(adata.layers), options)
    responses = adata.X if layer == "X" else adata.layers[layer]
    if responses is None:
        raise UserError("The AnnData has no X: name a layer with --layer.")
    return _labelled(responses, adata.obs, adata.var, name, findings, options)


def read_h5ad(path: Path, options: ReadOptions) -> Reading:
    """Read an h5ad file or an AnnData's zarr folder; only what is needed, and large matrices stay on disk.

    Raises UserError where the file is damaged, is no AnnData, or an option names what is not there.
    """
    kind, made = ("zarr", "write_zarr") if path.is_dir() else ("HDF5", "write_h5ad")
    with open_stored(path) as file:
        missing = [part for part in ("obs", "var") if part not in file]
        if missing:
            raise UserError(
                f"{path.name} is {kind} but no AnnData, as it has no {listed(missing)}: write it by AnnData.{made}."
            )
        if "encoding-type" not in file["obs"].attrs:
            return _read_old(path, options)
        obs, var = _element(file, "obs", path), _element(file, "var", path)
        own = keys.SECTION in file.get("uns", {}) and keys.DESIGN in file.get("obsm", {})
        options.refuse_all_but(
            ("backed", "keep") if own else LABELLED - {"describe"}, "an h5ad written by semimech" if own else "h5ad"
        )
        layer, findings, options = ("X", (), options) if own else _layer(list(file.get("layers", {})), options)
        key = "X" if layer == "X" else f"layers/{layer}"
        if key not in file:
            raise UserError(f"{path.name} has no matrix X: name a layer with --layer.")
        responses, told = _responses(file, key, path, options)
        if own:
            section, design = _element(file, f"uns/{keys.SECTION}", path), _element(file, f"obsm/{keys.DESIGN}", path)
            kept, said = kept_rows(obs, options.keep)
            screen = decode(only_rows(responses, kept), obs[kept], var, section, design[kept])
            return Reading(screen, "semimech", "the file says so", (*told, *said))
    if (len(obs), len(var)) != tuple(responses.shape):
        raise UserError(
            f"{path.name} has a matrix of {responses.shape[0]:,} x {responses.shape[1]:,} but {len(obs):,} rows in obs "
            f"and {len(var):,} in var: it is damaged; write it again."
        )
    return _labelled(responses, obs, var, path.stem, (*findings, *told), options)


def _labelled(
    responses: Any,
    obs: pd.DataFrame,
    var: pd.DataFrame,
    name: str,
    findings: tuple[Finding, ...],
    options: ReadOptions,
) -> Reading:
    features, told = named_features(var, obs, options)
    if sp.issparse(responses) and responses.format != "csr":
        responses = sp.csr_array(responses)
    return screen_of(Table(responses, obs, features, name, (*findings, *told)), options)


def _layer(layers: list[str], options: ReadOptions) -> tuple[str, tuple[Finding, ...], ReadOptions]:
    """The layer asked for, else raw counts where there are some, else X."""
    if options.layer is not None:
        if options.layer != "X" and options.layer not in layers:
            raise UserError(f"There is no layer '{options.layer}': the layers are {listed(['X', *layers], 8)}.")
        return options.layer, (), options
    if COUNTS_LAYER in layers and options.scale in (None, "counts"):
        finding = Finding("ok", "Raw counts are in the layer 'counts'.", "--layer X, for the main matrix")
        return COUNTS_LAYER, (finding,), replace(options, scale="counts")
    return "X", (), options


def _responses(file: h5py.Group, key: str, path: Path, options: ReadOptions) -> tuple[Any, tuple[Finding, ...]]:
    """The matrix in memory, or on disk where it is large or asked for."""
    item: Any = file[key]
    dense = is_dense(item)
    size = (
        item.size * item.dtype.itemsize if dense else sum(item[part].nbytes for part in ("data", "indices", "indptr"))
    )
    wanted = size > BACKED_FROM_BYTES if options.backed is None else options.backed
    if wanted and (dense or stored_by(item) == "rows"):
        said = Finding("ok", f"The matrix ({size / 1e9:.2f} GB) stays on disk, read in blocks.", "--no-backed")
        return MatrixOnDisk.at(path, key), (said,)
    told: tuple[Finding, ...] = ()
    if wanted:
        sentence = f"The matrix ({size / 1e9:.2f} GB) is stored by columns, so it is read whole into memory."
        told = (Finding("doubtful", sentence, "store it by rows: adata.X = adata.X.tocsr()."),)
    return _element(file, key, path), told


def _element(file: h5py.Group, key: str, path: Path) -> Any:
    from anndata.io import read_elem

    with _damage(f"{key} of {path.name}"):
        element = read_elem(file[key])
        if sp.issparse(element):
            element.check_format()
        return element


def _read_old(path: Path, options: ReadOptions) -> Reading:
    """Files written before anndata 0.7 are read by anndata itself, whole."""
    import anndata

    with _damage(path.name):
        adata = anndata.read_zarr(path) if path.is_dir() else anndata.read_h5ad(path)
    return read_anndata(adata, options, path.stem)


@contextmanager
def _damage(what: str) -> Iterator[None]:
    """Turn whatever anndata raises on a damaged file into one sentence."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:  # anndata's own errors have no public common class
        reason = str(error).strip("'\"").splitlines()[0][:120] if str(error) else type(error).__name__
        raise UserError(f"{what} cannot be read ({reason}): it is damaged; fetch or write it again.") from error
