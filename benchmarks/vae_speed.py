"""Seconds of an epoch of the perturbation VAEs, against PyTorch with the same shapes and losses.

Run: python -m benchmarks.vae_speed --torch PYTHON, PYTHON being an interpreter of an environment with PyTorch
(python -m venv torch-env && torch-env/bin/pip install torch); it writes benchmarks/vae_speed.md. Each program runs in
a process of its own, one after the other, with one thread; CPU seconds, without compilation and first epochs. (With
more threads than idle cores PyTorch's wait for each other; on a busy machine only CPU seconds of one thread compare.)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import h5py
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import scipy.sparse as sp
from benchmarks._page import heading, parser_of, table
from benchmarks.gradient_step import high_water

from semimech.data.backed import MatrixOnDisk
from semimech.data.condition import Perturbation
from semimech.data.minibatches import even_size
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.vae import GpoVAE, SamsVAE
from semimech.models.vae import learning as steps_of_learning
from semimech.models.vae.batches import Cells
from semimech.models.vae.form import Form, Minibatch, Parameters, Tables
from semimech.models.vae.training import Schedule, Trained, bounds, started, steps
from semimech.support.progress import Monitor

CELLS, GENES, PERTURBED, BATCH, EPOCHS, ROUNDS = 3200, 1000, 75, 512, 4, 1
SIZES = {"latents": 100, "hidden": 400, "batch_size": BATCH, "rate": 3e-4}
FIVE = {"particles": 5, "guide": "network", "offset": False}
MODELS = {
    "sams, five": SamsVAE(**SIZES, **FIVE),
    "sams, one": SamsVAE(**SIZES),
    "gpo, five": GpoVAE(**SIZES, **FIVE, nodes=PERTURBED, again=1.0, quality_column="good", compat="gpo-vae"),
    "gpo, one": GpoVAE(**SIZES, nodes=PERTURBED, quality_column="good"),
}
BARS = {"sams, five": 5, "gpo, five": 8, "sams, one": 12, "gpo, one": 20}
ON_DISK = (40_000, 80_000, 160_000)
BUDGET = 20.0  # seconds of training for the held-out bounds


class Prepared(Exception):
    """Carries what a fit would train, so that the training alone is timed."""


def main() -> None:
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--torch", default=sys.executable)
    parser.add_argument("--time", help="time one model and print JSON")
    parser.add_argument("--bound", help="held-out bound of one model after some time and print JSON")
    parser.add_argument("--cells", type=int, help="fit that many cells from disk and print the peak memory as JSON")
    arguments = parser.parse_args()
    if arguments.time:
        print(json.dumps(timed(arguments.time)))
    elif arguments.cells:
        print(json.dumps(from_disk(arguments.cells)))
    elif arguments.bound:
        print(json.dumps(bound_after(arguments.bound)))
    else:
        arguments.out.write_text("\n".join(page(arguments.torch)), encoding="utf-8")


def page(torch: str) -> list[str]:
    seconds: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for family in ("sams", "gpo"):
            for kind in ("published", "lean"):
                command = [torch, str(Path(__file__).with_name("_vae_torch.py")), family, kind, "1"]
                seconds.setdefault(f"{family} {kind}", []).append(min(output(command)[1:]))
            for particles in ("five", "one"):
                name = f"{family}, {particles}"
                command = [sys.executable, "-m", "benchmarks.vae_speed", "--time", name]
                seconds.setdefault(name, []).append(min(output(command)["epochs"]))
    best = {name: float(np.median(found)) for name, found in seconds.items()}
    print(best, flush=True)
    rows = []
    for name, bar in BARS.items():
        family = name.split(",")[0]
        ratios = [best[f"{family} {kind}"] / best[name] for kind in ("published", "lean")]
        met = "met" if ratios[0] >= bar else "NOT met"
        rows.append([name, f"{best[name]:.2f}", *(f"{ratio:.1f}" for ratio in ratios), f"{bar} x: {met}"])
    torch_rows = [[name, f"{best[name]:.2f}"] for name in best if "," not in name]
    command = [sys.executable, "-m", "benchmarks.vae_speed", "--bound"]
    kept = {particles: output([*command, f"sams, {particles}"]) for particles in ("five", "one")}
    bound_rows = [[name, f"{each['epochs']}", f"{each['bound']:.2f}"] for name, each in kept.items()]
    return [
        *heading("Speed of the perturbation VAEs", "vae_speed"),
        f"{CELLS:,} cells x {GENES:,} genes, T = {PERTURBED}, batch {BATCH} (semimech: 464, so that seven "
        "hold all cells with hardly an empty place), latent 100, hidden 400, one thread; CPU "
        f"seconds of an epoch, the best of {EPOCHS - 1} in a process, median of {ROUNDS} process(es) in turn "
        f"(load average of the machine at the end {os.getloadavg()[0]:.1f}). PyTorch: written for this page from "
        "the equations, same shapes and losses, five particles; 'published' also does what the published programs are "
        "known to waste (cells drawn and discarded, both qualities decoded, effects drawn twice), 'lean' does not. "
        "five: five particles that share E and M, perceptron guide; gpo with the published losses (counterfactual from "
        "one of the five). one: the defaults, E and M drawn for each cell; gpo makes the counterfactual of a quarter "
        "of the cells.",
        "",
        *table(["PyTorch", "s"], torch_rows),
        *table(["semimech", "s", "times faster than published", "than lean", "bar (published)"], rows),
        f"Held-out negative bound of the sams model after {BUDGET:.0f} s of training on simulated effects, the same "
        "priors (nats a cell, without log x!; less is better):",
        "",
        *table(["particles", "epochs", "bound"], bound_rows),
        f"A fit of one epoch (`sams-vae`, the defaults) of sparse counts on disk, {GENES:,} genes, a tenth not zero:",
        "",
        *table(["cells", "peak memory, MB", "counts if dense, MB"], memory_rows()),
    ]


def memory_rows() -> list[list[str]]:
    rows = []
    for cells in ON_DISK:
        found = output([sys.executable, "-m", "benchmarks.vae_speed", "--cells", str(cells)])
        rows.append([f"{cells:,}", f"{found['peak'] / 2**20:,.0f}", f"{4 * cells * GENES / 2**20:,.0f}"])
    return rows


def from_disk(cells: int) -> dict[str, float]:
    """Peak memory of a fit that reads its cells from an HDF5 file."""
    random = np.random.default_rng(0)
    label = random.integers(-5, PERTURBED, cells)
    treated = np.flatnonzero(label >= 0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cells.h5"
        write_counts(path, cells, random)
        screen = Screen(
            MatrixOnDisk.at(path, "X"),
            sp.csr_array((np.ones(len(treated)), (treated, label[treated])), shape=(cells, PERTURBED)),
            tuple(Perturbation(f"g{i}", "knock-out", {f"g{i}": -1.0}) for i in range(PERTURBED)),
            pd.DataFrame(index=[f"g{i}" for i in range(GENES)]),
            pd.DataFrame({"batch": random.choice(list("abcd"), cells)}, index=[f"c{i}" for i in range(cells)]),
            "counts",
        )
        rows = np.arange(cells)
        SamsVAE(epochs=1).fit(screen, Split("all", "all", 0, rows, rows[:0]))
    return {"peak": high_water()}


def write_counts(path: Path, cells: int, random: np.random.Generator) -> None:
    """Sparse counts in blocks, as an h5ad holds them."""
    each = GENES // 10
    with h5py.File(path, "w") as file:
        group = file.create_group("X")
        group.attrs["encoding-type"], group.attrs["shape"] = "csr_matrix", (cells, GENES)
        group["indptr"] = np.arange(cells + 1) * each
        values = group.create_dataset("data", (cells * each,), np.float32)
        columns = group.create_dataset("indices", (cells * each,), np.int32)
        for first in range(0, cells, 1000):
            part = slice(first * each, min(first + 1000, cells) * each)
            count = part.stop - part.start
            values[part] = 1 + random.poisson(1.0, count)
            # Every tenth gene from a random first one: no gene twice in a cell.
            start = np.repeat(random.integers(0, 10, count // each), each)
            columns[part] = start + 10 * np.tile(np.arange(each), count // each)


def output(command: list[str]) -> dict | list:  # type: ignore[type-arg]
    """The JSON that a process of one thread prints last."""
    one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | one)
    return json.loads(done.stdout.splitlines()[-1])


def simulated() -> Screen:
    """Counts with sparse effects of 75 knock-outs, a fifth of the cells of bad quality."""
    random = np.random.default_rng(0)
    label = random.integers(-5, PERTURBED, CELLS)
    changes = np.where(random.random((PERTURBED, GENES)) < 0.05, random.normal(size=(PERTURBED, GENES)), 0)
    share = np.exp(random.normal(size=GENES) + np.where((label >= 0)[:, None], changes[label], 0))
    share += np.exp(0.7 * random.normal(size=(CELLS, 5)) @ random.normal(size=(5, GENES))) * share
    mean = 2_000 * share / share.sum(1, keepdims=True)
    counts = random.poisson(random.standard_gamma(2.0, mean.shape) / 2 * mean).astype(np.float32)
    treated = np.flatnonzero(label >= 0)
    design = sp.csr_array((np.ones(len(treated)), (treated, label[treated])), shape=(CELLS, PERTURBED))
    obs = pd.DataFrame({"good": random.random(CELLS) >= 0.2}, index=[f"cell {i}" for i in range(CELLS)])
    genes = pd.DataFrame(index=[f"g{i}" for i in range(GENES)])
    knocked = tuple(Perturbation(f"g{i}", "knock-out", {f"g{i}": -1.0}) for i in range(PERTURBED))
    return Screen(counts, design, knocked, genes, obs, "counts")


def prepared(name: str, held_out: bool) -> tuple[Form, Schedule, Parameters, Tables, Cells, list[Minibatch]]:
    """What the fit of a model trains: form, first parameters, tables and cells; all cells where none is held out."""
    found: list[tuple] = []  # type: ignore[type-arg]

    def keep(form: Form, schedule: Schedule, parameters: Parameters, tables: Tables, cells: Cells,
             held: list[Minibatch], seed: int, monitor: Monitor) -> Trained:  # fmt: skip
        found.append((form, schedule, parameters, tables, cells, held))
        raise Prepared

    steps_of_learning.train = keep
    screen = simulated()
    rows = np.arange(CELLS)
    with suppress(Prepared):
        MODELS[name].fit(screen, Split("all", "all", 0, rows, rows[:0]))
    form, schedule, parameters, tables, cells, held = found[0]
    size = even_size(screen, rows, BATCH)
    return form, schedule, parameters, tables, cells if held_out else replace(cells, rows=rows, size=size), held


def timed(name: str) -> dict[str, list[float]]:
    form, schedule, parameters, tables, cells, _ = prepared(name, held_out=False)
    carry = started(schedule, parameters, 0)
    random = np.random.default_rng(0)
    seconds = []
    for _ in range(EPOCHS):
        begun = time.process_time()
        for many in cells.epoch(random):
            carry, found = steps(form, schedule, carry, tables, many)
        jax.block_until_ready((carry.parameters, found))
        seconds.append(time.process_time() - begun)
    return {"epochs": seconds[1:]}


def bound_after(name: str) -> dict[str, float]:
    """Held-out bound after a budget of seconds; both models with the same priors and no closed form."""
    MODELS[name] = replace(MODELS[name], offset=False)
    form, schedule, parameters, tables, cells, held = prepared(name, held_out=True)
    carry = started(schedule, jax.tree.map(jnp.copy, parameters), 0)
    random = np.random.default_rng(0)
    spent, epochs = 0.0, 0
    while spent < BUDGET:
        begun = time.process_time()
        for many in cells.epoch(random):
            carry, found = steps(form, schedule, carry, tables, many)
        jax.block_until_ready(found)
        spent += time.process_time() - begun if epochs else 0.0
        epochs += 1
    several = [
        np.asarray(bounds(form, carry.parameters, tables, many, jax.random.key(k))) for k in range(5) for many in held
    ]
    values = np.concatenate(several)
    return {"epochs": epochs, "bound": float((values[:, 0] * values[:, 1]).sum() / values[:, 1].sum())}


if __name__ == "__main__":
    main()
