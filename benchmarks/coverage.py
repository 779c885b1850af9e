"""Do the intervals hold what they say? Coverage at four levels on held-out conditions, simulated and real.

Run: python -m benchmarks.coverage [--data FOLDER] [--out FILE] [--seeds N] [--closed-form]; it writes
benchmarks/coverage.md. --closed-form leaves out CellBox, which takes nine tenths of the time.
Simulated: the demo's screens, a fresh network for each seed, noise .05 and .15 in turn. The page grows as the run
goes on. The interval of a coverage is a bootstrap over
screens (real data: over conditions). All settings are chosen by inner folds.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from benchmarks._page import heading, parser_of, table
from benchmarks.unseen_target import sachs

from semimech.data.options import ReadOptions
from semimech.data.readers import read_screen
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.evaluate.alignment import placed
from semimech.evaluate.bootstrap import dirichlet_weights, interval
from semimech.evaluate.coverage import inside
from semimech.evaluate.reference import reference_of
from semimech.models.annotated import AnnotatedCellBox
from semimech.models.base import Estimator
from semimech.models.baselines import Additive, MeanResponse, PathwayKernel, Ridge
from semimech.models.cellbox import CellBox
from semimech.models.composition import Composition
from semimech.models.intervals import with_intervals
from semimech.models.scm import LinearSCM
from semimech.simulate.demo import simulate_demo

LEVELS = (0.5, 0.8, 0.9, 0.95)
NOISES = (0.05, 0.15)
GENERAL: tuple[Estimator, ...] = (CellBox(), LinearSCM(), Composition(), Ridge(), Additive(), MeanResponse())
UNSEEN: tuple[Estimator, ...] = (AnnotatedCellBox(), PathwayKernel(), LinearSCM(), MeanResponse())
CELLS: tuple[Estimator, ...] = (CellBox(), LinearSCM(), Ridge(), MeanResponse())


@dataclass(frozen=True, eq=False)
class Case:
    """One split of one screen, with what is asked of it."""

    data: str
    screen: Screen
    split: Split
    estimators: tuple[Estimator, ...]
    number: int | None = None  # of a simulated screen: screens are resampled there, conditions elsewhere


@dataclass(frozen=True, eq=False)
class Found:
    """Of one model on one split: inside (units x levels), counted (units,), mean width at .9 over rms effect.

    units: what is resampled, a screen or each condition; the same in two splits is one.
    """

    units: tuple[Hashable, ...]
    inside: np.ndarray
    counted: np.ndarray
    width: float
    words: str


def main() -> None:
    """Measure every case and write the page."""
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--closed-form", action="store_true")
    options = parser.parse_args()
    command = f"coverage --seeds {options.seeds}" + (" --closed-form" if options.closed_form else "")
    found: dict[tuple[str, str, str], list[Found]] = {}
    for case in cases(options.data, options.seeds):
        for estimator in case.estimators:
            if options.closed_form and isinstance(estimator, CellBox | AnnotatedCellBox):
                continue
            result = measured(case, estimator)
            found.setdefault((case.data, case.split.name, estimator.name), []).append(result)
            print(case.data, case.split.name, case.split.fold, estimator.name, shares(result), flush=True)
        page = heading("Coverage of the intervals", command)
        page += ["CellBox was left out of this run.", ""] if options.closed_form else []
        page += text(found)
        options.out.write_text("\n".join(page).rstrip() + "\n", encoding="utf-8")


def cases(data: Path, seeds: int) -> Iterator[Case]:
    """Simulated screens, then the real ones."""
    for seed in range(seeds):
        screen = simulate_demo(seed, noise=NOISES[seed % len(NOISES)])
        for name in ("conditions", "combinations", "leave-one-out"):
            yield Case("simulated", screen, split_screen(screen, name, seed=seed)[0], GENERAL, seed)
        for split in split_screen(screen, "leave-one-out-complete", seed=seed)[:2]:
            yield Case("simulated", screen, split, UNSEEN, seed)
    drugs = read_screen(data / "sk-mel-133", ReadOptions(annotations=data / "sk-mel-133" / "annotations.toml"))
    for name, folds in (("conditions", 2), ("combinations", 1), ("leave-one-out", 2)):
        for split in split_screen(drugs, name, partitions=2)[:folds]:
            yield Case("sk-mel-133", drugs, split, GENERAL)
    for split in split_screen(drugs, "leave-one-out-complete")[:4]:
        yield Case("sk-mel-133", drugs, split, UNSEEN)
    with TemporaryDirectory() as folder:
        signals = sachs(data, Path(folder))
    cells = {
        "dixit2016": read_screen(data / "dixit2016" / "dixit2016.csv.gz"),
        "sachs2005": signals,
        "papalexi2021": read_screen(data / "papalexi2021" / "papalexi2021.h5ad", ReadOptions(keep="top_frac > 0.8")),
    }
    for title, screen in cells.items():
        for name in ("cells", "perturbations"):
            for split in split_screen(screen, name, partitions=2):
                yield Case(title, screen, split, CELLS)


def measured(case: Case, estimator: Estimator) -> Found:
    """Fit, calibrate, and count what is inside at each level."""
    fitted = estimator.fit(case.screen, case.split, seed=case.split.seed)
    calibrated = with_intervals(estimator, fitted, case.screen, case.split, seed=case.split.seed)
    reference = reference_of(case.screen, case.split)
    held, width, words = [], float("nan"), ""
    for level in LEVELS:
        prediction = calibrated.at(level).predict(reference.conditions)
        if prediction.lower is None or prediction.upper is None:
            return Found((), np.zeros((0, len(LEVELS))), np.zeros(0), width, prediction.interval_from[0])
        bounds = np.stack([placed(bound, prediction, reference) for bound in (prediction.lower, prediction.upper)])
        held.append(inside(reference, bounds))
        if level == 0.9:
            size = np.sqrt(np.mean(reference.observed[reference.scored] ** 2))
            width = float(np.nanmean((bounds[1] - bounds[0])[reference.scored])) / size
            words = prediction.interval_from[0].partition("from ")[2]
    counts, counted = np.stack([each[:, 0] for each in held], axis=1), held[0][:, 1]
    if case.number is None:
        return Found(reference.conditions, counts, counted, width, words)
    return Found((case.number,), counts.sum(0, keepdims=True), counted.sum(keepdims=True), width, words)


def shares(found: Found) -> str:
    """Coverage at each level."""
    return " ".join(f"{value:.3f}" for value in found.inside.sum(0) / max(found.counted.sum(), 1))


def text(found: dict[tuple[str, str, str], list[Found]]) -> list[str]:
    """The tables, and which rows are off by more than three points at .9."""
    lines = [
        "Share of the observed effects of held-out conditions inside the intervals; at 90 % with its 95 % interval by",
        "a bootstrap over screens (simulated) or conditions (real). Width: mean of the 90 % intervals in rms effects.",
        "",
    ]
    columns = ("data", "held out", "model", "50 %", "80 %", "90 %", "95 %", "width", "measured on, in the first fold")
    lines += table(columns, [row(key, parts) for key, parts in found.items()])
    for kind in ("simulated", "real"):
        mine = {key: parts for key, parts in found.items() if (key[0] == "simulated") == (kind == "simulated")}
        off = {key: worst(parts) for key, parts in mine.items() if worst(parts) > 0.03}
        within = f"{len(mine) - len(off)} of {len(mine)} rows are within 3 points at all four levels"
        lines.append(f"{kind.capitalize()}: {within}{'. The others:' if off else '.'}")
        lines += [""]
        lines += [f"- off by up to {100 * value:.1f} points: {', '.join(key)}" for key, value in off.items()] + [""]
    return lines


def pooled(parts: Sequence[Found]) -> np.ndarray:
    """Coverage of all folds and screens together (levels,)."""
    return np.sum([part.inside.sum(0) for part in parts], axis=0) / max(sum(part.counted.sum() for part in parts), 1)


def by_unit(parts: Sequence[Found]) -> tuple[np.ndarray, np.ndarray]:
    """inside (units x levels) and counted (units,) of each unit, over all the splits that it is held out in."""
    place = {unit: i for i, unit in enumerate(dict.fromkeys(unit for part in parts for unit in part.units))}
    rows = [place[unit] for part in parts for unit in part.units]
    counts, counted = np.zeros((len(place), len(LEVELS))), np.zeros(len(place))
    np.add.at(counts, rows, np.concatenate([part.inside for part in parts]))
    np.add.at(counted, rows, np.concatenate([part.counted for part in parts]))
    return counts, counted


def worst(parts: Sequence[Found]) -> float:
    """The largest distance of a coverage from its level; 0 where there are no intervals."""
    return float(np.abs(pooled(parts) - LEVELS).max()) if sum(part.counted.sum() for part in parts) else 0.0


def row(key: tuple[str, str, str], parts: Sequence[Found]) -> list[str]:
    """One line of the table."""
    if not sum(part.counted.sum() for part in parts):
        return [*key, *["–"] * 5, parts[0].words]
    counts, counted = by_unit(parts)
    weights = dirichlet_weights(len(counted), 2000, 0)
    lower, upper = interval((weights @ counts[:, 2]) / (weights @ counted))
    cells = [f"{100 * value:.1f}" for value in pooled(parts)]
    cells[2] += f" [{100 * lower:.1f}, {100 * upper:.1f}]" if np.isfinite(lower) else ""
    return [*key, *cells, f"{np.nanmean([part.width for part in parts]):.2f}", parts[0].words]


if __name__ == "__main__":
    main()
