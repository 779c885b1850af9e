"""When a difference is a verdict."""

import pytest

from semimech.evaluate.comparison import verdict_of


@pytest.mark.parametrize(
    ("difference", "lower", "upper", "margin", "verdict"),
    [
        (0.01, 0.005, 0.02, 0.002, "better"),
        (0.0015, 0.001, 0.002, 0.002, "equal"),
        (0.0015, 0.001, 0.002, 0, "better"),
        (0.01, -0.005, 0.02, 0.002, "equal"),
        (0.0023, -0.0009, 0.0055, 0.002, "equal"),
        (-0.01, -0.02, -0.005, 0.002, "worse"),
        (-0.001, -0.002, -0.0005, 0.002, "equal"),
        (-0.001, -0.002, -0.0005, 0, "worse"),
        (0.001, -0.3, 0.3, 0.002, "not told apart"),
        (0.1, -0.01, 0.2, 0.002, "not told apart"),
        (-0.1, -0.2, 0.01, 0.002, "not told apart"),
        (0.0, float("nan"), float("nan"), 0, "equal"),
        (0.1, float("nan"), float("nan"), 0.002, "not told apart"),
        (float("nan"), float("nan"), float("nan"), 0.002, ""),
    ],
)
def test_verdicts(difference: float, lower: float, upper: float, margin: float, verdict: str) -> None:
    assert verdict_of(difference, lower, upper, 0.944, margin) == verdict


def test_what_counts_as_near_grows_with_the_value() -> None:
    assert verdict_of(1e-4, -0.03, 0.03, 0.1, 0.002) == "not told apart"
    assert verdict_of(1e-4, -0.03, 0.03, 0.9, 0.002) == "equal"
    assert verdict_of(1e-4, -0.009, 0.009, 0.0, 0.002) == "equal"
