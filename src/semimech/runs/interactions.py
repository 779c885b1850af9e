"""Interaction scores of the pairs of a run, kept in its folder."""

from __future__ import annotations

import pandas as pd

from semimech.data.screen import Screen
from semimech.evaluate.interactions import interactions_of
from semimech.runs.folder import RunFolder

FILE = "interactions"


def keep_interactions(run: RunFolder, screen: Screen, seed: int) -> None:
    """Score every pair that was measured beside its singles; nothing is written where there is none."""
    if (run.path / f"{FILE}.csv").is_file() or not any(c.is_combination for c in screen.conditions):
        return
    found = interactions_of(screen, seed=seed)
    if len(found):
        run.write_table(FILE, found)


def read_interactions(run: RunFolder) -> pd.DataFrame:
    """The table; empty where there is none."""
    return run.table(FILE) if (run.path / f"{FILE}.csv").is_file() else pd.DataFrame()
