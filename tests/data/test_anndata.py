"""Screen to AnnData and back loses nothing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.anndata import from_anndata, to_anndata, write_h5ad
from semimech.data.condition import Perturbation
from semimech.data.readers import ReadOptions, read, read_screen
from semimech.data.screen import Screen
from semimech.support import keys
from semimech.support.errors import UserError


@pytest.fixture(params=["counts", "log-ratio"])
def rich(request: pytest.FixtureRequest, small) -> Screen:
    """Doses, kinds, targets, units, pathways, roles, several dtypes."""
    screen = small(request.param, sparse=request.param == "counts")
    design = screen.design.toarray() * np.linspace(-2, 0.7, 120, dtype=np.float32)[:, None]
    perturbations = (
        Perturbation("G0", "drug", {"G0": -1.0, "G2": 1.0}, "µM", ("MAPK", "PI3K")),
        Perturbation("G1", "activation"),
        Perturbation("ELSEWHERE"),
    )
    features = screen.features.assign(role=["molecule", "phenotype", "molecule", "input", "molecule"], length=range(5))
    return replace(screen, design=sp.csr_array(design), perturbations=perturbations, features=features)


def test_in_memory(rich: Screen, assert_same) -> None:
    assert_same(from_anndata(to_anndata(rich)), rich)


def test_through_a_file(rich: Screen, assert_same, tmp_path) -> None:
    write_h5ad(rich, tmp_path / "rich.h5ad")
    reading = read(tmp_path / "rich.h5ad")
    assert reading.dialect == "semimech"
    assert_same(reading.screen, rich)
    assert [path.name for path in tmp_path.iterdir()] == ["rich.h5ad"]


def test_backed(rich: Screen, assert_same, tmp_path) -> None:
    write_h5ad(rich, tmp_path / "rich.h5ad")
    backed = read_screen(tmp_path / "rich.h5ad", ReadOptions(backed=True))
    assert backed.is_backed
    assert_same(backed, rich)
    write_h5ad(backed, tmp_path / "again.h5ad")
    assert_same(read_screen(tmp_path / "again.h5ad"), rich)


def test_some_rows_of_a_file(rich: Screen, assert_same, tmp_path) -> None:
    write_h5ad(rich, tmp_path / "rich.h5ad")
    expected = rich.take((rich.obs["replicate"] == 1).to_numpy())
    for backed in (False, True):
        assert_same(read_screen(tmp_path / "rich.h5ad", ReadOptions(keep="replicate == 1", backed=backed)), expected)
    with pytest.raises(UserError, match="--label says nothing about an h5ad written by semimech"):
        read_screen(tmp_path / "rich.h5ad", ReadOptions(label="x"))


def test_without_truth_and_without_columns(small, assert_same, tmp_path) -> None:
    screen = replace(small(), truth=None, obs=small().obs[[]])
    write_h5ad(screen, tmp_path / "bare.h5ad")
    assert_same(read_screen(tmp_path / "bare.h5ad"), screen)


def test_an_own_column_called_perturbation_stays(small, assert_same) -> None:
    screen = replace(small(), obs=small().obs.assign(perturbation="mine"))
    assert_same(from_anndata(to_anndata(screen)), screen)


def test_columns_hdf5_cannot_hold_come_back(small, tmp_path) -> None:
    days = pd.date_range("2026-01-01", periods=120)
    screen = replace(small(), obs=small().obs.assign(day=days.to_numpy()))
    write_h5ad(screen, tmp_path / "days.h5ad")
    pd.testing.assert_series_equal(read_screen(tmp_path / "days.h5ad").obs["day"], screen.obs["day"])


def test_the_label_says_the_condition(rich: Screen) -> None:
    adata = to_anndata(rich)
    expected = [rich.conditions[code].label for code in rich.condition_codes]
    assert list(adata.obs["perturbation"]) == expected


def test_other_anndata_is_refused(small) -> None:
    adata = to_anndata(small())
    del adata.uns[keys.SECTION]
    with pytest.raises(UserError, match="give it to read_screen"):
        from_anndata(adata)


def test_damage_and_newer_formats_are_said(small) -> None:
    adata = to_anndata(small())
    del adata.uns[keys.SECTION][keys.SCALE]
    with pytest.raises(UserError, match="'scale' of uns"):
        from_anndata(adata)
    adata.uns[keys.SECTION][keys.VERSION] = 99
    with pytest.raises(UserError, match="newer semimech"):
        from_anndata(adata)
