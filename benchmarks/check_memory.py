"""Peak memory and time of `semimech check` on a simulated sparse screen of 130,000 cells x 8,500 genes.

Run: python -m benchmarks.check_memory; it writes the table benchmarks/check_memory.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp
from anndata.io import write_elem
from benchmarks._common import machine, measured

CHUNK = 2_000
TARGETS = 300
BATCHES = 8
LIMIT_GB = 2.0


def main() -> None:
    arguments = parsed()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "simulated.h5ad"
        filled = write_screen(path, arguments.cells, arguments.genes)
        for options in (["--backed"], ["--no-backed"]):
            cost = measured([sys.executable, "-m", "semimech", "check", str(path), *options])
            size = path.stat().st_size / 1e9
            rows.append((" ".join(options), f"{size:.2f}", f"{cost.wall:.1f}", f"{cost.gigabytes:.2f}"))
            print(rows[-1])
    shape = f"{arguments.cells:,} cells x {arguments.genes:,} genes, {filled:.1%} not zero, {TARGETS} knock-outs"
    write_table(arguments.out, shape, rows)
    if any(float(peak) > LIMIT_GB for option, _, _, peak in rows if option == "--backed"):
        raise SystemExit(f"the backed check took more than {LIMIT_GB} GB")


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=130_000)
    parser.add_argument("--genes", type=int, default=8_500)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    return parser.parse_args()


def write_screen(path: Path, cells: int, genes: int, seed: int = 0) -> float:
    """Write raw counts chunk by chunk as an h5ad; returns the share of values that are not zero."""
    random = np.random.default_rng(seed)
    labels = random.integers(-TARGETS // 10, TARGETS, cells)  # a tenth of the weight to controls
    names = np.array([f"GENE{j}" for j in range(genes)], dtype=object)
    words = np.where(labels < 0, "non-targeting", names[np.maximum(labels, 0)])
    obs = pd.DataFrame(
        {
            "target_gene": pd.Categorical(words),
            "batch": pd.Categorical([f"lane {b}" for b in random.integers(0, BATCHES, cells)]),
        },
        index=[f"cell{i}" for i in range(cells)],
    )
    with h5py.File(path, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        write_elem(file, "obs", obs)
        write_elem(file, "var", pd.DataFrame(index=pd.Index(names)))
        group = file.create_group("X")
        group.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": (cells, genes)})
        pointers = [np.zeros(1, np.int64)]
        for name, dtype in (("data", np.float32), ("indices", np.int32)):
            group.create_dataset(name, (0,), dtype, maxshape=(None,), chunks=(2**18,))
        for start in range(0, cells, CHUNK):
            block = simulated(labels[start : start + CHUNK], genes, random)
            end = pointers[-1][-1]
            for name, values in (("data", block.data), ("indices", block.indices)):
                group[name].resize((end + block.nnz,))
                group[name][end:] = values
            pointers.append(end + block.indptr[1:])
        group["indptr"] = np.concatenate(pointers)
    return float(pointers[-1][-1]) / (cells * genes)


def simulated(labels: np.ndarray, genes: int, random: np.random.Generator) -> sp.csr_array:
    """Counts of a chunk: 6 % of the genes of each cell, and each target seldom where it is knocked out."""
    cells, expressed = len(labels), int(0.06 * genes)
    rows = np.repeat(np.arange(cells), expressed)
    columns = random.integers(0, genes, len(rows))
    values = random.geometric(0.6, len(rows))
    knocked = columns == labels[rows]
    kept = ~knocked | (random.random(len(rows)) < 0.2)
    block = sp.coo_array((values[kept], (rows[kept], columns[kept])), shape=(cells, genes), dtype=np.float32).tocsr()
    block.sum_duplicates()
    return block


def write_table(path: Path, shape: str, rows: list[tuple[str, str, str, str]]) -> None:
    lines = [
        "# Memory of `semimech check`",
        "",
        f"Simulated raw counts, {shape}, {BATCHES} batches. {machine()}.",
        "Command: `python -m benchmarks.check_memory`. Bar: backed, below 2 GB.",
        "",
        "| option | file, GB | time, s | peak memory, GB |",
        "| --- | --- | --- | --- |",
        *(f"| `{option}` | {size} | {seconds} | {peak} |" for option, size, seconds, peak in rows),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
