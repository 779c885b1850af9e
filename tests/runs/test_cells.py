"""A screen of single cells, in memory and on disk, gives the same judgement."""

from __future__ import annotations

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.options import ReadOptions
from semimech.data.readers import read_screen
from semimech.runs.options import RunOptions
from semimech.runs.pipeline import run_screen


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    random = np.random.default_rng(0)
    genes = [f"G{j}" for j in range(30)]
    labels = np.repeat(["control", *genes[:5]], [240, 60, 60, 60, 60, 60])
    rates = random.gamma(4, 10, 30) * np.ones((len(labels), 1))
    for j, gene in enumerate(genes[:5]):
        rates[labels == gene, j] *= 0.2
        rates[labels == gene, 5 + 3 * j : 8 + 3 * j] *= 3.0
    obs = pd.DataFrame(
        {"perturbation": labels, "batch": random.choice(["a", "b"], len(labels))},
        index=[f"cell{i}" for i in range(len(labels))],
    )
    counts = sp.csr_matrix(random.poisson(rates).astype(np.float32))
    path = tmp_path_factory.mktemp("cells") / "cells.h5ad"
    anndata.AnnData(counts, obs=obs, var=pd.DataFrame(index=genes)).write_h5ad(path)
    return path


def test_on_disk_and_in_memory_agree(file, tmp_path):
    options = RunOptions(models=("ridge",), splits=("cells", "perturbations"), partitions=1)
    on_disk = read_screen(file, ReadOptions(backed=True))
    assert on_disk.is_backed
    first = run_screen(on_disk, tmp_path / "disk", options)
    second = run_screen(read_screen(file), tmp_path / "memory", options)
    for name in ("scores", "conditions"):
        assert (first.path / f"{name}.csv").read_bytes() == (second.path / f"{name}.csv").read_bytes()


def test_what_is_known_of_each_cell_is_used(file, tmp_path):
    run = run_screen(
        read_screen(file), tmp_path, RunOptions(models=("ridge",), splits=("cells",), partitions=1, seed=3)
    )
    (observed,) = (run.path / "observed").rglob("*.h5ad")
    kept = anndata.read_h5ad(observed)
    for condition, counted in zip(kept.obs_names, kept.layers["scored"], strict=True):
        np.testing.assert_array_equal(counted.astype(bool), kept.var_names != condition)  # all but its own target
    scores = run.table("scores").set_index(["score", "model"])["value"]
    assert run.json("verdict")["primary_score"] == "nmse"
    assert scores["nmse", "condition-mean"] < 0.2 < 0.9 < scores["nmse", "mean-response"]
    assert np.isfinite(scores["e-distance", "condition-mean"])
    assert scores["pds", "condition-mean"] == 1
