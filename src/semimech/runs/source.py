"""Where a run's screen comes from, and the fingerprint that tells whether it has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from semimech.data.backed import is_zarr
from semimech.data.screen import Screen

CHUNK = 2**22


def hash_path(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of a folder's files, read in chunks."""
    path = Path(path)
    digest = hashlib.sha256()
    found = [path] if path.is_file() else path.rglob("*") if is_zarr(path) else path.iterdir()
    files = sorted(file for file in found if file.is_file())
    for file in files:
        digest.update(file.relative_to(path.parent if path.is_file() else path).as_posix().encode())
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
    return digest.hexdigest()


def hash_screen(screen: Screen) -> str:
    """SHA-256 of the responses, design and names of a screen in memory."""
    digest = hashlib.sha256()
    for array in (*_arrays(screen.responses), *_arrays(screen.design)):
        digest.update(np.ascontiguousarray(array).tobytes())
    for names in (screen.feature_names, screen.perturbation_names, screen.obs.index):
        digest.update("\x1f".join(map(str, names)).encode())
    return digest.hexdigest()


def _arrays(matrix: object) -> Iterable[np.ndarray]:
    if sp.issparse(matrix):
        return (matrix.data, matrix.indices, matrix.indptr)  # type: ignore[attr-defined]
    return (np.asarray(matrix),)
