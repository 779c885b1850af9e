"""Mini-batches hold every row once, one experimental batch each, its share of controls, from disk as from memory."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.backed import MatrixOnDisk
from semimech.data.condition import Perturbation
from semimech.data.minibatches import chunks, even_size
from semimech.data.screen import Screen

SIZE = 16


def screen_of(responses) -> Screen:  # type: ignore[no-untyped-def]
    n = responses.shape[0]
    random = np.random.default_rng(0)
    given = random.integers(0, 4, n)
    design = np.zeros((n, 3))
    design[np.arange(n)[given > 0], given[given > 0] - 1] = 1
    obs = pd.DataFrame(
        {"batch": random.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1])}, index=[f"c{i}" for i in range(n)]
    )
    genes = pd.DataFrame(index=["x", "y", "z"])
    return Screen(responses, sp.csr_array(design), tuple(Perturbation(p) for p in "PQR"), genes, obs, "counts")


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(1).poisson(1.5, (700, 3)).astype(np.float32)


def gathered(screen: Screen, rows: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    found = list(chunks(screen, rows, SIZE, np.random.default_rng(seed), limit=4 * 3 * SIZE * 5))
    assert {part.values.shape for part in found} == {(5, SIZE, 3)}
    return np.concatenate([part.rows for part in found]), np.concatenate([part.values for part in found])


def test_every_row_once_in_batches_of_their_own_with_controls(values: np.ndarray) -> None:
    screen = screen_of(sp.csr_array(values))
    rows = np.arange(3, 690)
    numbers, dense = gathered(screen, rows)
    present = numbers >= 0
    np.testing.assert_array_equal(np.sort(numbers[present]), rows)
    np.testing.assert_array_equal(dense[present], values[numbers[present]])
    assert (dense[~present] == 0).all()
    share = screen.is_control[rows].mean()
    for row, there in zip(numbers, present, strict=True):
        assert len(np.unique(screen.batches[row[there]])) <= 1
        if there.sum() == SIZE:
            assert abs(screen.is_control[row].mean() - share) < 0.2


def test_order_is_of_the_seed(values: np.ndarray) -> None:
    screen = screen_of(values)
    rows = np.arange(700)
    first, again, other = (gathered(screen, rows, seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_from_disk_as_from_memory(values: np.ndarray, tmp_path: Path) -> None:
    import h5py

    sparse = sp.csr_array(values)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        group = file.create_group("X")
        group.attrs["encoding-type"], group.attrs["shape"] = "csr_matrix", sparse.shape
        for name in ("data", "indices", "indptr"):
            group[name] = getattr(sparse, name)
    rows = np.arange(0, 700, 2)
    for one, two in zip(gathered(screen_of(MatrixOnDisk.at(tmp_path / "x.h5", "X")), rows),
                        gathered(screen_of(sparse), rows), strict=True):  # fmt: skip
        np.testing.assert_array_equal(one, two)


def test_sizes_are_made_even_where_that_spares_cells(values: np.ndarray) -> None:
    screen = replace(screen_of(values), obs=pd.DataFrame(index=[f"c{i}" for i in range(700)]))
    assert even_size(screen, np.arange(513), 512) == 272
    assert even_size(screen, np.arange(700), 512) == 352
    assert even_size(screen, np.arange(700), 128) == 128
    assert even_size(screen, np.arange(500), 512) == 512
