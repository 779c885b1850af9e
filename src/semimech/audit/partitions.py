"""Ways to hold compounds out: each asks another question of a model."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from semimech.audit.landmarks import landmark_features
from semimech.audit.molecules import quiet
from semimech.audit.table import Bioactivities, numbered
from semimech.support.optional import require
from semimech.support.progress import Monitor, silent

Partition = Literal["random", "scaffold", "cluster", "time", "document", "assay"]
PARTITIONS: tuple[Partition, ...] = ("random", "scaffold", "cluster", "time", "document", "assay")
LATEST = 0.2
COMPOUNDS_PER_CLUSTER = 25
EVERY = 1_000


def partition(
    table: Bioactivities,
    fingerprints: np.ndarray,
    how: Partition,
    folds: int = 5,
    seed: int = 0,
    monitor: Monitor = silent,
) -> list[np.ndarray]:
    """Masks of the test compounds of each fold; none where the table cannot be split so.

    random: any; scaffold: whole Bemis-Murcko scaffolds (doi:10.1021/jm9602928); cluster: whole k-means clusters of
    Tanimoto similarity; document, assay: whole ones; time: one fold, the latest fifth of the years.
    """
    if how == "time":
        return _latest(table.compounds)
    groups = _groups(table, fingerprints, how, seed, monitor)
    if groups is None or len(np.unique(groups)) < folds:
        return []
    if how == "random":
        return [groups % folds == fold for fold in range(folds)]
    fold_of = _balanced(np.bincount(groups), folds, seed)[groups]
    return [fold_of == fold for fold in range(folds)]


def _balanced(sizes: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """The fold of each group: one after another in random order, the large ones first, into the smallest fold."""
    order = np.random.default_rng(seed).permutation(len(sizes))
    # Only groups of a tenth of a fold and more have to be first for folds of equal size; the others stay at random.
    large = sizes[order] * folds * 10 > sizes.sum()
    order = np.concatenate([order[large][np.argsort(-sizes[order][large], kind="stable")], order[~large]])
    fold_of, filled = np.zeros(len(sizes), int), np.zeros(folds)
    for group in order:
        fold_of[group] = filled.argmin()
        filled[fold_of[group]] += sizes[group]
    return fold_of


def _groups(
    table: Bioactivities, fingerprints: np.ndarray, how: Partition, seed: int, monitor: Monitor
) -> np.ndarray | None:
    """A number for each compound; compounds of the same number are held out together."""
    if how == "random":
        return np.random.default_rng(seed).permutation(len(table))
    if how == "scaffold":
        return pd.factorize(np.array(scaffolds(list(table.compounds["smiles"]), monitor)))[0]
    if how == "cluster":
        return similarity_clusters(fingerprints, max(2, min(100, len(table) // COMPOUNDS_PER_CLUSTER)), seed)
    if how not in table.compounds:
        return None
    return numbered(table.compounds[how])


def similarity_clusters(fingerprints: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """The number of the cluster of each compound: k-means of Tanimoto similarities to 100 landmarks."""
    cluster = require("sklearn.cluster", extra="chem")
    features = landmark_features(fingerprints, fingerprints, 100, seed)[0]
    return np.asarray(cluster.MiniBatchKMeans(count, random_state=seed, n_init=1).fit_predict(features))


def scaffolds(smiles: list[str], monitor: Monitor = silent) -> list[str]:
    """Bemis-Murcko scaffold of each structure; a molecule without rings is its own."""
    chem = require("rdkit.Chem", extra="chem")
    murcko = require("rdkit.Chem.Scaffolds.MurckoScaffold", extra="chem")
    found = []
    with quiet():
        for i, text in enumerate(smiles):
            if i % EVERY == 0:
                monitor("scaffolds", i, len(smiles))
            found.append(murcko.MurckoScaffoldSmiles(mol=chem.MolFromSmiles(text)) or text)
    return found


def _latest(compounds: pd.DataFrame) -> list[np.ndarray]:
    if "year" not in compounds or compounds["year"].nunique() < 2:
        return []
    years = compounds["year"].to_numpy(float)
    test = years >= max(np.nanquantile(years, 1 - LATEST), np.nanmin(years) + 1)
    return [test] if test.any() and not test.all() else []
