"""One model against another, on the same conditions and with the same bootstrap weights."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from semimech.evaluate.bootstrap import interval
from semimech.evaluate.scores import ScoreCard
from semimech.evaluate.tally import Tally

EQUAL = 0.002  # differences up to this are of no consequence, however sure
PAIR_COLUMNS = (
    "split", "model", "other", "score", "difference", "difference_lower", "difference_upper", "verdict",
)  # fmt: skip


def verdict_of(difference: float, lower: float, upper: float) -> str:
    """better: the interval lies above 0; worse: below; equal: it covers 0, is not known, or differs by .002 or less."""
    if np.isnan(difference):
        return ""
    if abs(difference) <= EQUAL or np.isnan(lower) or lower <= 0 <= upper:
        return "equal"
    return "better" if lower > 0 else "worse"


def best_baseline(values: Mapping[str, float], names: Collection[str], sign: int) -> str | None:
    """The baseline of the best value; None where none has one."""
    known = [name for name in values if name in names and np.isfinite(values[name])]
    return max(known, key=lambda name: sign * values[name]) if known else None


def difference(found: Tally, card: int, sign: int, model: int, other: int | None) -> dict[str, float | str]:
    """How much better (positive) a model is than another, with the paired interval and the verdict."""
    if other is None:
        nothing = float("nan")
        return {"difference": nothing, "difference_lower": nothing, "difference_upper": nothing, "verdict": ""}
    value = sign * float(found.value[model, card] - found.value[other, card])
    lower, upper = interval(sign * (found.draws[model, card] - found.draws[other, card]))
    return {
        "difference": value,
        "difference_lower": lower,
        "difference_upper": upper,
        "verdict": verdict_of(value, lower, upper),
    }


def pairs_of(split: str, found: Tally, cards: Sequence[ScoreCard], models: Sequence[str]) -> pd.DataFrame:
    """Every model against every other one that is not a baseline, by every score."""
    rows = [
        {
            "split": split,
            "model": a,
            "other": b,
            "score": card.name,
            **difference(found, c, card.sign, found.models.index(a), found.models.index(b)),
        }
        for a, b in combinations(models, 2)
        for c, card in enumerate(cards)
    ]
    return pd.DataFrame(rows, columns=list(PAIR_COLUMNS))
