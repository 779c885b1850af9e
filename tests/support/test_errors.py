"""Lists in sentences stay short."""

import pytest

from semimech.support.errors import UserError, listed


@pytest.mark.parametrize(
    ("names", "text"),
    [(["A"], "A"), (["A", "B"], "A, B"), (list("ABCDEFG"), "A, B, C, D, E and 2 more"), (range(3), "0, 1, 2")],
)
def test_listed(names: object, text: str) -> None:
    assert listed(names) == text


def test_listed_counts_thousands() -> None:
    assert listed(range(5_000), limit=1) == "0 and 4,999 more"


def test_user_error_is_no_system_error() -> None:
    assert not issubclass(UserError, OSError | ValueError)
