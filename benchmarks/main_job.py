"""Time and memory of the main job: `semimech --help`, `import semimech`, and whole runs on two real screens.

Run: python -m benchmarks.main_job; it reads the folder SEMIMECH_DATA (else ../shared/data) and writes
benchmarks/main_job.md.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks._common import data_folder, machine, measured, write_table

COMMAND = [sys.executable, "-m", "semimech"]


@dataclass(frozen=True)
class Job:
    """What is timed, the limits in seconds and GB, and where its run folder is."""

    title: str
    command: list[str]
    seconds: float
    gigabytes: float | None = None
    run: Path | None = None


def main() -> None:
    """Time every job once, in a process of its own."""
    data = data_folder()
    with tempfile.TemporaryDirectory() as folder:
        rows = [row(job) for job in jobs(data, Path(folder))]
    lines = [
        "# The main job",
        "",
        f"Command: `python -m benchmarks.main_job`; {machine()}. Each command once, in a process of its own.",
        "",
        "| command | wall, s | CPU, s | peak memory, GB | limit | verdict |",
        "| --- | --- | --- | --- | --- | --- |",
        *rows,
    ]
    write_table(__file__, lines)


def jobs(data: Path, folder: Path) -> list[Job]:
    """Help, import, and the two runs."""
    sk, papalexi = folder / "sk", folder / "papalexi"
    cells = str(data / "papalexi2021" / "papalexi2021.h5ad")
    return [
        Job("`semimech --help`", [*COMMAND, "--help"], 1),
        Job("`import semimech`", [sys.executable, "-c", "import semimech"], 0.3),
        Job("`semimech run sk-mel-133`", [*COMMAND, "run", str(data / "sk-mel-133"), "--out", str(sk)], 240, 1.5, sk),
        Job(
            '`semimech run papalexi2021.h5ad --keep "top_frac > 0.8"`',
            [*COMMAND, "run", cells, "--keep", "top_frac > 0.8", "--out", str(papalexi)],
            300,
            None,
            papalexi,
        ),
    ]


def row(job: Job) -> str:
    """One line of the table; a command that fails ends the benchmark."""
    cost = measured(job.command)
    limits = f"{job.seconds:g} s" + (f", {job.gigabytes:g} GB" if job.gigabytes else "")
    verdict = json.loads((job.run / "verdict.json").read_text(encoding="utf-8"))["headline"] if job.run else ""
    text = f"| {job.title} | {cost.wall:.2f} | {cost.cpu:.2f} | {cost.gigabytes:.2f} | {limits} | {verdict} |"
    print(text, flush=True)
    return text


if __name__ == "__main__":
    main()
