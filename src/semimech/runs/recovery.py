"""The recovery suite: time courses of known networks are fitted, and what was found is compared with the truth."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np

from semimech.data.readers.topology import read_topology
from semimech.evaluate.recovery import average_precision, precision_recall
from semimech.models.dynamics.evidence import evidence
from semimech.models.dynamics.law import NetworkLaw, growth_at_rest
from semimech.models.dynamics.learning import courses_of, first_guess, fit_courses, free_parameters, stacked
from semimech.models.dynamics.objective import CourseObjective, Courses
from semimech.numerics.trajectory import Method
from semimech.simulate.recovery import HORIZON, KnownCourses, random_weights, simulate_courses
from semimech.support.errors import UserError, listed
from semimech.support.progress import Monitor, silent

# Conditions and gain s of the ten topologies of BEELINE, as in Ji et al. 2021.
SETTINGS = {
    "LI": (20, 1.0),
    "CY": (10, 1.0),
    "BF": (50, 1.0),
    "LL": (50, 1.0),
    "TF": (20, 0.2),
    "BFC": (30, 0.2),
    "HSC": (20, 0.2),
    "VSC": (20, 0.2),
    "mCAD": (20, 0.2),
    "GSD": (100, 0.2),
}
SPARSITY = 1.5  # of the Laplace prior; chosen on TF, BFC and HSC with other seeds than those reported
STEP = 0.5  # of the Runge-Kutta method, in units of 1 / decay
KNOWN = ("alpha",)  # the decay is 1 in the law of Ji et al.
FALSE_SHARE = 0.1  # the nominal false discovery rate of the edges that are called
TEST_CONDITIONS = 20
SADDLE = 0.05  # growth at rest, in units of the decay: above it the start counts as a saddle


@dataclass(frozen=True, eq=False)
class Case:
    """A network with its conditions and gain; `weights` and `gain` as in `simulate_courses`."""

    name: str
    weights: np.ndarray
    gain: np.ndarray
    conditions: int


@dataclass(frozen=True)
class Found:
    """What one fit found.

    samples: times on (0, 20], 0 for the steady state. mode: whole, shooting or steady. correlation: of all weights that
    could be; auprc: of |weight|, beside base_rate, what a random order reaches; signs: share of the true edges with the
    right sign; test_r: Pearson correlation of predicted and observed states of new conditions, from the start
    (whole, steady) or from the sample before (shooting). called, wrong: edges with q < .1 and how many of them are
    none; seconds: of the fit, with compilation, its share where several seeds were fitted as one. steps: of the fit.
    """

    network: str
    seed: int
    noise: float
    samples: int
    conditions: int
    mode: str
    correlation: float
    auprc: float
    base_rate: float
    signs: float
    test_r: float
    called: int
    wrong: int
    seconds: float
    steps: int


def beeline_cases(folder: Path) -> list[Case]:
    """The ten topologies in a folder of BEELINE's matrices, with the settings of Ji et al.

    Raises UserError where the folder or a file is missing.
    """
    if not Path(folder).is_dir():
        raise UserError(f"There is no folder {folder}: give the one with BEELINE's ten CSV files.")
    files = {path.stem.rpartition("_")[2]: path for path in sorted(Path(folder).glob("*.csv"))}
    missing = [name for name in SETTINGS if name not in files]
    if missing:
        raise UserError(f"The folder {folder} lacks the topologies {listed(missing)}: give BEELINE's ten CSV files.")
    cases = []
    for name, (conditions, gain) in SETTINGS.items():
        weights = read_topology(files[name]).matrix()
        cases.append(Case(name, weights, np.full(len(weights), gain), conditions))
    return cases


def random_cases(count: int, nodes: int = 10, sparsity: float = 0.7) -> list[Case]:
    """`count` random networks; 4 conditions a node."""
    cases = []
    for number in range(count):
        weights, gain = random_weights(np.random.default_rng([number, nodes]), nodes, sparsity)
        cases.append(Case(f"random {number + 1}", weights, gain, 4 * nodes))
    return cases


def recover(
    case: Case, noise: float, samples: int, seeds: Sequence[int], *, steps: int = 2000, monitor: Monitor = silent
) -> Iterator[Found]:
    """Simulate the case with each seed, fit all of them as one, and compare.

    Where whole courses lead to a field whose start is a saddle (a real eigenvalue above 0: many attractors, and a
    course may go either way), all intervals between samples are fitted instead (multiple shooting), twice: the
    second time each is weighed by how much it magnifies the noise of its first sample.
    """
    sets = [
        simulate_courses(np.random.default_rng([seed, 1]), case.weights, case.gain, case.conditions, samples, noise)
        for seed in seeds
    ]
    law = NetworkLaw(self_loops=bool(np.diag(case.weights).any()))
    data = [courses_of(each.times, each.observed, push=each.push) for each in sets]
    method = Method(steps=max(1, round(HORIZON / max(samples, 1) / STEP)))
    objective = CourseObjective(law, method, "whole" if samples else "steady")
    begun = time.perf_counter()

    def fitted(objective: CourseObjective, start: list[Any], data: list[Courses], steps: int) -> list[Any]:
        fit = fit_courses(
            objective, stacked(start), stacked(data), steps=steps, sparsity=SPARSITY, known=KNOWN, monitor=monitor
        )
        return [jax.tree.map(lambda leaf, i=i: leaf[i], fit.last) for i in range(len(data))]

    guesses = [first_guess(law, each, 0, seed) for each, seed in zip(data, seeds, strict=True)]
    found = fitted(objective, guesses, data, steps)
    objectives = [objective] * len(data)
    saddles = [i for i, each in enumerate(found) if samples > 1 and growth_at_rest(law, each, 0) > SADDLE]
    if saddles:
        shooting = replace(objective, mode="shooting")
        again = fitted(shooting, [guesses[i] for i in saddles], [data[i] for i in saddles], steps)
        weighed = [shooting.weighed(each, data[i]) for i, each in zip(saddles, again, strict=True)]
        again = fitted(shooting, again, weighed, steps)
        for i, each in zip(saddles, again, strict=True):
            objectives[i], found[i], data[i] = shooting, each, shooting.weighed(each, data[i])
    seconds = (time.perf_counter() - begun) / len(seeds)
    for seed, objective, parameters, courses in zip(seeds, objectives, found, data, strict=True):
        scores = _compared(case, objective, parameters, courses, np.random.default_rng([seed, 2]), noise)
        settings: dict[str, Any] = {
            "network": case.name,
            "seed": seed,
            "noise": noise,
            "samples": samples,
            "mode": objective.mode,
            "steps": steps,
        }
        yield Found(**settings, conditions=case.conditions, seconds=seconds, **scores)


def _compared(
    case: Case, objective: CourseObjective, parameters: Any, data: Courses, random: np.random.Generator, noise: float
) -> dict[str, Any]:
    truth, law = case.weights, objective.law
    assert isinstance(law, NetworkLaw)
    weights = np.asarray(law.edges(parameters))
    pairs = np.ones(truth.shape, bool) if law.self_loops else ~np.eye(len(truth), dtype=bool)
    real = truth[pairs] != 0
    free = free_parameters(law, parameters, KNOWN)
    called = evidence(objective, parameters, data, free).tests()[1][pairs] < FALSE_SHARE
    return {
        "correlation": float(np.corrcoef(weights[pairs], truth[pairs])[0, 1]) if weights[pairs].any() else 0.0,
        "auprc": average_precision(*precision_recall(np.abs(weights[pairs]), real)),
        "base_rate": float(real.mean()),
        "signs": float((np.sign(weights) == np.sign(truth))[truth != 0].mean()),
        "test_r": _test_r(case, objective, parameters, data, random, noise),
        "called": int(called.sum()),
        "wrong": int((called & ~real).sum()),
    }


def _test_r(
    case: Case, objective: CourseObjective, parameters: Any, data: Courses, random: np.random.Generator, noise: float
) -> float:
    samples = 0 if objective.mode == "steady" else len(data.times)
    new: KnownCourses = simulate_courses(random, case.weights, case.gain, TEST_CONDITIONS, samples, noise)
    asked = courses_of(new.times, new.observed, push=new.push)
    predicted = np.asarray(objective.predict(parameters, asked).states)
    return float(np.corrcoef(predicted.ravel(), new.observed.ravel())[0, 1])
