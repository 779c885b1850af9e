"""Numbers and rows of the report as text."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from semimech.evaluate.scores import ScoreCard

NONE = "–"
WORDS = {"better": "better", "equal": "does as well", "worse": "worse", "not told apart": "not told apart"}


def number(value: Any, sign: bool = False, beside: float | None = None) -> str:
    """Three digits after the point, or as many as a small or large number needs; a dash where there is none.

    A difference or spread is written no finer than the value it stands `beside`.
    """
    if value is None or not isinstance(value, int | float) or not math.isfinite(value):
        return NONE
    size = abs(value)
    plus = "+" if sign else ""
    if value == 0:
        return "0"
    is_plain = 0.001 <= size < 1000 or (beside is not None and 0.01 <= abs(beside) < 1000)
    text = f"{value:{plus}.3f}" if is_plain else f"{value:{plus}.2e}"
    # .938 rather than 0.938, as in the judge's sentences.
    return (text.replace("0.", ".", 1) if size < 1 and "e" not in text else text).replace("-", "−")


def interval(lower: Any, upper: Any, sign: bool = False, beside: float | None = None) -> str:
    """`[.1, .2]`, or nothing where there is no interval."""
    if number(lower) == NONE or number(upper) == NONE:
        return ""
    return f"[{number(lower, sign, beside)}, {number(upper, sign, beside)}]"


def direction(card: ScoreCard) -> str:
    """`higher is better, best 1`."""
    return f"{'higher' if card.higher_is_better else 'lower'} is better, best {card.best:g}"


def count(value: Any) -> str:
    """A whole number with thousands marked."""
    return f"{int(value):,}" if value is not None and value == value else NONE


def score_row(row: dict[str, Any], card: ScoreCard) -> dict[str, Any]:
    """One line of a score table, every cell as text."""
    has_ceiling = number(row["ceiling"]) != NONE
    stand = row["verdict"] if isinstance(row["verdict"], str) else ""
    stepped = number(row["ceiling_stepped"])
    return {
        "model": row["model"],
        "score": card.title,
        "direction": direction(card),
        "is_baseline": bool(row["is_baseline"]),
        "value": number(row["value"]),
        "interval": interval(row["lower"], row["upper"], beside=row["value"]),
        "best_baseline": row["best_baseline"],
        "best_baseline_value": number(row["best_baseline_value"]),
        "difference": number(row["difference"], True, row["value"]),
        "difference_interval": interval(row["difference_lower"], row["difference_upper"], True, row["value"]),
        "standing": stand.replace(" ", "-"),
        "standing_words": WORDS.get(stand, ""),
        "ceiling": number(row["ceiling"]) if has_ceiling else "no ceiling",
        "ceiling_stepped": stepped if has_ceiling and stepped != NONE else "",
        "scaled": number(row["scaled"]),
        "folds_sd": number(row["folds_sd"], beside=row["value"]),
        "seeds_sd": number(row["seeds_sd"], beside=row["value"]),
        "n": count(row["n_conditions"]),
        "folds": count(row["n_folds"]),
    }


def ordered(rows: pd.DataFrame, card: ScoreCard) -> pd.DataFrame:
    """Models before baselines, the better ones first."""
    key = rows["value"] if not card.higher_is_better else -rows["value"]
    return rows.assign(_key=key.fillna(math.inf)).sort_values(["is_baseline", "_key"], kind="stable")


def duration(seconds: Any) -> str:
    """`2 min 5 s`."""
    if seconds is None:
        return NONE
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def memory(size: Any) -> str:
    """`1.2 GiB`."""
    return f"{size / 2**30:.2f} GiB" if size else NONE
