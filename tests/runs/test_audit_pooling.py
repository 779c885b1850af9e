"""The answer to 'may I pool' from the intervals of one reading."""

import pandas as pd
import pytest

from semimech.runs.audit_pooling import NEAREST, NO, NO_MATTER, YES, _between, _origins, leading_reading, pooling_answer


def part(low: float, high: float) -> dict[str, float]:
    return {"mean": (low + high) / 2, "low": low, "high": high}


@pytest.mark.parametrize(
    ("focus", "transfer", "pooling", "answer"),
    [
        ((-0.01, 0.01), (0.01, 0.05), (0.01, 0.05), YES),
        ((0.01, 0.05), (0.01, 0.05), (-0.02, 0.02), NEAREST),
        ((-0.01, 0.03), (0.01, 0.05), (-0.02, 0.04), NEAREST),
        ((0.01, 0.05), (-0.01, 0.01), (-0.06, -0.01), NO),
        ((-0.02, 0.05), (-0.02, 0.02), (-0.06, -0.01), NO),
        ((-0.02, 0.02), (-0.02, 0.02), (-0.02, 0.02), NO_MATTER),
    ],
)
def test_intervals_decide(focus: tuple, transfer: tuple, pooling: tuple, answer: str) -> None:
    assert pooling_answer({"focus": part(*focus), "transfer": part(*transfer), "pooling": part(*pooling)}) == answer


def test_the_reading_that_was_scored_decides() -> None:
    none = {"pooling": {"mean": None}}
    scored = {"pooling": {"mean": 0.0}}
    assert leading_reading({"ranking": scored, "regression": scored}) == "ranking"
    assert leading_reading({"ranking": none, "regression": scored}) == "regression"
    assert leading_reading({"ranking": none, "regression": none}) is None
    assert leading_reading({}) is None


def test_labels_that_are_missing_are_no_origin() -> None:
    assert _origins(pd.DataFrame({"document": [None, None], "source": ["", ""]})) == ""
    assert _origins(pd.DataFrame({"source": ["A", "", "A"]})) == "; they come from 1 source, most from A (2)"


def test_one_halving_decides_nothing() -> None:
    one = {"mean": 0.2, "low": None, "high": None}
    assert pooling_answer({"focus": one, "transfer": one, "pooling": one}) == NO_MATTER
    assert _between(one, "+") == "+0.200 (of one halving, without an interval)"
