"""What one full-batch gradient step of CellBox costs, against back-propagation through 400 Heun steps.

Run: python -m benchmarks.gradient_step; it writes the table benchmarks/gradient_step.md.
Data are simulated with the shape of SK-MEL-133 (82 molecules, 5 phenotypes, 12 drugs, 62 conditions); growth is
measured in one fresh process per size, so that the peak memory is that of the size.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optimistix

from semimech.models.cellbox import CellBox
from semimech.models.cellbox.objective import Observations
from semimech.models.fitting import Schedule, Trained, train
from semimech.models.groups import in_groups
from semimech.numerics.fields import Blocks, fixed_point_map, molecule_system, raw_of, readout
from semimech.numerics.integrate import heun
from semimech.support.machine import cores
from semimech.support.progress import Monitor, silent

SIZES = (100, 300, 1000, 3000)
OBJECTIVE = CellBox().objective
FIELD = OBJECTIVE.field


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, help="measure the growth at this size only, print JSON")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    arguments = parser.parse_args()
    if arguments.size:
        print(json.dumps(growth(arguments.size)))
        return
    steps, fits = compared(), fitted()
    sizes = [in_fresh_process(size) for size in SIZES]
    text = table(steps, fits, sizes)
    arguments.out.write_text(text, encoding="utf-8")
    print(text)


def problem(molecules: int, phenotypes: int, inputs: int, conditions: int) -> tuple[Blocks, Observations]:
    """A network half-way through a fit (sigma_max(diag(s) W) = .8), and responses of the size of SK-MEL-133."""
    random = np.random.default_rng(0)
    internal = random.normal(size=(molecules, molecules)).astype(np.float32)
    np.fill_diagonal(internal, 0)
    # sigma_max of a Gaussian matrix is close to 2 sqrt(n); no factorisation is needed for the largest sizes.
    internal *= 0.8 / (2 * np.sqrt(molecules))
    nodes = molecules + phenotypes
    ones = raw_of(jnp.ones(nodes))
    drive = 0.5 * random.normal(size=(molecules, inputs))
    reading = random.normal(size=(phenotypes, molecules)) / np.sqrt(molecules)
    blocks = Blocks(*(jnp.asarray(a, jnp.float32) for a in (internal, drive, reading)), ones, ones, ones)
    given = np.tanh(random.normal(size=(conditions, inputs)) * (random.random((conditions, inputs)) < 0.2))
    observed = 0.5 * random.normal(size=(conditions, nodes))
    weights, none = np.ones_like(observed), np.zeros_like(observed)
    free = np.zeros((conditions, molecules))
    parts = (observed, weights, none, none, given, free, free, np.zeros(()))
    return blocks, Observations(*(jnp.asarray(a, jnp.float32) for a in parts))


def implicit_step(blocks: Blocks, data: Observations) -> tuple[Callable[[], Any], Blocks]:
    """The product's own gradient, from where the last step's solves ended; and the gradient from a cold start."""
    step = jax.jit(OBJECTIVE.gradient)
    cold, warm, _ = step(blocks, OBJECTIVE.start(blocks, data), data)
    # In training every step moves W by at most the rate: the warm start is that far from the solution.
    moved = jax.tree.map(lambda a: a + 0.01 * jnp.sign(a) * jnp.abs(a), blocks)
    return lambda: step(moved, warm, data), cold


def cold_step(blocks: Blocks, data: Observations) -> Callable[[], Any]:
    """The same with both solves started from zero."""
    step = jax.jit(OBJECTIVE.gradient)
    return lambda: step(blocks, OBJECTIVE.start(blocks, data), data)


def loss_at(molecules: jax.Array, blocks: Blocks, data: Observations) -> jax.Array:
    predicted = jnp.concatenate([molecules, readout(FIELD, blocks, molecules)], 1)
    return (data.weights * (predicted - data.observed) ** 2).sum() / data.weights.sum()


def heun_step(blocks: Blocks, data: Observations, steps: int = 400) -> tuple[Callable[[], Any], Blocks]:
    """The same loss back-propagated through `steps` steps of Heun's method over the same molecule block."""

    def loss(blocks: Blocks) -> jax.Array:
        masked = blocks._replace(internal=OBJECTIVE.allowed(blocks.internal))
        nothing = jnp.zeros_like(data.level)
        system = molecule_system(FIELD, masked, data.activity, nothing, data.clamped, data.level)
        end = heun(lambda x: fixed_point_map(FIELD.activation, system, x) - x, nothing, steps, 0.1)
        return loss_at(end, masked, data)

    step = jax.jit(jax.grad(loss))
    return lambda: step(blocks), step(blocks)


def optimistix_step(blocks: Blocks, data: Observations) -> Callable[[], Any]:
    """The same loss through optimistix.fixed_point and its implicit adjoint (a dense linear solve per condition)."""

    def loss(blocks: Blocks) -> jax.Array:
        masked = blocks._replace(internal=OBJECTIVE.allowed(blocks.internal))
        nothing = jnp.zeros_like(data.level)
        system = molecule_system(FIELD, masked, data.activity, nothing, data.clamped, data.level)

        def one(inside: jax.Array) -> jax.Array:
            def image(x: jax.Array, inside: jax.Array) -> jax.Array:
                return system.gain * jnp.tanh(system.weights @ x + inside)

            solver = optimistix.FixedPointIteration(rtol=1e-4, atol=1e-4)
            return optimistix.fixed_point(image, solver, jnp.zeros_like(inside), args=inside, max_steps=200).value

        return loss_at(jax.vmap(one)(system.inside), masked, data)

    step = jax.jit(jax.grad(loss))
    return lambda: step(blocks)


def milliseconds(step: Callable[[], Any], repeats: int = 20) -> float:
    """Median over repeats, compilation left out."""
    jax.block_until_ready(step())
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        jax.block_until_ready(step())
        times.append(time.perf_counter() - start)
    return 1e3 * float(np.median(times))


def compared() -> dict[str, float]:
    """Milliseconds per step, and the cosine between the implicit and the back-propagated gradient."""
    blocks, data = problem(82, 5, 12, 62)
    warm, implicit = implicit_step(blocks, data)
    unrolled, reference = heun_step(blocks, data)
    flat = [np.concatenate([np.asarray(g[i]).ravel() for i in range(4)]) for g in (implicit, reference)]
    return {
        "heun": milliseconds(unrolled),
        "optimistix": milliseconds(optimistix_step(blocks, data)),
        "cold": milliseconds(cold_step(blocks, data)),
        "warm": milliseconds(warm),
        "cosine": float(flat[0] @ flat[1] / np.linalg.norm(flat[0]) / np.linalg.norm(flat[1])),
    }


def fitted() -> dict[str, float]:
    """Seconds of a fit of 500 steps with and without compilation, and of 60 members."""
    blocks, data = problem(82, 5, 12, 62)
    rate, still = jnp.asarray(0.01), jnp.asarray(0.0)
    rates = Blocks(rate, rate, rate, rate, still, still)

    def group(numbers: np.ndarray, told: Monitor) -> Trained:
        n = len(numbers)
        start = jax.tree.map(lambda a: jnp.repeat(a[None], n, 0), blocks._replace(internal=0 * blocks.internal))
        many = jax.tree.map(lambda a: jnp.repeat(a[None], n, 0), data)
        l1, nothing = jnp.full(n, 1e-4), jnp.zeros(n)
        penalties = Blocks(l1, nothing, l1, nothing, nothing, nothing)
        return train(OBJECTIVE, start, many, rates, penalties, Schedule(500), monitor=told)

    def fit(members: int) -> float:
        begun = time.perf_counter()
        in_groups(group, members, sum(leaf.nbytes for leaf in (*blocks, *data)), silent, "training")
        return time.perf_counter() - begun

    return {"first": fit(1), "again": fit(1), "sixty_first": fit(60), "sixty": fit(60)}


def growth(size: int) -> dict[str, float]:
    """Milliseconds and peak memory of the gradient step at `size` molecules and 100 conditions."""
    jax.block_until_ready(jnp.zeros(1))
    before = high_water()
    blocks, data = problem(size, 0, 12, 100)
    warm, _ = implicit_step(blocks, data)
    return {
        "size": size,
        "milliseconds": milliseconds(warm, 5),
        "peak": high_water() / 2**20,
        "more": (high_water() - before) / 2**20,
        "weights": size**2 * 4 / 2**20,
    }


def high_water() -> float:
    """Peak resident bytes of this process; unlike getrusage it does not start from the parent's."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024.0 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def in_fresh_process(size: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.gradient_step", "--size", str(size)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def table(steps: dict[str, float], fits: dict[str, float], sizes: list[dict[str, float]]) -> str:
    of_heun = {name: steps["heun"] / value for name, value in steps.items()}
    ratio = of_heun["warm"]
    lines = [
        "# The gradient step of CellBox",
        "",
        f"Command: `python -m benchmarks.gradient_step`; {platform.machine()}, {cores()} cores, float32, CPU, "
        f"{datetime.date.today():%Y-%m-%d}, load average {os.getloadavg()[0]:.0f} "
        "(what else the machine was doing slows all lines alike).",
        "",
        "82 molecules, 5 phenotypes, 12 drugs, 62 conditions, one process; medians of 20, compilation left out.",
        "",
        "| gradient of the full batch | ms | times faster than Heun |",
        "| --- | --- | --- |",
        f"| 400 Heun steps, back-propagated | {steps['heun']:.1f} | 1 |",
        f"| optimistix fixed point, implicit adjoint | {steps['optimistix']:.1f} | {of_heun['optimistix']:.0f} |",
        f"| fixed point, Neumann adjoint, from zero | {steps['cold']:.2f} | {of_heun['cold']:.0f} |",
        f"| the same from where the last step ended (training) | {steps['warm']:.2f} | {ratio:.0f} |",
        "",
        f"Cosine between the implicit and the back-propagated gradient: {steps['cosine']:.6f}. "
        f"Asked for: 20 times faster; {'met' if ratio >= 20 else 'NOT met'}.",
        "",
        "| fit of 500 steps | s with compilation | s without | limit, s |",
        "| --- | --- | --- | --- |",
        f"| one model | {fits['first']:.2f} | {fits['again']:.2f} | 3 |",
        f"| 60 members | {fits['sixty_first']:.1f} | {fits['sixty']:.1f} | 60 |",
        "",
        "Growth, 100 conditions, each size in a fresh process:",
        "",
        "| molecules | ms per step | peak memory, MB | above the start, MB | one weight matrix, MB |",
        "| --- | --- | --- | --- | --- |",
    ]
    for s in sizes:
        lines.append(
            f"| {s['size']:,} | {s['milliseconds']:.1f} | {s['peak']:.0f} | {s['more']:.0f} | {s['weights']:.1f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
