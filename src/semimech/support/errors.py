"""The one exception a user may see: a sentence with the place and the remedy."""

from __future__ import annotations


class UserError(Exception):
    """One clear sentence about what is wrong, where, and what to do; the command line exits with code 2.

    >>> raise UserError("expr.csv row 12 has 98 values, the other rows have 99: complete the row.")
    Traceback (most recent call last):
    ...
    semimech.support.errors.UserError: expr.csv row 12 has 98 values, the other rows have 99: complete the row.
    """


def listed(names: object, limit: int = 5) -> str:
    """`a, b, c and 7 more`: a list short enough for one sentence."""
    items = [str(name) for name in names]  # type: ignore[attr-defined]
    if len(items) <= limit:
        return ", ".join(items)
    return f"{', '.join(items[:limit])} and {len(items) - limit:,} more"
