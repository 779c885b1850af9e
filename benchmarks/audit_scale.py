"""A table of 100,000 compounds through check, conflict and confounding: seconds and peak memory of each step.

    python -m benchmarks.audit_scale [--rows 100000] [--out benchmarks/audit_scale.md]

Every command runs in a process of its own, on one thread of linear algebra.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks._bioactivity_table import SERIES, written
from benchmarks._page import heading, paragraph, parser_of, table

COMMANDS = ("check", "conflict", "confounding")
LIMIT = 600
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def main() -> None:
    """Write the page."""
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--rows", type=int, default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = written(Path(folder), arguments.rows)
        found = {command: run(command, file) for command in COMMANDS}
    lines = heading(f"Audit of {arguments.rows:,} compounds", "audit_scale") + page(found)
    arguments.out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def run(command: str, file: Path) -> dict[str, Any]:
    """The steps of a command; its failure ends the benchmark."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks._audit_steps", command, str(file)],
        env=os.environ | ONE_THREAD,
        check=True,
        capture_output=True,
        text=True,
    )
    print(command, done.stdout[-300:], flush=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def page(found: Mapping[str, dict[str, Any]]) -> list[str]:
    """The table of steps, the sums beside the bar, and what the commands say."""
    rows = found["check"]["rows"]
    lines = paragraph(
        f"{rows:,} rows made of 40 scaffolds and 50 x 50 substituents with salts, bounds, assays, documents and years "
        f"(benchmarks/_bioactivity_table.py); the series is the document {SERIES} of 300 compounds. Each command reads "
        "the table itself and runs on one thread. Seconds are those of the processor, which is what a quiet core "
        "takes; wall time is that of this machine under whatever else it did. Peak is the largest memory up to the end "
        "of the step."
    )
    steps = []
    for command, run_ in found.items():
        for stage in run_["stages"][1:]:
            numbers = (f"{stage['cpu']:.1f}", f"{stage['wall']:.1f}", f"{stage['peak']:.2f}")
            steps.append([command, stage["stage"], *numbers])
        sums = (sum(stage[name] for stage in run_["stages"]) for name in ("cpu", "wall"))
        peak = max(stage["peak"] for stage in run_["stages"])
        steps.append([f"**{command}**", "**all**", *(f"**{value:.0f}**" for value in sums), f"**{peak:.2f}**"])
    lines += table(("command", "step", "processor, s", "wall, s", "peak, GB"), steps)
    cpu, wall = (sum(stage[name] for run_ in found.values() for stage in run_["stages"]) for name in ("cpu", "wall"))
    peak = max(stage["peak"] for run_ in found.values() for stage in run_["stages"])
    reached = "reached" if cpu < LIMIT else "NOT reached"
    lines += paragraph(
        f"All three together: {cpu:.0f} s of one core ({wall:.0f} s by the clock here); the bar of {LIMIT} s on two "
        f"cores is {reached} by processor time. Largest memory {peak:.2f} GB. A matrix of all pairs of {rows:,} "
        f"compounds would be {rows**2 * 4 / 1e9:.0f} GB: similarities are to 750 landmarks, or in blocks of 4,096, and "
        "one law is fitted to 5,000 compounds."
    )
    for command in ("conflict", "confounding"):
        lines += [f"What `{command}` says of it:", ""]
        lines += [line for sentence in found[command]["said"] for line in paragraph(sentence)]
    return lines


if __name__ == "__main__":
    main()
