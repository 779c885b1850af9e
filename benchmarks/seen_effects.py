"""Effects of seen perturbations on held-out cells: `effects` and its parts against the condition mean.

Run: python -m benchmarks.seen_effects; it writes benchmarks/seen_effects.md. The reference is made of cells and control
cells that no estimate has seen; what a knock-out does to its own gene does not count.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from benchmarks._count_screens import Simulated, measured, shared_logs, sparse_logs
from benchmarks._page import heading, parser_of, table

from semimech.data.effects import Effects, effects_of
from semimech.data.inner import inner_splits
from semimech.data.options import ReadOptions
from semimech.data.readers import read_screen
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.evaluate import summaries
from semimech.evaluate.bootstrap import dirichlet_weights, interval
from semimech.evaluate.reference import Reference, reference_of
from semimech.models.baselines.lookup import shrunk
from semimech.models.effects import EffectEstimator, noise_of
from semimech.models.effects.low_rank import shrink_rank
from semimech.models.effects.methods import METHODS, estimate
from semimech.models.effects.noise import Noise

MIXTURE, BEST = "**effects** (mixture)", "effects (best)"
MEAN, EB = "condition-mean", "shrunk per gene, controls' error ignored"
UNAWARE = "low-rank, controls' error ignored"
THIRD = 3
SEEDS = 5
DRAWS = 2_000
BARS = {
    "papalexi2021": "Bar: r .65, NMSE .13; aim .67, .09.",
    "papalexi2021, all cells": "The same with cells of two guides.",
    "dixit2016": "Bar: not below the condition mean or empirical Bayes.",
}
SIMULATED = {"sparse": 0.30, "low-rank": 0.705}

Estimates = dict[str, np.ndarray]


def main() -> None:
    arguments = parser_of(__doc__, __file__).parse_args()
    text = heading("Effects of seen perturbations", "seen_effects") + introduction()
    for name, screen in real(arguments.data):
        text += section(name, screen)
        arguments.out.write_text("\n".join(text), encoding="utf-8")
    text += simulated() + speed()
    arguments.out.write_text("\n".join(text), encoding="utf-8")


def introduction() -> list[str]:
    return [
        f"A third of the cells of every condition and batch, controls among them, is the reference; means over {SEEDS} "
        "seeds. r: Pearson over all entries that count, and by condition. NMSE: squared error as a share of that of no "
        "change, both freed of the noise of the reference. Highest possible r: that of the true effects with the "
        "reference, from its noise. Gain: how much smaller the NMSE of the mixture is, with a 95 % interval by a "
        "Bayesian bootstrap over conditions (paired, all seeds together).",
        "",
        "Everything is chosen within the training cells. Read with care: that the error of the controls matters, and "
        "that the mixture is better than the single best, was found on these data, on other parts of the cells.",
        "",
    ]


def real(data: Path) -> Iterator[tuple[str, Screen]]:
    cells = data / "papalexi2021" / "papalexi2021.h5ad"
    yield "papalexi2021", read_screen(cells, ReadOptions(keep="top_frac > 0.8"))
    yield "papalexi2021, all cells", read_screen(cells)
    yield "dixit2016", read_screen(data / "dixit2016" / "dixit2016.csv.gz")


def section(name: str, screen: Screen) -> list[str]:
    begun = time.perf_counter()
    parts = [of_seed(screen, THIRD, seed, everything) for seed in range(SEEDS)]
    rows = [[method, *scores(parts, method), gain(parts, method)] for method in parts[0][1]]
    ceiling = np.mean([highest(reference) for reference, _ in parts])
    print(name, ceiling, rows, flush=True)
    others = [shares_held_out(screen, folds) for folds in (2, 5)]
    return [
        f"## {name}: {screen.shape[0]:,} cells, {screen.shape[1]} features",
        "",
        f"{BARS[name]} Highest possible r {ceiling:.3f}.",
        "",
        *table(["estimate", "r", "r by condition", "NMSE", "gain of the mixture"], rows),
        *table(["held out", "highest r", "r of effects", "NMSE of effects", "NMSE of the condition mean"], others),
        f"{time.perf_counter() - begun:.0f} s.",
        "",
    ]


def of_seed(
    screen: Screen, folds: int, seed: int, estimates: Callable[[Screen, Split], tuple[Effects, Estimates]]
) -> tuple[Reference, Estimates]:
    """The reference, and estimates in its order."""
    rows = np.arange(screen.shape[0])
    split = inner_splits(screen, Split("all", "all", seed, rows, rows[:0]), "rows", folds, seed)[0]
    reference = reference_of(screen, split)
    effects, found = estimates(screen, split)
    order = [effects.conditions.index(condition) for condition in reference.conditions]
    return reference, {name: values[order] for name, values in found.items()}


def everything(screen: Screen, split: Split) -> tuple[Effects, Estimates]:
    effects = effects_of(screen, split.train)
    noise = noise_of(screen, split.train, effects)
    assert noise is not None
    values = effects.values.astype(float)
    found = {method: estimate(method, values, noise) for method in METHODS}
    found[EB] = shrunk(effects, np.zeros(values.shape[1]))
    found[UNAWARE] = shrink_rank(values, unaware(noise))
    return effects, found | chosen(screen, split) | {BEST: EffectEstimator(choice="best").fit(screen, split).estimates}


def chosen(screen: Screen, split: Split) -> Estimates:
    return {MIXTURE: EffectEstimator().fit(screen, split).estimates}


def unaware(noise: Noise) -> Noise:
    """The same sizes, as if every condition had controls of its own."""
    alone = np.diag(np.diag(noise.shared))
    return Noise(noise.conditions, noise.variance, noise.own, noise.overall, noise.rows, alone)


def scores(parts: list[tuple[Reference, Estimates]], method: str) -> list[str]:
    found = []
    for reference, estimates in parts:
        moments = summaries.moments(reference, estimates[method])
        error = summaries.ratio(summaries.noise_corrected(reference, estimates[method]).sum(0))
        found.append([summaries.pearson(moments.sum(0)), np.nanmean(summaries.pearson(moments)), error])
    return [f"{value:.3f}" for value in np.mean(found, axis=0)]


def gain(parts: list[tuple[Reference, Estimates]], method: str) -> str:
    if method == MIXTURE:
        return ""
    other, mine = (
        sum(summaries.noise_corrected(reference, estimates[name]) for reference, estimates in parts)
        for name in (method, MIXTURE)
    )
    weights = dirichlet_weights(len(mine), DRAWS, 0)
    low, high = interval(summaries.ratio(weights @ other) - summaries.ratio(weights @ mine))
    value = summaries.ratio(other.sum(0)) - summaries.ratio(mine.sum(0))
    return f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"


def highest(reference: Reference) -> float:
    """sqrt(1 - noise / size) of the reference."""
    counted = reference.known_errors
    noise, size = (reference.standard_errors[counted] ** 2).sum(), (reference.observed[counted] ** 2).sum()
    return float(np.sqrt(max(1 - noise / size, 0)))


def shares_held_out(screen: Screen, folds: int) -> list[str]:
    def both(screen: Screen, split: Split) -> tuple[Effects, Estimates]:
        effects = effects_of(screen, split.train)
        return effects, chosen(screen, split) | {MEAN: effects.values.astype(float)}

    parts = [of_seed(screen, folds, seed, both) for seed in range(SEEDS)]
    mine, mean = scores(parts, MIXTURE), scores(parts, MEAN)
    ceiling = np.mean([highest(reference) for reference, _ in parts])
    return [f"1/{folds}", f"{ceiling:.3f}", mine[0], mine[2], mean[2]]


def simulated() -> list[str]:
    """Correlation of estimates with the true effects of simulated screens."""
    methods = [*METHODS, EB, UNAWARE, BEST, MIXTURE]
    found = {kind: {method: [] for method in methods} for kind in SIMULATED}
    for seed in range(SEEDS):
        for kind in SIMULATED:
            made = seen_screen(seed, kind)
            rows = np.arange(made.screen.shape[0])
            effects, estimates = everything(made.screen, Split("all", "all", seed, rows, rows[:0]))
            truth = np.stack([made.truth[condition] for condition in effects.conditions])
            for method in methods:
                r = np.corrcoef(estimates[method].ravel(), truth.ravel())[0, 1]
                found[kind][method].append((r, ((estimates[method] - truth) ** 2).sum() / (truth**2).sum()))
    rows = [
        [method, *(f"{value:.3f}" for kind in SIMULATED for value in np.mean(found[kind][method], axis=0))]
        for method in methods
    ]
    print(rows, flush=True)
    return [
        "## Simulated effects: 75 perturbations x 1,000 genes, 43 cells each",
        "",
        f"Negative-binomial counts, 400 control cells, {SEEDS} seeds; r and squared error (share of no change) against "
        "the true effects. Sparse: 2 % of the genes of each perturbation change, log-rates of sd .2. Low-rank: four "
        "programmes, log-rates of sd .04. "
        f"Bars: r {SIMULATED['sparse']:.2f} and {SIMULATED['low-rank']:.3f}; they come from other simulators, whose "
        "noise is not that of these.",
        "",
        *table(["estimate", "sparse r", "sparse error", "low-rank r", "low-rank error"], rows),
    ]


def seen_screen(seed: int, kind: str) -> Simulated:
    random = np.random.default_rng([seed, 77])
    sparse = kind == "sparse"
    logs = (
        sparse_logs(random, 75, 1_000, share=0.02, size=0.2)
        if sparse
        else shared_logs(random, 75, 1_000, rank=4, size=0.04)
    )
    return measured(random, logs, np.eye(75), cells=43, controls=400)


def speed() -> list[str]:
    """Seconds for 600 perturbations and 8,000 genes."""
    random = np.random.default_rng(0)
    logs = sparse_logs(random, 600, 8_000, share=0.02, size=0.4) + shared_logs(random, 600, 8_000, rank=5, size=0.1)
    screen = measured(random, logs, np.eye(600), cells=25, controls=1_000, with_truth=False).screen
    rows = np.arange(screen.shape[0])
    split = Split("all", "all", 0, rows, rows[:0])
    effects = effects_of(screen, rows)
    lines = []
    clock, cores = time.perf_counter(), time.process_time()
    noise = noise_of(screen, rows, effects)
    assert noise is not None
    lines.append(["noise of the table, from the cells", *since(clock, cores)])
    for method in METHODS:
        clock, cores = time.perf_counter(), time.process_time()
        estimate(method, effects.values.astype(float), noise)
        lines.append([method, *since(clock, cores)])
    clock, cores = time.perf_counter(), time.process_time()
    EffectEstimator().fit(screen, split)
    lines.append(["whole fit, effects and choice by held-out cells included", *since(clock, cores)])
    print(lines, flush=True)
    return [
        f"## Time: 600 perturbations, 8,000 genes, {screen.shape[0]:,} cells",
        "",
        *table(["what", "seconds", "seconds of one core"], lines),
    ]


def since(clock: float, cores: float) -> list[str]:
    return [f"{time.perf_counter() - clock:.1f}", f"{time.process_time() - cores:.1f}"]


if __name__ == "__main__":
    main()
