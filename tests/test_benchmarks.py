"""What the benchmarks count, where a mistake would not be seen in their pages."""

import numpy as np
from benchmarks.coverage import LEVELS, Found, by_unit, pooled, row


def found(units: tuple[str, ...], inside: list[float]) -> Found:
    counts = np.repeat(np.array(inside)[:, None], len(LEVELS), axis=1)
    return Found(units, counts, np.full(len(units), 10.0), 1.0, "")


def test_a_condition_held_out_twice_is_drawn_once_with_both() -> None:
    parts = [found(("a", "b"), [9, 3]), found(("b", "c"), [5, 8])]
    counts, counted = by_unit(parts)
    np.testing.assert_array_equal(counts[:, 0], [9, 8, 8])
    np.testing.assert_array_equal(counted, [10, 20, 10])
    np.testing.assert_allclose(pooled(parts), 25 / 40)


def test_two_folds_of_the_same_screens_tell_no_more_than_one() -> None:
    once = [found(("1",), [9]), found(("2",), [3]), found(("3",), [6])]
    assert row(("simulated", "x", "y"), once) == row(("simulated", "x", "y"), once * 2)
    assert "[" in row(("simulated", "x", "y"), once)[5]
