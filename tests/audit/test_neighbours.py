"""Outsiders by their similarity to the series, against pair by pair."""

from pathlib import Path

import numpy as np
import pytest
from tests.audit.bioactivities import plain_table, written

from semimech.audit import read_bioactivities
from semimech.audit.fingerprints import morgan, tanimoto
from semimech.audit.neighbours import neighbours_of


@pytest.mark.parametrize("ordering", ["mean", "max"])
def test_the_nearest_come_first(ordering: str, tmp_path: Path) -> None:
    table = read_bioactivities(written(plain_table(80), tmp_path / "table.csv"))
    inside = table.series("class", "A")
    found = neighbours_of(table, inside, ordering)
    near = getattr(tanimoto(morgan(table), morgan(table))[:, inside], ordering)(axis=1)
    by_smiles = dict(zip(table.compounds["smiles"], near))
    column = found["mean_similarity" if ordering == "mean" else "largest_similarity"]
    assert column.is_monotonic_decreasing
    assert column.tolist() == pytest.approx([by_smiles[smiles] for smiles in found["smiles"]], abs=1e-6)
    assert set(found["smiles"]) == set(table.compounds["smiles"][~inside])
    assert found.index.tolist() == list(np.arange(len(found)) + 1)
    assert {"assay", "year"} <= set(found.columns)
