"""Time and memory of `semimech simulate`: 100,000 cells x 2,000 genes, and cells with intrinsic noise.

Run: python -m benchmarks.simulate; it writes the table benchmarks/simulate.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from benchmarks._common import measured
from benchmarks._page import heading, table

COMMON = """
[[perturbations]]
kind = "knock-out"
count = {knockouts}
efficiency = 0.8

[[perturbations]]
kind = "knock-down"
count = {knockdowns}

[sampling]
batches = 4
rows = {rows}
control_rows = {controls}

[measurement]
dropout = 0.2
failing = 0.03
"""
SCREENS = {
    "counts, 100,000 x 2,000": (
        "[topology]\nnodes = 2000\nregulators = 200\nedges = 3.0\n",
        {"knockouts": 150, "knockdowns": 47, "rows": 120, "controls": 1360},
    ),
    "counts, 25,000 x 2,000": (
        "[topology]\nnodes = 2000\nregulators = 200\nedges = 3.0\n",
        {"knockouts": 150, "knockdowns": 47, "rows": 30, "controls": 340},
    ),
    "counts with intrinsic noise, 20,000 x 100": (
        "[topology]\nnodes = 100\nregulators = 40\nedges = 3.0\n[kinetics]\nintrinsic_noise = 0.05\n",
        {"knockouts": 20, "knockdowns": 20, "rows": 120, "controls": 200},
    ),
}
LIMIT_SECONDS = 180


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    arguments = parser.parse_args()
    rows, seconds, load = [], {}, os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        for name, (topology, numbers) in SCREENS.items():
            config, path = Path(folder) / "experiment.toml", Path(folder) / "screen.h5ad"
            config.write_text(topology + COMMON.format(**numbers), encoding="utf-8")
            cost = measured([sys.executable, "-m", "semimech", "simulate", str(config), "-o", str(path)])
            seconds[name] = cost.wall
            size = path.stat().st_size / 1e9
            rows.append((name, f"{cost.wall:.0f}", f"{cost.cpu:.0f}", f"{cost.gigabytes:.2f}", f"{size:.2f}"))
            print(rows[-1])
    lines = heading("Time and memory of `semimech simulate`", "simulate")
    lines += [
        f"Hill kinetics, 72 h, 4 batches, knock-outs that edit .8 of their cells, dropout, failing cells. Bar: 100,000 "
        f"cells x 2,000 genes below {LIMIT_SECONDS} s, memory that does not grow with the cells. With intrinsic noise "
        "every cell is integrated for itself (368 steps with the settling before) and its own levels are written too. "
        f"Load of the machine by other work when it began: {load:.1f}.",
        "",
    ]
    lines += table(("screen", "time, s", "of the cores, s", "peak memory, GB", "file, GB"), rows)
    arguments.out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    if seconds["counts, 100,000 x 2,000"] > LIMIT_SECONDS:
        raise SystemExit(f"100,000 cells x 2,000 genes took more than {LIMIT_SECONDS} s")


if __name__ == "__main__":
    main()
