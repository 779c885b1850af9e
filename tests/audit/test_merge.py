"""Duplicates against a loop over the structures."""

import numpy as np
import pandas as pd
import pytest

from semimech.audit.merge import merged


def rows(*measurements: tuple[str, float, str, str]) -> pd.DataFrame:
    kept = pd.DataFrame(measurements, columns=["smiles", "p_activity", "relation", "assay"])
    return kept.assign(row=np.arange(1, len(kept) + 1))


def test_measured_values_are_averaged_with_their_spread() -> None:
    rng = np.random.default_rng(0)
    names = rng.choice(list("ABCDEFG"), 80)
    kept = rows(*[(str(name), float(p), "=", "a") for name, p in zip(names, rng.normal(6, 1, 80))])
    table, numbers = merged(kept, ["assay"])
    for i, compound in table.iterrows():
        values = [p for name, p in zip(kept["smiles"], kept["p_activity"]) if name == compound["smiles"]]
        assert compound["p_activity"] == pytest.approx(sum(values) / len(values))
        assert compound["spread"] == pytest.approx(np.std(values, ddof=1))
        assert compound["rows"] == tuple(kept["row"][numbers == i])
    assert set(table["smiles"]) == set(names)


def test_bounds_stand_aside_or_give_the_tightest() -> None:
    kept = rows(
        ("A", 5.0, "<", "x"), ("A", 4.2, "=", "y"), ("A", 4.6, "=", "y"),
        ("B", 5.0, "<", "x"), ("B", 4.5, "<", "y"),
        ("C", 8.0, ">", "x"), ("C", 9.0, ">", "y"),
        ("D", 8.0, ">", "x"), ("D", 9.0, "<", "y"),
    )  # fmt: skip
    table, numbers = merged(kept, ["assay"])
    found = table.set_index("smiles")
    assert found["relation"].to_dict() == {"A": "=", "B": "<", "C": ">"}
    assert found["p_activity"].to_dict() == pytest.approx({"A": 4.4, "B": 4.5, "C": 9.0})
    assert found["assay"].to_dict() == {"A": "y", "B": "x", "C": "x"}
    assert numbers.tolist() == [0, 0, 0, 1, 1, 2, 2, -1, -1]


def test_without_merging_each_row_is_a_compound() -> None:
    table, numbers = merged(rows(("A", 5.0, "=", "x"), ("A", 6.0, "=", "x")), ["assay"], merge=False)
    assert table["p_activity"].tolist() == [5.0, 6.0]
    assert numbers.tolist() == [0, 1]
