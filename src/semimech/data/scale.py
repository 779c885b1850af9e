"""The three scales a screen can be measured on, and how to tell them apart."""

from __future__ import annotations

from typing import Any, Literal

Scale = Literal["counts", "log-normalised", "log-ratio"]
LARGEST_LOG = 30.0  # e^30 counts are in no cell: larger fractional values were normalised, but not logged


def guess_scale(values: Any) -> tuple[Scale | None, str]:
    """(scale, why) of a sample of finite values; scale None where none of the three can be told.

    Any negative value: log-ratio. Whole numbers only: counts. Fractions up to 30: log-normalised.
    """
    if not values.size:
        return "counts", "every value of the sample is zero"
    smallest, largest = float(values.min()), float(values.max())
    if smallest < 0:
        return "log-ratio", f"values lie on both sides of zero ({smallest:.3g} to {largest:.3g})"
    if bool((values == values.round()).all()):
        return "counts", f"all values are whole numbers, up to {largest:,.0f}"
    if largest <= LARGEST_LOG:
        return "log-normalised", f"values are fractions, none negative, up to {largest:.3g}"
    return None, f"values are fractions, none negative, up to {largest:,.0f}"
