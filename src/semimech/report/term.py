"""The section on the steady-state term: how strong it is, what it changes, and how much less fits scatter."""

from __future__ import annotations

from typing import Any

from semimech.evaluate.ratio import verdict_on
from semimech.evaluate.sentences import held_out
from semimech.report.reading import ReportData
from semimech.report.words import count, interval, number
from semimech.runs.steady_state import FILE


def term_of(data: ReportData) -> dict[str, Any] | None:
    """Words and rows as text; None for a run without the term."""
    if not (data.run.path / f"{FILE}.json").is_file():
        return None
    kept = data.run.json(FILE)
    tried = zip(kept["tried"], kept["left_out"], strict=True)
    rows = data.run.table(FILE).to_dict("records")
    return {
        "said": kept["said"],
        "tried": [{"strength": number(each), "error": number(error)} for each, error in tried if error is not None],
        "chosen": number(kept["lambda"]),
        "rows": [
            {
                "held_out": held_out(row["split"]),
                "error": number(row["error"]),
                "other_error": number(row["other_error"]),
                "ratio": number(row["ratio"]),
                "interval": interval(row["lower"], row["upper"]),
                "verdict": verdict_on(row["ratio"], row["lower"], row["upper"]),
                "spread": number(row["spread"]),
                "n": count(row["n_conditions"]),
            }
            for row in rows
        ],
    }
