"""False alarms and power of the tests of `semimech assumptions` on simulated screens, and the verdicts on real ones.

Run: python -m benchmarks.assumptions; it writes the tables benchmarks/assumptions.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from benchmarks._page import heading, parser_of, table
from scipy import stats

from semimech.data.condition import Perturbation
from semimech.data.options import ReadOptions
from semimech.data.readers import read_screen
from semimech.data.scale import Scale
from semimech.data.screen import Screen
from semimech.evaluate.assumptions import ASSUMPTIONS, CANNOT, VIOLATED, assumptions_of
from semimech.simulate.steady_state import contract, solve_steady_state

GENES = 60
KNOCKOUTS = 4
BATCHES = ("lane 1", "lane 2", "lane 3")
CONTROLS, EDITED, PAIRED = 60, 80, 40  # cells of each condition in a batch
LEVEL, PERMUTATIONS = 0.05, 199
CELL_SD = 0.3  # of a gene between cells, in log units
RESPONSE = 10.0  # distance of a knock-out from controls over all genes, in the same unit


@dataclass(frozen=True)
class Violation:
    """How much of each assumption is violated; shifts are in sd of a gene between cells, root mean square over genes.

    attractor: distance of a second state of half the cells of each knock-out, in sd along their difference.
    unedited: fraction of cells with a guide but no edit.
    """

    drift: float = 0.0
    medium: float = 0.0
    order: float = 0.0
    attractor: float = 0.0
    unedited: float = 0.0
    interaction: float = 0.0


SERIES: dict[str, tuple[str, Sequence[float]]] = {
    "steady-controls": ("drift", (0.1, 0.2, 0.3, 0.5)),
    "neutral-medium": ("medium", (0.1, 0.2, 0.3, 0.5)),
    "commuting-perturbations": ("order", (0.1, 0.2, 0.3, 0.5)),
    "one-attractor": ("attractor", (4.0, 6.0, 10.0, 15.0)),
    "complete-editing": ("unedited", (0.1, 0.2, 0.3, 0.5)),
    "shifted-batches": ("interaction", (0.1, 0.2, 0.3, 0.5)),
}
MEASURED: tuple[Scale, ...] = ("log-ratio", "counts")


def simulated(violation: Violation, scale: Scale, seed: int) -> Screen:
    """Knock-outs of a random network in three batches: controls at two times in two media, a pair in both orders.

    Under the null cells have the steady state of the edit, a program (as the cell cycle) that 40 % of all cells are
    in, a shift of each gene in each batch, and on counts library sizes and negative binomial noise.
    """
    random = np.random.default_rng([seed, 3])
    states = _states(random)
    direction = partial(_direction, random)
    moved = {name: direction() * getattr(violation, name) * CELL_SD for name in ("drift", "medium", "order")}
    second = _unit(direction()) * violation.attractor * CELL_SD
    rows, levels = [], []
    for batch in BATCHES:
        for time, medium in ((0, "A"), (24, "A"), (0, "B"), (24, "B")):
            at = moved["drift"] * (time > 0) + moved["medium"] * (medium == "B")
            rows += [("", batch, time, medium, None)] * CONTROLS
            levels.append(np.tile(states[0] + at, (CONTROLS, 1)))
        for k in range(KNOCKOUTS):
            state = np.tile(states[k + 1] + direction() * violation.interaction * CELL_SD, (EDITED, 1))
            state += np.outer(random.random(EDITED) < 0.5, second)
            state[random.random(EDITED) < violation.unedited] = states[0]
            rows += [(f"G{k}", batch, 24, "A", None)] * EDITED
            levels.append(state + moved["drift"])
        for order in ("G0>G1", "G1>G0"):
            rows += [("G0+G1", batch, 24, "A", order)] * PAIRED
            levels.append(np.tile(states[-1] + moved["order"] * (order == "G1>G0"), (PAIRED, 1)))
    batch_shift = 0.3 * random.standard_normal((len(BATCHES), GENES))
    which = np.array([BATCHES.index(row[1]) for row in rows])
    program = np.outer(random.random(len(rows)) < 0.4, _unit(direction()) * 3 * CELL_SD)
    clean = np.concatenate(levels) + program + CELL_SD * random.standard_normal((len(rows), GENES)) + batch_shift[which]
    return _screen(rows, _measured(clean, scale, random), scale)


def _states(random: np.random.Generator) -> np.ndarray:
    """Steady states of control, each knock-out, and the pair (states x genes); knock-outs move cells by RESPONSE sd."""
    weights = random.normal(size=(GENES, GENES)) * (random.random((GENES, GENES)) < 0.1)
    inputs = np.zeros((KNOCKOUTS + 2, GENES))
    inputs[1 : KNOCKOUTS + 1, :KNOCKOUTS] = -4 * np.eye(KNOCKOUTS)
    inputs[-1, :2] = -4
    states = solve_steady_state(contract(weights, np.ones(GENES), 0.9), np.ones(GENES), inputs)
    size = np.linalg.norm(states[1:], axis=1, keepdims=True)
    states[1:] *= RESPONSE * CELL_SD / size
    return states


def _direction(random: np.random.Generator) -> np.ndarray:
    """A direction among genes with a root mean square of 1."""
    direction = random.standard_normal(GENES)
    return direction / np.sqrt((direction**2).mean())


def _unit(direction: np.ndarray) -> np.ndarray:
    return direction / np.linalg.norm(direction)


def _measured(clean: np.ndarray, scale: Scale, random: np.random.Generator) -> np.ndarray:
    if scale == "log-ratio":
        return clean + 0.1 * random.standard_normal(clean.shape)
    base = random.normal(2.0, 1.0, GENES)
    library = np.exp(0.3 * random.standard_normal((len(clean), 1)))
    mean = library * np.exp(base + clean)
    return random.poisson(mean * random.gamma(5.0, 0.2, mean.shape)).astype(float)


def _screen(rows: list[tuple], values: np.ndarray, scale: Scale) -> Screen:
    names = [f"G{k}" for k in range(KNOCKOUTS)]
    design = np.array([[float(name in row[0].split("+")) for name in names] for row in rows])
    obs = pd.DataFrame(rows, columns=["given", "batch", "time", "medium", "order"])
    obs.index = [f"cell {i}" for i in range(len(rows))]
    perturbations = tuple(Perturbation(name, "knock-out", {name: -1.0}) for name in names)
    features = pd.DataFrame(index=[f"G{j}" for j in range(GENES)])
    return Screen(values.astype(np.float32), sp.csr_array(design), perturbations, features, obs, scale)


def alarms(test: str, violation: Violation, scale: Scale, seeds: Sequence[int]) -> tuple[int, int]:
    """(screens called violated, screens tested)."""
    run = next(one.run for one in ASSUMPTIONS if one.assumption.name == test)
    words = [
        run(simulated(violation, scale, seed), LEVEL, PERMUTATIONS, np.random.default_rng([seed, 1])).verdict
        for seed in seeds
    ]
    return sum(word == VIOLATED for word in words), sum(word != CANNOT for word in words)


def in_words(found: tuple[int, int]) -> str:
    """Share with its exact 95 % interval."""
    k, n = found
    if not n:
        return "never testable"
    interval = stats.binomtest(k, n).proportion_ci()
    return f"{k / n:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def calibration(null: int, power: int) -> list[str]:
    lines = ["## False alarms and power", ""]
    lines += [
        f"Level {LEVEL:g}, {PERMUTATIONS} permutations; {null} null screens, {power} for each size of violation.",
        f"A screen: {GENES} genes, {KNOCKOUTS} knock-outs and a pair in both orders, {len(BATCHES)} batches with "
        f"{CONTROLS} controls at each time and medium, {EDITED} cells of each knock-out and {PAIRED} of each order.",
        "Share of screens called violated, exact 95 % interval for the null.",
        "",
    ]
    for scale in MEASURED:
        rows = []
        for test, (name, sizes) in SERIES.items():
            false = alarms(test, Violation(), scale, range(null))
            cells = [f"{test} ({scale})", in_words(false)]
            for size in sizes:
                k, n = alarms(test, replace(Violation(), **{name: size}), scale, range(1000, 1000 + power))
                cells.append(f"{name} {size:g}: {k / max(n, 1):.2f}")
            rows.append(cells)
            print(cells, flush=True)
        lines += table(["test", "false alarms", "power", "", "", ""], rows)
    return lines


REAL: tuple[tuple[str, str, ReadOptions | None], ...] = (
    ("papalexi2021", "papalexi2021/papalexi2021.h5ad", ReadOptions(keep="top_frac > 0.8")),
    ("dixit2016", "dixit2016/dixit2016.csv.gz", None),
    ("ipsc-timeseries", "ipsc-timeseries/hipsc.h5ad", ReadOptions(control=("none",), time="t")),
    ("sk-mel-133", "sk-mel-133", None),
    ("dream4 size10_1", "dream4/size10_1", None),
)


def real(data: Path) -> list[str]:
    lines = ["## Real screens", "", "499 permutations, each test at 5 %; dream4 is simulated by others.", ""]
    for name, path, options in REAL:
        rows = [
            (verdict.assumption.sentence, verdict.verdict, verdict.why)
            for verdict in assumptions_of(read_screen(data / path, options))
        ]
        print(name, rows, flush=True)
        lines += [f"### {name}", "", *table(["assumption", "verdict", "why"], rows)]
    return lines


def main() -> None:
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--null", type=int, default=200)
    parser.add_argument("--power", type=int, default=40)
    arguments = parser.parse_args()
    lines = heading("What models assume, tested", "assumptions")
    lines += real(arguments.data) + calibration(arguments.null, arguments.power)
    arguments.out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
