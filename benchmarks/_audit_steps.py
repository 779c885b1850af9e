"""One command of `semimech audit` in a process of its own: seconds and peak memory of each of its steps, as JSON.

python -m benchmarks._audit_steps check|conflict|confounding FILE
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from benchmarks._bioactivity_table import SERIES

from semimech.audit import Bioactivities, read_bioactivities
from semimech.audit.check import check_bioactivities
from semimech.audit.conflict_audit import audit_conflict
from semimech.audit.conflict_words import conflict_sentences
from semimech.audit.confounding import confounding_of
from semimech.audit.confounding_words import confounding_sentences
from semimech.support.machine import peak_memory
from semimech.support.progress import Monitor


class Clock:
    """A monitor that notes what each stage cost, from when it is told to when the next one is."""

    def __init__(self) -> None:
        self.stages: list[dict[str, float | str]] = []
        self.stage, self.wall, self.cpu = "start", time.perf_counter(), time.process_time()

    def __call__(self, stage: str, done: float, total: float) -> None:
        if stage == self.stage:
            return
        wall, cpu = time.perf_counter(), time.process_time()
        self.stages.append(
            {"stage": self.stage, "wall": wall - self.wall, "cpu": cpu - self.cpu, "peak": (peak_memory() or 0) / 1e9}
        )
        self.stage, self.wall, self.cpu = stage, wall, cpu


def check(table: Bioactivities, mask: np.ndarray, monitor: Monitor) -> list[str]:
    """What the check says of the series."""
    return [f"{name}: {value}" for name, value in check_bioactivities(table, mask).facts]


def conflict(table: Bioactivities, mask: np.ndarray, monitor: Monitor) -> list[str]:
    """The sentences and the table of conflicting features."""
    audit = audit_conflict(table, mask, monitor=monitor)
    monitor("the table of features", 0, 1)
    audit.table()
    return conflict_sentences(audit)


def confounding(table: Bioactivities, mask: np.ndarray, monitor: Monitor) -> list[str]:
    """The sentences of chemistry beside source."""
    return confounding_sentences(confounding_of(table, mask, monitor=monitor))


COMMANDS: dict[str, Callable[[Bioactivities, np.ndarray, Monitor], list[str]]] = {
    "check": check, "conflict": conflict, "confounding": confounding,
}  # fmt: skip


def main() -> None:
    """Print the steps of a command."""
    command, file = sys.argv[1:]
    clock = Clock()
    table = read_bioactivities(Path(file), monitor=clock)
    mask = table.series("document", SERIES)
    clock(command, 0, 1)
    said = COMMANDS[command](table, mask, clock)
    clock("end", 1, 1)
    print(json.dumps({"rows": len(table.measurements), "stages": clock.stages, "said": said}))


if __name__ == "__main__":
    main()
