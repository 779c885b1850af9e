"""The pairs that do more or less together than their singles lead one to expect, in words."""

from __future__ import annotations

from typing import Any

import pandas as pd

from semimech.evaluate.interactions import ADDITIVE, SUPPRESSION, SYNERGY, UNTOLD
from semimech.report.reading import ReportData
from semimech.report.words import interval, number

SHOWN = 12


def interaction_rows(data: ReportData) -> dict[str, Any] | None:
    """Counts by kind in words, and the pairs whose synergy is told from 1 best; None where no pair was scored."""
    table = data.interactions
    if table.empty:
        return None
    counts = table["kind"].value_counts()
    named = {SYNERGY: "more than the sum", SUPPRESSION: "less than the sum", ADDITIVE: ADDITIVE, UNTOLD: UNTOLD}
    parts = [f"{counts[kind]:,} {words}" for kind, words in named.items() if kind in counts]
    width = (table["synergy_upper"] - table["synergy_lower"]).where(lambda size: size > 0)
    strength = ((table["synergy"] - 1).abs() / width).fillna(0)
    shown = table.loc[strength.sort_values(ascending=False, kind="stable").index[:SHOWN]]
    return {
        "words": f"Of {len(table):,} pairs that were measured beside both of their singles: {'; '.join(parts)}.",
        "rows": [_row(row) for _, row in shown.iterrows()],
    }


def _row(row: pd.Series) -> dict[str, str]:
    def bounded(name: str) -> dict[str, str]:
        return {name: number(row[name]), f"{name}_interval": interval(row[f"{name}_lower"], row[f"{name}_upper"])}

    words = {"condition": str(row["condition"]), "kind": str(row["kind"]), "dominant": str(row["dominant"])}
    return words | bounded("synergy") | bounded("weight_a") | bounded("weight_b") | bounded("unexplained")
