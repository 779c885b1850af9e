"""One model against another, on the same conditions and with the same bootstrap weights."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from semimech.evaluate.bootstrap import interval
from semimech.evaluate.scores import ScoreCard
from semimech.evaluate.tally import Tally

PAIR_COLUMNS = (
    "split", "model", "other", "score", "difference", "difference_lower", "difference_upper", "verdict",
    "n_conditions",
)  # fmt: skip


def verdict_of(difference: float, lower: float, upper: float, value: float, margin: float) -> str:
    """What a difference to a model of that value, with its interval, says.

    better: the difference is above the margin and its whole interval above 0; worse: the same below; equal: neither,
    and the whole interval lies within 5 margins, or 5 % of the value if that is more, of 0, or the two values are the
    same; not told apart: all else, any other difference without an interval among it.
    """
    if np.isnan(difference):
        return ""
    if difference > margin and lower > 0:
        return "better"
    if difference < -margin and upper < 0:
        return "worse"
    near = max(5 * margin, 0.05 * abs(value))
    return "equal" if difference == 0 or (-near <= lower and upper <= near) else "not told apart"


def best_baseline(values: Mapping[str, float], names: Collection[str], sign: int) -> str | None:
    """The baseline of the best value; None where none has one."""
    known = [name for name in values if name in names and np.isfinite(values[name])]
    return max(known, key=lambda name: sign * values[name]) if known else None


def difference(found: Tally, card: int, definition: ScoreCard, model: int, other: int | None) -> dict[str, float | str]:
    """How much better (positive) a model is than another, with the paired interval and the verdict."""
    if other is None:
        nothing = float("nan")
        return {"difference": nothing, "difference_lower": nothing, "difference_upper": nothing, "verdict": ""}
    sign, beside = definition.sign, float(found.value[other, card])
    value = sign * (float(found.value[model, card]) - beside)
    lower, upper = interval(sign * (found.draws[model, card] - found.draws[other, card]))
    return {
        "difference": value,
        "difference_lower": lower,
        "difference_upper": upper,
        "verdict": verdict_of(value, lower, upper, beside, definition.margin),
    }


def pairs_of(split: str, found: Tally, cards: Sequence[ScoreCard], models: Sequence[str], n: int) -> pd.DataFrame:
    """Every model against every other one that is not a baseline, by every score; n: the conditions behind them."""
    rows = [
        {
            "split": split,
            "model": a,
            "other": b,
            "score": card.name,
            **difference(found, c, card, found.models.index(a), found.models.index(b)),
            "n_conditions": n,
        }
        for a, b in combinations(models, 2)
        for c, card in enumerate(cards)
    ]
    return pd.DataFrame(rows, columns=list(PAIR_COLUMNS))
