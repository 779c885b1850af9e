"""The answer to 'may I pool' from the intervals of one reading."""

import pytest

from semimech.runs.audit_verdict import NEAREST, NO, NO_MATTER, YES, pooling_answer


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
