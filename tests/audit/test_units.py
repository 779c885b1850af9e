"""Concentrations, logarithms and bounds against the definition p = -log10(M)."""

import numpy as np
import pandas as pd
import pytest

from semimech.audit.units import p_activities


def one(value: object, unit: str = "nM", relation: str = "=", weight: float = 250.0) -> pd.Series:
    columns = (pd.Series([value]), pd.Series([unit]), pd.Series([relation]))
    return p_activities(*columns, np.array([weight])).iloc[0]


@pytest.mark.parametrize(
    ("value", "unit", "p"),
    [
        (10, "nM", 8), ("0.01", "uM", 8), (0.01, "µM", 8), (0.01, "μM", 8), (1e-5, "mM", 8), (1e-8, "M", 8),
        (10_000, "pM", 8), ("10,000", "pM", 8), (1, "nmol/L", 9), (8.0, "p", 8), (8.0, "-log10(M)", 8),
        (2.5, "ug.mL-1", 5), (2.5, "mg/L", 5), (2.5e3, "ng/mL", 5),
    ],
)  # fmt: skip
def test_units(value: object, unit: str, p: float) -> None:
    found = one(value, unit)
    assert found["p_activity"] == pytest.approx(p)
    assert (found["relation"], found["reason"]) == ("=", "")


@pytest.mark.parametrize(
    ("value", "unit", "relation", "about_p"),
    [
        (10_000, "nM", ">", "<"), (10_000, "nM", ">=", "<"), (10_000, "nM", "'>'", "<"), (">10000", "nM", "", "<"),
        (1, "nM", "<", ">"), (1, "nM", "≤", ">"), (5, "p", "<", "<"), (5, "p", ">", ">"), (1, "nM", "~", "="),
        (1, "nM", "'='", "="), (">10000", "nM", "=", "<"), ("> 10,000", "nM", ">", "<"),
    ],
)  # fmt: skip
def test_bounds_are_about_p(value: object, unit: str, relation: str, about_p: str) -> None:
    found = one(value, unit, relation)
    assert (found["relation"], found["reason"]) == (about_p, "")


@pytest.mark.parametrize(
    ("value", "unit", "relation", "reason"),
    [
        (0, "nM", "=", "a negative or zero activity"),
        (-3, "nM", "=", "a negative or zero activity"),
        ("inactive", "nM", "=", "the activity is not a number"),
        ("12,5", "nM", "=", "the activity is not a number"),
        (">10", "nM", "<", "two relations differ"),
        (None, "nM", "=", "no activity"),
        (1, "", "=", "no unit"),
        (1, "%", "=", "the unit is no concentration"),
        (1, "nM", "!", "the relation is unknown"),
        (1e12, "nM", "=", "the activity is outside 1 fM to 1 M"),
        (50, "p", "=", "the activity is outside 1 fM to 1 M"),
    ],
)
def test_what_cannot_be_used_has_its_reason(value: object, unit: str, relation: str, reason: str) -> None:
    assert one(value, unit, relation)["reason"] == reason
