"""An AnnData in a zarr folder is read as the same AnnData in an h5ad file is, from disk too."""

from pathlib import Path

import anndata
import numpy as np
import pytest
import scipy.sparse as sp

from semimech.data.anndata import to_anndata
from semimech.data.backed import MatrixOnDisk
from semimech.data.minibatches import chunks
from semimech.data.readers import ReadOptions, read, read_screen
from semimech.runs.source import hash_path
from semimech.support.errors import UserError

pytestmark = pytest.mark.filterwarnings("ignore:Writing zarr v2")


@pytest.fixture(scope="module")
def adata() -> anndata.AnnData:
    random = np.random.default_rng(0)
    counts = sp.csr_matrix(random.poisson(1.0, (90, 5)).astype(np.float32))
    given, batch = np.array(["control", "A", "B"])[np.arange(90) % 3], np.array(["x", "y"])[np.arange(90) % 2]
    obs = {"perturbation": given, "batch": batch}
    made = anndata.AnnData(counts, obs)
    made.obs_names, made.var_names = [f"c{i}" for i in range(90)], ["A", "B", "g1", "g2", "g3"]
    return made


@pytest.fixture(scope="module")
def paths(adata: anndata.AnnData, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("stored")
    adata.write_h5ad(folder / "s.h5ad")
    adata.write_zarr(folder / "s.zarr")
    return folder / "s.h5ad", folder / "s.zarr"


@pytest.mark.parametrize("backed", [False, True])
def test_a_zarr_is_read_as_an_h5ad(paths: tuple[Path, Path], backed: bool) -> None:
    one, two = (read_screen(path, ReadOptions(backed=backed)) for path in paths)
    assert isinstance(two.responses, MatrixOnDisk) == backed
    assert (two.scale, two.feature_names, two.conditions) == (one.scale, one.feature_names, one.conditions)
    rows = np.array([0, 3, 4, 50, 89])
    np.testing.assert_array_equal(two.responses[rows].toarray(), one.responses[rows].toarray())
    np.testing.assert_array_equal(two.design.toarray(), one.design.toarray())
    every = [list(chunks(s, np.arange(90), 16, np.random.default_rng(0))) for s in (one, two)]
    for a, b in zip(*every, strict=True):
        np.testing.assert_array_equal(a.values, b.values)


def test_a_screen_of_our_own(paths: tuple[Path, Path], tmp_path: Path) -> None:
    screen = read_screen(paths[0])
    to_anndata(screen).write_zarr(tmp_path / "own.zarr")
    again = read(tmp_path / "own.zarr")
    assert again.dialect == "semimech"
    assert again.screen.conditions == screen.conditions


def test_what_is_wrong_with_a_zarr_is_said(paths: tuple[Path, Path], tmp_path: Path) -> None:
    import zarr

    zarr.open_group(tmp_path / "other.zarr", mode="w").create_group("points")
    with pytest.raises(UserError, match=r"other\.zarr is zarr but no AnnData, as it has no obs"):
        read(tmp_path / "other.zarr")
    (tmp_path / "empty.zarr").mkdir()
    with pytest.raises(UserError, match="no zarr"):
        read(tmp_path / "empty.zarr")
    damaged = tmp_path / "damaged.zarr"
    damaged.mkdir()
    (damaged / "zarr.json").write_text("{")
    with pytest.raises(UserError, match=r"damaged\.zarr cannot be read as zarr"):
        read(damaged)


def test_a_run_knows_a_zarr_that_changed(paths: tuple[Path, Path]) -> None:
    before = hash_path(paths[1])
    part = next(file for file in (paths[1] / "X").rglob("*") if file.is_file())
    whole = part.read_bytes()
    part.write_bytes(whole + b" ")
    assert hash_path(paths[1]) != before
    part.write_bytes(whole)
    assert hash_path(paths[1]) == before
