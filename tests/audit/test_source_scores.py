"""Scores within assays against loops over pairs and groups."""

import numpy as np
import pandas as pd
import pytest

from semimech.audit.source_scores import Held, scores_of


def held(count: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    y = np.round(rng.normal(6, 1, count), 1)
    return pd.DataFrame(
        {
            "p_activity": y,
            "baseline": 6.0,
            "chemistry": np.round(y + rng.normal(0, 1, count), 1),
            "source_only": 6.2,
            "both": y,
            "fold": rng.integers(0, 2, count),
            "assay": rng.choice([*(f"a{i}" for i in range(15)), None], count),
            "document": rng.choice([f"d{i}" for i in range(10)], count),
            "similarity": 0.5,
        }
    )


def test_ranking_and_adjusted_score_are_those_of_loops() -> None:
    table = held()
    right, pairs, flat, left = 0.0, 0, 0.0, 0.0
    for _, part in table.groupby(["fold", "assay"]):
        deviation = part[["p_activity", "chemistry"]] - part[["p_activity", "chemistry"]].mean()
        flat += float((deviation["p_activity"] ** 2).sum())
        left += float(((deviation["p_activity"] - deviation["chemistry"]) ** 2).sum())
        for y, x in part[["p_activity", "chemistry"]].to_numpy():
            for y2, x2 in part[["p_activity", "chemistry"]].to_numpy():
                if y > y2:
                    pairs += 1
                    right += 1.0 if x > x2 + 1e-9 else 0.5 if abs(x - x2) <= 1e-9 else 0.0
    scores = scores_of(Held(table))
    assert scores["ranking_chemistry"] == pytest.approx(right / pairs)
    assert scores["ranking_source_only"] == 0.5
    assert scores["ranking_both"] == 1.0
    assert scores["r2_within_assay"] == pytest.approx(1 - left / flat)


def test_the_bootstrap_is_over_documents_and_over_compounds_where_these_are_few() -> None:
    table = held()
    assert len(np.unique(Held(table).units)) == 10
    few = table.assign(document="d1", assay=np.where(table["assay"] == "a1", "a1", "a2"))
    assert len(np.unique(Held(few).units)) == len(table)
    scores = scores_of(Held(few))
    assert scores["r2_chemistry_low"] < scores["r2_chemistry"] < scores["r2_chemistry_high"]
