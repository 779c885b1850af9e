"""Akt inhibitors: does the rest of ChEMBL help one allosteric series, and by which reading?

The curves of the published question (arXiv 2602.23303) with several learners, the whole surface of the kernel learner,
the theory line, the assay-matched control, and what a cell of the surface costs.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks._common import write_table
from benchmarks._page import heading, paragraph, parser_of, table

from semimech.audit import TableOptions, read_bioactivities
from semimech.audit.fingerprints import morgan
from semimech.audit.focus import Kernel, Learner, Neighbours, Pool, Protocol, Scikit, Surface, gains, matched, measure
from semimech.audit.focus import theory as theory_of
from semimech.audit.focus.division import divide
from semimech.audit.focus.gains import Estimate, Gains, estimate, verdict
from semimech.audit.focus.learner import Task
from semimech.audit.focus.of_table import pool_of
from semimech.audit.focus.readings import READINGS
from semimech.audit.focus.surface import one_thread_each
from semimech.audit.table import SOURCE_FILE
from semimech.support.machine import peak_memory
from semimech.support.progress import Monitor

NANOMOLAR = np.linspace(2.5, 50, 20)
SHOWN = (10.0, 25.0)
FEW = 50
TREES = 100
TIMED = 3


@dataclass(frozen=True)
class Measured:
    """A learner in words, and its surface."""

    words: str
    surface: Surface


def learners(repeats: int) -> list[tuple[str, Learner, Protocol]]:
    """Each learner with its protocol: the whole surface where it is quick, three N at one threshold for the forest."""
    whole = Protocol(thresholds(NANOMOLAR), 25, repeats)
    few = Protocol(thresholds(np.array(SHOWN[:1])), 25, repeats, numbers=(0, FEW, 10**6))
    forest = Scikit("RandomForestClassifier", {"n_estimators": TREES, "max_depth": 30})
    return [
        ("kernel ridge", Kernel(), whole),
        (f"random forest, {TREES} trees of depth 30", forest, few),
        ("5 nearest neighbours", Neighbours(), whole),
    ]


def thresholds(nanomolar: np.ndarray) -> tuple[float, ...]:
    """Thresholds in nM as p, rising."""
    return tuple(float(one) for one in np.sort(9 - np.log10(nanomolar)))


def kept(words: str, learner: Learner, protocol: Protocol, pool: Pool, keep: Path | None) -> Measured:
    """The surface; `keep` holds finished repeats, which are not measured again."""
    folder = keep / words.replace(" ", "-").replace(",", "") if keep else None
    return Measured(words, measure(pool, learner, protocol, folder=folder, monitor=told(words)))


def kernel_seconds(pool: Pool) -> float:
    """Seconds of one core for a repeat of the kernel's whole surface, over three repeats."""
    started = time.process_time()
    measure(pool, Kernel(), Protocol(thresholds(NANOMOLAR), 25, TIMED), workers=1)
    return (time.process_time() - started) / TIMED


def told(words: str) -> Monitor:
    def monitor(stage: str, done: float, total: float) -> None:
        if done % 10 == 0:
            print(f"{words}: {done:.0f} of {total:.0f}", flush=True)

    return monitor


def at(measured: Measured, nanomolar: float) -> list[list[str]]:
    """A row for each reading at one threshold."""
    surface = measured.surface
    if np.abs(surface.thresholds - (9 - np.log10(nanomolar))).min() > 0.01:
        return []
    column = int(np.argmin(np.abs(surface.thresholds - (9 - np.log10(nanomolar)))))
    few = int(np.argmin(np.abs(surface.counts - FEW)))
    rows = []
    for number, reading in enumerate(READINGS):
        scores = surface.outer[:, number, column]
        rows.append([measured.words, f"{nanomolar:g} nM", reading, *changes(scores, few, surface.sizes)])
    return rows


def changes(scores: np.ndarray, few: int, sizes: tuple[int, int]) -> list[str]:
    """Scores without, with few and with all outsiders, and the change from none to all."""
    ends = [estimate(scores[:, place], sizes).mean for place in (0, few, -1)]
    change = estimate(scores[:, -1] - scores[:, 0], sizes)
    return [*(f"{value:.3f}" for value in ends), with_interval(change), f"{change.error:.3f}"]


def with_interval(one: Estimate) -> str:
    """A change with its interval."""
    return f"{one.mean:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"


def gain_row(words: str, one: Gains) -> list[str]:
    """What N chosen on the training halves gives, over all thresholds."""
    scores = [f"{part.mean:.3f}" for part in (one.none, one.chosen, one.all)]
    return [words, one.reading, f"{one.best:,.0f}", *scores, with_interval(one.focus), with_interval(one.transfer)]


def forest_cell(pool: Pool) -> float:
    """Seconds of one cell (an N and a threshold) with the published forest of 1,000 trees, over three N, one core."""
    division = divide(pool, 0, ordering="mean", seed=0)
    task = Task(pool, division, np.array([0, len(division.outside) // 2, len(division.outside)]), np.array([8.0]))
    started = time.process_time()
    with one_thread_each():
        Scikit("RandomForestClassifier", {"n_estimators": 1000, "max_depth": 30}).predict(task)
    # The labels are fitted twice for each N: for predictions, and for those out of the bag.
    return (time.process_time() - started) / 6


def page(found: Sequence[Measured], pool: Pool, control: str, costs: tuple[float, float], repeats: int) -> list[str]:
    kernel = found[0]
    lines = heading("Akt inhibitors: does the rest of ChEMBL help one series?", "akt_focus")
    lines += paragraph(
        f"IC50 of {pool.size} compounds of an allosteric series and {len(pool.outside):,} others (Balabin & Kaiser "
        "2026, arXiv 2602.23303): half of the series is learnt from with the N most similar others, the other half is "
        f"judged, {repeats} times. Intervals (95 %) are for another sample of compounds (Nadeau & Bengio); the last "
        "column is the standard error of the change over halvings of these same compounds."
    )
    columns = ["learner", "active at", "reading", "N = 0", f"N = {FEW}", "all", "all - none", "error"]
    lines += table(columns, [row for one in found for nanomolar in SHOWN for row in at(one, nanomolar)])
    lines += paragraph(f"Over {len(NANOMOLAR)} thresholds (2.5 to 50 nM), N* chosen on training halves:")
    columns = ["learner", "reading", "N*", "N = 0", "N*", "all", "focus gain", "transfer gain"]
    whole = [one for one in found if len(one.surface.thresholds) == len(NANOMOLAR)]
    rows = [gain_row(one.words, gain) for one in whole for gain in gains(one.surface) if gain.threshold is None]
    lines += table(columns, rows)
    for one in found:
        lines += paragraph(f"{one.words[0].upper()}{one.words[1:]}: {verdict(gains(one.surface))}")
    line = theory_of(kernel.surface.counts, kernel.surface.outer_regression[:, 1].mean(axis=0), kernel.surface.sizes[0])
    lines += paragraph(
        f"Theory beside the kernel's squared error: sigma^2 = {line.variance:.3g}, Delta^2 = {line.bias:.3g}, N* = "
        f"{line.best:,.0f}, explaining {line.explained:.0%} of the curve."
    )
    lines += paragraph(control[0].upper() + control[1:])
    second, cell = costs
    cells = kernel.surface.outer[0, 0].size
    return lines + paragraph(
        f"Cost: a repeat of the kernel's whole surface ({cells:,} cells, each with four readings) takes {second:.2f} s "
        f"of one core ({TIMED} timed), so {repeats} take {second * repeats:,.0f} s; a cell of the published forest "
        f"(1,000 trees) takes {cell:.2f} s of one core, so that the kernel has {cells / second * cell:,.0f} times its "
        f"throughput. Largest memory of all runs: {(peak_memory() or 0) / 1e9:.2f} GB."
    )


def main() -> None:
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--keep", type=Path, help="folder for finished repeats")
    options = parser.parse_args()
    files = [options.data / "akt" / f"{name}.csv.gz" for name in ("series", "outside")]
    bioactivities = read_bioactivities(files, TableOptions(merge=False))
    mask = bioactivities.series(SOURCE_FILE, files[0].name)
    pool = pool_of(bioactivities, np.arange(len(mask)), mask, morgan(bioactivities))
    control = matched(mask, bioactivities.compounds["assay"].fillna("").to_numpy(str), "assay").sentence
    costs = kernel_seconds(pool), forest_cell(pool)
    found = [kept(*one, pool, options.keep) for one in learners(options.repeats)]
    lines = page(found, pool, control, costs, options.repeats)
    write_table(str(options.out), lines)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
