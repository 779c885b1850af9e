"""Akt inhibitors: does the rest of ChEMBL help one allosteric series, and by which reading?

The curves of the published question (arXiv 2602.23303) with several learners, the whole surface of the kernel learner,
the theory line, the assay-matched control, and what a cell of the surface costs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks._common import Cost, measured, write_table
from benchmarks._page import heading, paragraph, parser_of, table

from semimech.audit import TableOptions, read_bioactivities
from semimech.audit.fingerprints import morgan
from semimech.audit.focus import Kernel, Learner, Neighbours, Pool, Protocol, Scikit, Surface, gains, matched, measure
from semimech.audit.focus import theory as theory_of
from semimech.audit.focus.division import divide
from semimech.audit.focus.gains import Estimate, Gains, estimate, verdict
from semimech.audit.focus.of_table import pool_of
from semimech.audit.focus.readings import READINGS
from semimech.audit.table import SOURCE_FILE
from semimech.support.progress import Monitor

NANOMOLAR = np.linspace(2.5, 50, 20)
SHOWN = (10.0, 25.0)
FEW = 50
KERNEL = "kernel ridge"
FEWER_TREES, ALL_TREES = "random forest, 100 trees of depth 30", "random forest, 1,000 trees of depth 30"
# N at which a forest is timed: its cost is nearly linear in N, so that their mean is that of the surface.
TIMED = (0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Measured:
    """A learner in words, and its surface."""

    words: str
    surface: Surface


def learners(options: argparse.Namespace) -> list[tuple[str, Learner, Protocol]]:
    """Each learner with its protocol: the whole surface where it is quick, else three N at one threshold."""
    whole = Protocol(thresholds(NANOMOLAR), 25, options.repeats)
    largest = Protocol(thresholds(NANOMOLAR), 25, options.repeats, ordering="max")
    few, deep, slow = (
        Protocol(thresholds(np.array(SHOWN[:1])), 25, repeats, numbers=(0, FEW, 10**6))
        for repeats in (options.repeats, options.deep, options.slow)
    )
    forest = {"max_depth": 30}
    third = {"n_estimators": 100, "max_features": 1 / 3, **forest}
    return [
        (KERNEL, Kernel(), whole),
        (f"{KERNEL}, nearest by largest similarity", Kernel(), largest),
        (FEWER_TREES, Scikit("RandomForestClassifier", {"n_estimators": 100, **forest}), few),
        (ALL_TREES, Scikit("RandomForestClassifier", {"n_estimators": 1000, **forest}), deep),
        ("random forest of pIC50, 100 trees", Scikit("RandomForestRegressor", third), slow),
        ("gradient boosting, 50 trees", Scikit("gradient-boosting", {"max_iter": 50}, folds=3), slow),
        ("5 nearest neighbours", Neighbours(), whole),
    ]


def thresholds(nanomolar: np.ndarray) -> tuple[float, ...]:
    """Thresholds in nM as p, rising."""
    return tuple(float(one) for one in np.sort(9 - np.log10(nanomolar)))


def kept(words: str, learner: Learner, protocol: Protocol, pool: Pool, keep: Path | None) -> Measured:
    """The surface; `keep` holds finished repeats, which are not measured again."""
    folder = keep / words.replace(" ", "-").replace(",", "") if keep else None
    return Measured(words, measure(pool, learner, protocol, folder=folder, monitor=told(words)))


def whole_cost(options: argparse.Namespace, keep: Path) -> Cost:
    """What the kernel's whole surface costs, in a process of its own that reads the tables too; kept in `keep`."""
    command = ["-m", "benchmarks.akt_focus", "--only-kernel", "--data", str(options.data), "--keep", str(keep)]
    return measured([sys.executable, *command, "--repeats", str(options.repeats)])


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
        labels = [measured.words, str(len(scores)), f"{nanomolar:g} nM", reading]
        rows.append([*labels, *changes(scores, few, surface.sizes)])
    return rows


def regressed(measured: Measured) -> list[list[str]]:
    """Rows of the regression on pIC50, where the learner has one: concordance and squared error."""
    surface = measured.surface
    few = int(np.argmin(np.abs(surface.counts - FEW)))
    if np.isnan(surface.outer_regression).any():
        return []
    return [
        [measured.words, str(len(surface.outer)), reading, *changes(surface.outer_regression[:, i], few, surface.sizes)]
        for i, reading in enumerate(("concordance", "squared error"))
    ]


def trees_compared(fewer: Surface, more: Surface) -> str:
    """The fall at the fixed threshold with 100 and with 1,000 trees, on the same halvings."""
    count = min(len(fewer.outer), len(more.outer))
    first, second = (one.outer[:count, 0, 0, -1] - one.outer[:count, 0, 0, 0] for one in (fewer, more))
    error = float((second - first).std(ddof=1) / np.sqrt(count))
    return (
        f"On the first {count} halvings, the same for both, balanced accuracy at 10 nM changes from none to all "
        f"outsiders by {first.mean():+.3f} with 100 trees and by {second.mean():+.3f} with the published 1,000 "
        f"(difference {(second - first).mean():+.3f}, standard error {error:.3f})."
    )


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
    """Seconds of one core for a cell (an N and a threshold) of the published forest of 1,000 trees: fit and predict."""
    division = divide(pool, 0, ordering="mean", seed=0)
    forest, _ = Scikit("RandomForestClassifier", {"n_estimators": 1000, "max_depth": 30, "n_jobs": 1}).models()
    labels, bits = pool.labels(np.array([8.0]))[:, 0], np.asarray(pool.features)
    started = time.process_time()
    for share in TIMED:
        rows = np.concatenate([division.train, division.outside[: int(share * len(division.outside))]])
        rows = rows[~np.isnan(labels[rows])]
        forest.fit(bits[rows], labels[rows].astype(int)).predict_proba(bits[division.test])
    return (time.process_time() - started) / len(TIMED)


def page(found: Sequence[Measured], pool: Pool, control: str, costs: tuple[Cost, float]) -> list[str]:
    surfaces = {one.words: one.surface for one in found}
    kernel = surfaces[KERNEL]
    lines = heading("Akt inhibitors: does the rest of ChEMBL help one series?", "akt_focus")
    lines += paragraph(
        f"IC50 of {pool.size} compounds of an allosteric series and {len(pool.outside):,} others (Balabin & Kaiser "
        "2026, arXiv 2602.23303): half of the series is learnt from with the N most similar others, the other half is "
        "judged, as many times as said. Intervals (95 %) are for another sample of compounds (Nadeau & Bengio); the "
        "last column is the standard error of the change over halvings of these same compounds."
    )
    columns = ["learner", "halvings", "active at", "reading", "N = 0", f"N = {FEW}", "all", "all - none", "error"]
    lines += table(columns, [row for one in found for nanomolar in SHOWN for row in at(one, nanomolar)])
    lines += paragraph(trees_compared(surfaces[FEWER_TREES], surfaces[ALL_TREES]))
    lines += paragraph("Regression on pIC50, bounds taken for what they are:")
    columns = ["learner", "halvings", "reading", "N = 0", f"N = {FEW}", "all", "all - none", "error"]
    lines += table(columns, [row for one in found for row in regressed(one)])
    lines += paragraph(f"Over {len(NANOMOLAR)} thresholds (2.5 to 50 nM), N* chosen on training halves:")
    columns = ["learner", "reading", "N*", "N = 0", "N*", "all", "focus gain", "transfer gain"]
    whole = [one for one in found if len(one.surface.thresholds) == len(NANOMOLAR)]
    rows = [gain_row(one.words, gain) for one in whole for gain in gains(one.surface) if gain.threshold is None]
    lines += table(columns, rows)
    for one in found:
        lines += paragraph(f"{one.words[0].upper()}{one.words[1:]}: {verdict(gains(one.surface))}")
    line = theory_of(kernel.counts, kernel.outer_regression[:, 1].mean(axis=0), kernel.sizes[0])
    lines += paragraph(
        f"Theory beside the kernel's squared error: sigma^2 = {line.variance:.3g}, Delta^2 = {line.bias:.3g}, N* = "
        f"{line.best:,.0f}, explaining {line.explained:.0%} of the curve."
    )
    return [*lines, *paragraph(control[0].upper() + control[1:]), *paragraph(cost_in_words(kernel, *costs))]


def cost_in_words(kernel: Surface, whole: Cost, cell: float) -> str:
    """What the surface costs, beside the published forest."""
    repeats, cells = len(kernel.outer), kernel.outer[0, 0].size
    speed = repeats * cells / whole.cpu
    return (
        f"Cost: the kernel's whole surface ({len(kernel.thresholds)} thresholds x {len(kernel.counts)} N x {repeats} "
        f"halvings, each cell with four readings, reading the tables included) took {whole.cpu:.0f} s of processor "
        f"time in a process of its own, {whole.cpu / 2:.0f} s on each of two cores ({whole.wall:.0f} s by the clock of "
        f"a machine busy with other work), and {whole.gigabytes:.2f} GB. A cell of the published forest (1,000 trees, "
        f"one fit and one prediction, mean over N) takes {cell:.2f} s of one core: {speed:,.0f} cells a second of one "
        f"core against {1 / cell:.2f}, {speed * cell:,.0f} times the throughput at equal repeats."
    )


def main() -> None:
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument(
        "--deep", type=int, default=33, help="repeats of the forest of 1,000 trees (12 s of a core each)"
    )
    parser.add_argument("--slow", type=int, default=5, help="repeats of boosting and of the forest of pIC50")
    parser.add_argument("--keep", type=Path, help="folder for finished repeats")
    parser.add_argument("--only-kernel", action="store_true", help="only measure the kernel's surface, into --keep")
    options = parser.parse_args()
    files = [options.data / "akt" / f"{name}.csv.gz" for name in ("series", "outside")]
    bioactivities = read_bioactivities(files, TableOptions(merge=False))
    mask = bioactivities.series(SOURCE_FILE, files[0].name)
    pool = pool_of(bioactivities, np.arange(len(mask)), mask, morgan(bioactivities))
    if options.only_kernel:
        kept(*learners(options)[0], pool, options.keep)
        return
    control = matched(mask, bioactivities.compounds["assay"].fillna("").to_numpy(str), "assay").sentence
    with tempfile.TemporaryDirectory() as fresh:
        costs = whole_cost(options, Path(fresh)), forest_cell(pool)
        found = [kept(*learners(options)[0], pool, Path(fresh))]
    found += [kept(*one, pool, options.keep) for one in learners(options)[1:]]
    lines = page(found, pool, control, costs)
    write_table(str(options.out), lines)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
