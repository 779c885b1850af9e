"""A damaged h5ad is one sentence, wherever the damage is."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from semimech.data.anndata import write_h5ad
from semimech.data.check import check_screen
from semimech.data.readers import ReadOptions, read
from semimech.support.errors import UserError


@pytest.fixture
def path(small, tmp_path: Path) -> Path:
    write_h5ad(small(), tmp_path / "s.h5ad")
    return tmp_path / "s.h5ad"


@pytest.mark.parametrize("share", np.linspace(0.02, 0.98, 13).round(2))
def test_truncated_anywhere(path: Path, share: float) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(UserError, match=r"s\.h5ad"):
        read(path)


def columns_out_of_range(file: h5py.File) -> None:
    file["X/indices"][5] = 77


def negative_columns(file: h5py.File) -> None:
    file["X/indices"][5] = -3


def pointers_going_back(file: h5py.File) -> None:
    file["X/indptr"][3] = 10_000


def unknown_encoding(file: h5py.File) -> None:
    file["obs/quality"].attrs["encoding-type"] = "array of sorts"


def no_data(file: h5py.File) -> None:
    del file["X/data"]


def no_matrix(file: h5py.File) -> None:
    del file["X"]


def short_obs(file: h5py.File) -> None:
    del file["obs/quality"]
    file["obs/quality"] = np.zeros(3)


@pytest.mark.filterwarnings("ignore:Element")
@pytest.mark.parametrize("backed", [True, False])
@pytest.mark.parametrize(
    "damage",
    [columns_out_of_range, negative_columns, pointers_going_back, unknown_encoding, no_data, no_matrix, short_obs],
)
def test_damaged_parts(path: Path, damage: Callable[[h5py.File], None], backed: bool) -> None:
    with h5py.File(path, "a") as file:
        damage(file)
    with pytest.raises(UserError):
        check_screen(read(path, ReadOptions(backed=backed)))
