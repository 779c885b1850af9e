"""What the benchmarks share: the data folder, the machine in words, a command measured, a table written."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from semimech.support.machine import cores


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock and of the cores, and the largest resident memory in GB."""

    wall: float
    cpu: float
    gigabytes: float


def data_folder() -> Path:
    """SEMIMECH_DATA, else ../shared/data beside the checkout."""
    default = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    folder = Path(os.environ.get("SEMIMECH_DATA", default))
    if not folder.is_dir():
        raise SystemExit(f"There is no data folder {folder}: set SEMIMECH_DATA.")
    return folder


def machine() -> str:
    """Processor, cores, Python and date."""
    return f"{platform.machine()}, {cores()} cores, Python {platform.python_version()}, {datetime.date.today()}"


def measured(command: Sequence[str]) -> Cost:
    """Run a command quietly in a process of its own; its failure is shown and ends the benchmark."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = process.stderr.read() if process.stderr else ""
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(command)} failed: {said}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e9)


def write_table(script: str, lines: Sequence[str]) -> None:
    """The table beside its script."""
    Path(script).with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")
