"""A matrix on disk gives the rows that the same matrix in memory gives."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.sparse as sp
from anndata.io import write_elem
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semimech.data import backed
from semimech.data.backed import MatrixOnDisk
from semimech.support.errors import UserError


@pytest.fixture(scope="module")
def whole() -> np.ndarray:
    random = np.random.default_rng(0)
    return np.where(random.random((700, 6)) < 0.2, random.random((700, 6)), 0).astype(np.float32)


@pytest.fixture(scope="module")
def path(whole: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backed") / "m.h5"
    with h5py.File(path, "w") as file:
        write_elem(file, "dense", whole)
        write_elem(file, "rows", sp.csr_matrix(whole))
        write_elem(file, "columns", sp.csc_matrix(whole))
        write_elem(file, "words", np.array(["a", "b"]))
    return path


def dense(part: np.ndarray | sp.csr_array) -> np.ndarray:
    return part.toarray() if sp.issparse(part) else part


@pytest.mark.parametrize("key", ["dense", "rows"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.integers(0, 699), max_size=40), st.integers(0, 699), st.integers(0, 200), st.booleans())
def test_rows_are_those_of_the_matrix(
    path: Path, whole: np.ndarray, key: str, rows: set[int], start: int, length: int, wide: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backed, "SPAN_ROWS", 4096 if wide else 64)
        matrix = MatrixOnDisk.at(path, key)
        assert (matrix.shape, matrix.is_sparse) == (whole.shape, key == "rows")
        numbers = np.array(sorted(rows), int)
        np.testing.assert_array_equal(dense(matrix[numbers]), whole[numbers])
        np.testing.assert_array_equal(dense(matrix[start : start + length]), whole[start : start + length])
        mask = whole[:, 0] == 0
        some = matrix.only(mask)
        np.testing.assert_array_equal(dense(some[start : start + length]), whole[mask][start : start + length])
        again = some.only(np.arange(some.shape[0]) % 2 == 0)
        np.testing.assert_array_equal(dense(again[:]), whole[mask][::2])


def test_what_is_no_matrix_by_rows_is_said(path: Path) -> None:
    with pytest.raises(UserError, match="not stored by rows"):
        MatrixOnDisk.at(path, "columns")
    with pytest.raises(UserError, match="no matrix of numbers"):
        MatrixOnDisk.at(path, "words")


def test_a_truncated_file_is_said(path: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.h5"
    short.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(UserError, match=r"short\.h5 cannot be read as HDF5"):
        MatrixOnDisk.at(short, "dense")
