"""The assumptions of models, tested on the screen of a run and kept in its folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from semimech.data.screen import Screen
from semimech.evaluate.assumptions import Verdict, assumptions_of
from semimech.runs.folder import RunFolder
from semimech.support.progress import Monitor

FILE = "assumptions"


def keep_assumptions(run: RunFolder, screen: Screen, seed: int, monitor: Monitor) -> None:
    """Test the screen and write what was found, where that is not done."""
    if not (run.path / f"{FILE}.json").is_file():
        write_verdicts(run, assumptions_of(screen, seed=seed, monitor=monitor))


def write_verdicts(run: RunFolder, verdicts: Sequence[Verdict], pictures: str = FILE) -> list[Path]:
    """Write assumptions.json, and what is to be drawn as NAME.csv in the folder `pictures`; gives the files."""
    drawn = [verdict for verdict in verdicts if len(verdict.picture)]
    for verdict in drawn:
        run.write_table(f"{pictures}/{verdict.assumption.name}", verdict.picture)
    run.write_json(FILE, [verdict.as_dict() for verdict in verdicts])
    return [run.path / f"{FILE}.json", *(run.path / pictures / f"{verdict.assumption.name}.csv" for verdict in drawn)]


def read_verdicts(run: RunFolder) -> list[dict[str, Any]]:
    """The verdicts as plain values, with the table 'picture' where there is one; empty where none were made."""
    if not (run.path / f"{FILE}.json").is_file():
        return []
    return [verdict | {"picture": _picture(run, verdict["name"])} for verdict in run.json(FILE)]


def _picture(run: RunFolder, name: str) -> pd.DataFrame | None:
    file = f"{FILE}/{name}"
    return run.table(file) if (run.path / f"{file}.csv").is_file() else None
