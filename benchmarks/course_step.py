"""What one gradient step of a time-course fit costs, beside torchdiffeq; a whole fit; several seeds together.

Run: python -m benchmarks.course_step --peer PYTHON; it writes benchmarks/course_step.md. PYTHON is the interpreter of
an environment of its own (python -m venv peer; peer/bin/pip install torch torchdiffeq), which this package does not
depend on; each is asked in turn. 20 nodes, 50 conditions, 5 samples on (0, 20]; the field is
dx/dt = s tanh(W x + u) - x, its gradient by W and s.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from benchmarks._page import heading, parser_of, table

from semimech.models.dynamics.law import NetworkLaw
from semimech.models.dynamics.learning import courses_of, first_guess, fit_courses, stacked
from semimech.models.dynamics.objective import CourseObjective, Courses
from semimech.numerics.trajectory import Method
from semimech.simulate.recovery import random_weights, simulate_courses
from semimech.support.machine import cores

NODES, CONDITIONS, SAMPLES, STEPS, SEEDS, REPEATS, ROUNDS = 20, 50, 5, 2000, 5, 20, 3
RTOL, ATOL = 1e-4, 1e-6
PEER = Path(__file__).with_name("course_step_peer.py")
METHODS = {
    "rk4, 8 steps between samples, checkpoint": Method(),
    "tsit5, adaptive, checkpoint": Method("tsit5", rtol=RTOL, atol=ATOL),
    "tsit5, adaptive, backsolve": Method("tsit5", "backsolve", rtol=RTOL, atol=ATOL),
}


def main() -> None:
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--peer", type=Path, required=True, help="Python with torch and torchdiffeq")
    arguments = parser.parse_args()
    sets = [problem(seed) for seed in range(SEEDS)]
    exact = gradient_of(Method("tsit5", rtol=1e-7, atol=1e-9), sets[0])()
    ours = {name: gradient_of(method, sets[0]) for name, method in METHODS.items()}
    found: dict[str, list[float]] = {name: [] for name in ours}
    peers: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, step in ours.items():
            found[name].append(milliseconds(step))
        for name, value in json.loads(peer(arguments.peer, sets[0])).items():
            peers.setdefault(name, []).append(value)
    medians = {name: float(np.median(values)) for name, values in (found | peers).items()}
    errors = {name: off(step(), exact) for name, step in ours.items()}
    print(medians, flush=True)
    adjoint = medians["torchdiffeq dopri5, adjoint"]
    rows = [
        [name, f"{value:.1f}", f"{errors[name]:.0e}" if name in errors else "", f"{adjoint / value:.1f}"]
        for name, value in medians.items()
    ]
    one, many = fit_seconds(sets[:1]), fit_seconds(sets)
    print(one, many, flush=True)
    text = [
        *heading("The gradient step of a time-course fit", "course_step --peer PYTHON"),
        f"Load average {os.getloadavg()[0]:.0f} on {cores()} cores, so that steps are timed in milliseconds of the "
        f"cores; programs are asked in turn, {ROUNDS} rounds, medians of {REPEATS} steps each, median over rounds. "
        f"float32, one thread each; rtol {RTOL:g}, atol {ATOL:g} for adaptive solvers; {NODES} nodes, "
        f"{CONDITIONS} conditions, {SAMPLES} samples on (0, 20]. Errors are of the gradient by W, relative to its "
        "largest entry, against tsit5 at rtol 1e-7. Seconds by the clock are those of a machine that did other work "
        "too.",
        "",
        *table(["gradient of the full batch", "ms", "error of the gradient", "times faster than its adjoint"], rows),
        "Asked: 5 times faster than torchdiffeq's adjoint with the same field, tolerance and batch.",
        "",
        *table(
            ["fit of 2,000 steps (rk4)", "s with compilation", "s without", "s of the cores", "asked, s"],
            [
                ["one data set", *(f"{value:.1f}" for value in one), "20"],
                [f"{SEEDS} data sets together", *(f"{value:.1f}" for value in many), f"{3 * one[1]:.1f} (3 x one)"],
            ],
        ),
        f"{SEEDS} seeds, one vmap on each core, cost {many[1] / one[1]:.1f} times one by the clock and "
        f"{many[2] / one[2]:.1f} times in seconds of the cores. Data sets of one shape share a trace: the field was "
        f"traced {traces(sets[:1])} times for one, {traces(sets)} times for {SEEDS} one after another (once for each "
        "stage of a Runge-Kutta step and each of its uses in the gradient).",
    ]
    arguments.out.write_text("\n".join(text) + "\n", encoding="utf-8")


def problem(seed: int) -> Courses:
    """A random network of 30 % density and its courses at noise .01."""
    random = np.random.default_rng(seed)
    weights, gain = random_weights(random, NODES, 0.7)
    known = simulate_courses(random, weights, gain, CONDITIONS, SAMPLES, 0.01)
    return courses_of(known.times, known.observed, push=known.push)


def point(data: Courses) -> Any:
    """Where gradients are taken: weights of a network half-way through a fit."""
    weights = 0.2 * np.random.default_rng(0).normal(size=(NODES, NODES))
    return first_guess(NetworkLaw(), data, 0, 0)._replace(weights=jnp.asarray(weights, jnp.float32))


def gradient_of(method: Method, data: Courses) -> Callable[[], Any]:
    step = jax.jit(CourseObjective(NetworkLaw(), method).gradient)
    start = point(data)
    return lambda: step(start, data.key, data)[0].weights


def off(found: jax.Array, exact: jax.Array) -> float:
    """Largest error of the gradient, relative to its largest entry."""
    return float(jnp.max(jnp.abs(found - exact)) / jnp.max(jnp.abs(exact)))


def milliseconds(step: Callable[[], Any]) -> float:
    jax.block_until_ready(step())
    times = []
    for _ in range(REPEATS):
        begun = time.process_time()
        jax.block_until_ready(step())
        times.append(time.process_time() - begun)
    return 1e3 * float(np.median(times))


def peer(python: Path, data: Courses) -> str:
    """JSON of milliseconds from the peer's own environment, on the same numbers."""
    start = point(data)
    arrays = {
        "weights": start.weights,
        "gain": jax.nn.softplus(start.eps),
        "push": data.given.push,
        "times": data.times,
        "observed": data.observed,
    }
    asked = {name: np.asarray(array).tolist() for name, array in arrays.items()} | {"rtol": RTOL, "atol": ATOL}
    command = [str(python), str(PEER), str(REPEATS)]
    done = subprocess.run(command, input=json.dumps(asked), check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[-1]


def fit_seconds(sets: list[Courses]) -> tuple[float, float, float]:
    """Seconds of the fit by the clock, first and again, and of the cores, again."""
    objective = CourseObjective(NetworkLaw())
    start, data = stacked([first_guess(NetworkLaw(), each, 0, 0) for each in sets]), stacked(sets)
    clock, busy = [], []
    for _ in range(1 + ROUNDS):
        begun, worked = time.perf_counter(), time.process_time()
        fit_courses(objective, start, data, steps=STEPS, sparsity=1.5, known=("alpha",))
        clock.append(time.perf_counter() - begun)
        busy.append(time.process_time() - worked)
    return clock[0], float(np.median(clock[1:])), float(np.median(busy[1:]))


def traces(sets: list[Courses]) -> int:
    """How often the field is traced by fits of data sets of one shape, one after another."""
    counted: list[int] = []

    class Counting(NetworkLaw):
        def moves(self, t: Any, x: Any, args: Any) -> Any:
            counted.append(1)
            return super().moves(t, x, args)

    objective = CourseObjective(Counting())
    for data in sets:
        fit_courses(objective, stacked([first_guess(objective.law, data, 0, 0)]), stacked([data]), steps=2)
    return len(counted)


if __name__ == "__main__":
    main()
