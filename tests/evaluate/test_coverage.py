"""Coverage and width against counting by hand, and the words about them."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from semimech.evaluate.coverage import COLUMNS, INTERVAL_SCORES, coverage_sentences, coverage_table
from semimech.evaluate.judge import Fold, judge
from semimech.evaluate.reference import Reference
from semimech.models.base import Prediction

CARDS = {card.name: card for card in INTERVAL_SCORES}


def with_bounds(reference: Reference, half: np.ndarray | float, level: float = 0.9) -> Prediction:
    """No change, plus or minus `half`; features in another order than the reference's."""
    mean = np.zeros(reference.observed.shape)
    features = reference.effects.features[::-1]
    upper = (mean + half)[:, ::-1]
    return Prediction(reference.conditions, features, mean, -upper, upper, level)


def test_cards_count_scored_entries_with_bounds(make_reference: Callable[..., Reference]) -> None:
    observed = np.array([[0.5, -2.0, 0.1], [3.0, 1.0, 0.0]])
    scored = np.array([[True, True, False], [True, True, True]])
    reference = make_reference(observed, scored)
    upper = np.array([[1.0, 1.0, 9.0], [np.nan, 1.0, 2.0]])
    bounds = np.stack([-upper, upper])
    inside, width = (CARDS[name].summarise(reference, bounds) for name in ("coverage", "interval-width"))
    assert inside.tolist() == [[1, 2], [2, 2]]
    assert CARDS["coverage"].reduce(inside.sum(0)) == pytest.approx(3 / 4)
    assert CARDS["interval-width"].reduce(width.sum(0)) == pytest.approx((2 + 2 + 2 + 4) / 4)


def test_table_pools_folds_and_seeds(make_reference: Callable[..., Reference]) -> None:
    random = np.random.default_rng(0)
    folds, inside, counted = [], 0, 0
    for number in range(2):
        reference = make_reference(random.normal(size=(8, 30)), fold=f"fold {number}", names=list("abcdefgh"))
        halves = np.abs(random.normal(size=(2, 8, 30)))
        inside += sum(int((np.abs(reference.observed) <= half).sum()) for half in halves)
        counted += 2 * reference.observed.size
        found = {("model", seed): with_bounds(reference, halves[seed]) for seed in range(2)}
        bare = Prediction(reference.conditions, reference.effects.features, np.zeros((8, 30)))
        folds.append((reference, found | {("bare", 0): bare}))
    table = coverage_table(folds, ["bare"], 200, 0)
    assert tuple(table.columns) == COLUMNS
    assert list(table["model"]) == ["model"]
    row = table.iloc[0]
    assert row["coverage"] == pytest.approx(inside / counted)
    assert row["lower"] < row["coverage"] < row["upper"]
    assert row["n_conditions"] == 8
    assert row["level"] == 0.9


def test_only_coverage_that_is_off_is_told() -> None:
    rows = [
        ("conditions", "good", False, 0.9, 0.92, 0.88, 0.95, 1.0, 20),
        ("conditions", "narrow", False, 0.9, 0.801, 0.75, 0.85, 1.0, 20),
        ("conditions", "wide", False, 0.9, 0.97, 0.89, 0.99, 1.0, 20),
        ("conditions", "ridge", True, 0.9, 0.5, 0.4, 0.6, 1.0, 20),
    ]
    narrow, wide = coverage_sentences(pd.DataFrame(rows, columns=list(COLUMNS)))
    assert narrow == (
        "On held-out conditions, the 90 % intervals of narrow hold 80.1 % [75.0, 85.0] of the observed effects: "
        "they are too narrow there."
    )
    assert wide.endswith("of wide hold 97.0 % [89.0, 99.0] of the observed effects: they are too wide there, "
                         "if it is not chance.")  # fmt: skip


def test_coverage_of_a_single_condition_may_be_chance() -> None:
    rows = [("my split", "narrow", False, 0.9, 0.5, np.nan, np.nan, 1.0, 1)]
    (said,) = coverage_sentences(pd.DataFrame(rows, columns=list(COLUMNS)))
    assert said == (
        "On the split 'my split', the 90 % intervals of narrow hold 50.0 % of the observed effects: "
        "they are too narrow there, if it is not chance."
    )


def test_the_judge_says_it_and_makes_no_verdict_of_it(make_reference: Callable[..., Reference]) -> None:
    reference = make_reference(np.random.default_rng(1).normal(size=(9, 40)))
    predictions = {("no-change", 0): with_bounds(reference, 1.6), ("model", 0): with_bounds(reference, 0.1)}
    judgement = judge([Fold(reference, predictions)], baselines=["no-change"], draws=100)
    assert set(judgement.intervals["model"]) == {"no-change", "model"}
    assert not set(judgement.table["score"]) & set(CARDS)
    assert not set(judgement.pairs["score"]) & set(CARDS)
    assert "they are too narrow there" in judgement.sentences[-1]
    assert "intervals" not in judgement.headline
