"""Scores by the published protocol, of models that a run was told to train as published, kept in its folder."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.evaluate.published import published_of
from semimech.models.base import Prediction
from semimech.models.baselines.lookup import ConditionMean
from semimech.runs.folder import RunFolder

FILE = "published"
SPLIT = "cells"  # the protocol predicts perturbations that were seen
BESIDE = ConditionMean.name


def keep_published(
    run: RunFolder, screen: Screen, compat: Iterable[str], predictions: Iterable[tuple[Split, str, int, Prediction]]
) -> None:
    """Score the `compat` models, and the condition mean beside them, on held-out cells; nothing without such a model.

    predictions: split, model, seed and what was predicted for the split's test conditions.
    """
    models = set(compat)
    rows = []
    for split, model, seed, prediction in predictions if models else ():
        if split.name == SPLIT and model in models | {BESIDE}:
            found = published_of(screen, split, prediction)
            row = {"model": model, "split": split.name, "fold": split.fold, "seed": seed}
            rows.append(row | {"published": found.published, "held_out": found.held_out})
    if rows:
        run.write_table(FILE, pd.DataFrame(rows))


def read_published(run: RunFolder) -> pd.DataFrame:
    """The table; empty where no model was trained as published."""
    return run.table(FILE) if (run.path / f"{FILE}.csv").is_file() else pd.DataFrame()
