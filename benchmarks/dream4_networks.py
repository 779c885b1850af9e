"""DREAM4: the network from knock-outs, knock-downs and time series, its options chosen on simulated networks.

Run: python -m benchmarks.dream4_networks; it writes benchmarks/dream4_networks.md. The gold standards of DREAM4 score
and choose nothing: options are those of the highest mean AUPR on networks simulated with the same design
(benchmarks/_weaver.py for size 10, benchmarks/_dream_like.py for size 100).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks._dream_fit import ode, sets
from benchmarks._dream_like import NOISE, Experiment, deviation, forest, lagged, ranks, refit, simulated
from benchmarks._page import heading, parser_of, table
from benchmarks._weaver import experiments

from semimech.data.readers import read_screen
from semimech.data.readers.text import numbers, read_cells
from semimech.evaluate.recovery import average_precision, precision_recall

BARS = {"size10_1": 0.85, "size10_2": 0.50, "size100_1": 0.60}
AIMS = {"size10_1": 0.90, "size10_2": 0.55, "size100_1": 0.619}
FIXED = {  # the recipes that are judged, and what was fixed when
    10: {
        "ks, ode, sets": "written down, with its options, before DREAM4 scored it; the best on simulated networks",
        "ks, ode, forest": "deviations, an ODE and a lagged forest: the three parts of earlier work, which was made "
        "with these networks in sight; its ODE, fitted to knock-outs alone, is replaced by the one fitted to "
        "knock-outs, knock-downs and series at once, of the recipe above; options by simulated networks. Not named "
        "before DREAM4 had scored all lines below",
        "ks, refit, forest": "earlier work as it was, made with these networks in sight; options by simulated networks",
    },
    100: {"ks, refit": "earlier work, made with this network in sight; options by simulated networks"},
}
NETWORKS = {10: (12, 5), 100: (4, 10)}  # simulated networks to choose on, and series of each
SHARES = {10: (0.25, 0.5), 100: (0.04, 0.08, 0.15)}  # of the pairs that are fitted again
RIDGES, LAG_RIDGES = (0.1, 0.3), (0.03, 0.1, 0.3, 1.0)
SPARSITY, NOISES = 3.0, (0.07, 0.1)  # of the field, and of the sets of regulators

Part = tuple[str, str]  # (kind, options in words)
KS = ("ks", "")
Recipe = tuple[Part, ...]


def main() -> None:
    arguments = parser_of(__doc__, __file__).parse_args()
    real = {name: read(arguments.data / "dream4" / name) for name in BARS}
    lines = []
    for size, (count, series) in NETWORKS.items():
        print(size, flush=True)
        found = mean_scores(size, alike(size, count, series))
        names = [name for name, seen in real.items() if len(seen.rest) == size]
        lines += [f"## Size {size}, chosen on {count} simulated networks", "", *section(size, found, names, real)]
    text = [*heading("DREAM4 networks from knock-outs, knock-downs and time series", "dream4_networks"), *INTRODUCTION]
    arguments.out.write_text("\n".join([*text, *lines, *ENDING]) + "\n", encoding="utf-8")


INTRODUCTION = (
    "Area under the precision-recall curve over all ordered pairs. ks: |knock-out + knock-down| / sd over all "
    "knock-outs, against the wild type pooled with the time series at time 0. refit: the share of pairs with the "
    "largest ks is kept, and the steady state of a field, W x - x (linear) or k s(W x + b) - x (sigmoid), is fitted on "
    "them by rows that leave the gene alone, a ridge on each weight over its ks; edges are ranked by |W_ji x own shift "
    "of i| / sd. lagged: the slope of each level on all levels one sample before, in the second half of the series, "
    "where nothing is perturbed. forest: importance in a random forest of each other level one sample before. "
    "ode: one field of mRNA and protein, m s(W y + b + push) - x, fitted to knock-outs, knock-downs and series at once "
    "(`fit_production`), |W| / standard error. sets: the posterior odds of an edge over all sets of at most "
    "two regulators, given the proteins of that fit (`log_odds`). Several: the mean of their ranks.",
    "",
    "Options are chosen on simulated networks only. Size 10: mRNA and protein, modules of regulators, noise in the "
    "dynamics, as GeneNetWeaver makes them, of random topologies; only networks with levels at rest and sizes of "
    "effects like DREAM4's levels are kept. Size 100: Hill regulation of mRNA of random networks, noise "
    f"{NOISE:g}. No gold standard of DREAM4 chose an option. At size 10 the recipe ks, ode, sets was made on 28 such "
    "simulated networks and written down before DREAM4 scored it. A forest that leaves a gene's own level in was added "
    "after a first run of ks, refit, forest without it (.761 and .367).",
    "",
)
ENDING = (
    "How to read the two recipes with an ODE at size 10: only ks, ode, sets was predicted to be the best, and it "
    "reaches neither bar. ks, ode, forest is one of the lines whose last two columns were computed at once: its parts "
    "were all there before, its name was not, and on simulated networks others are better. Anchors at size 100, net 1: "
    "etePORTIA .619, knock-out z .494; at size 10 knock-out z .596 and .245, with a lagged forest .574 and .497. "
    "Recipes whose options are chosen with the gold standards in sight look better: ks, lagged had .863 and .453, ks, "
    "refit .637 with 8 % of the pairs and a common ridge. With options chosen on the simpler simulated networks of "
    "size 100's kind, ks, refit, forest had .885 and .358.",
)


def alike(size: int, count: int, series: int) -> list[Experiment]:
    """Simulated experiments: as GeneNetWeaver's at size 10, where they take seconds each."""
    if size == 10:
        return list(islice(experiments(size, series), count))
    return [simulated(seed, size, series) for seed in range(count)]


def parts(size: int) -> dict[Part, Callable[[Experiment], np.ndarray]]:
    """Every score of edges, by its kind and options."""
    found: dict[Part, Callable[[Experiment], np.ndarray]] = {KS: deviation}
    for share in SHARES[size]:
        for ridge in RIDGES:
            for sigmoid in (False, True):
                words = f"{'sigmoid' if sigmoid else 'linear'}, {share:.0%}, ridge {ridge:g}"
                found["refit", words] = partial(refit, share=share, ridge=ridge, sigmoid=sigmoid)
    for ridge in LAG_RIDGES:
        found["lagged", f"ridge {ridge:g}"] = partial(lagged, ridge=ridge)
    if size == 10:  # at size 100 the series tell too little to be worth its minutes
        for own in (True, False):
            found["forest", "own level taken out" if own else "own level left in"] = partial(forest, own=own)
        found["ode", f"lambda {SPARSITY:g}"] = partial(ode, sparsity=SPARSITY)
        for noise in NOISES:
            found["sets", f"noise {noise:g}"] = partial(sets, sparsity=SPARSITY, noise=noise)
    return found


def recipes(size: int) -> list[Recipe]:
    """ks, alone or with one score of the knock-outs or of all, one of the series or of sets, or both; ode; sets."""
    known = list(parts(size))
    again: list[Recipe] = [(), *((part,) for part in known if part[0] in ("refit", "ode"))]
    series: list[Recipe] = [(), *((part,) for part in known if part[0] in ("lagged", "forest", "sets"))]
    alone = [(part,) for part in known if part[0] in ("ode", "sets")]
    return [*alone, *((KS, *one, *other) for one in again for other in series)]


def areas(size: int, seen: Experiment) -> dict[Recipe, float]:
    """AUPR of every recipe."""
    order = {part: ranks(score(seen)) for part, score in parts(size).items()}
    pairs = seen.pairs
    return {
        recipe: average_precision(
            *precision_recall(np.sum([order[part] for part in recipe], axis=0)[pairs], seen.truth[pairs])
        )
        for recipe in recipes(size)
    }


def mean_scores(size: int, experiments: Iterable[Experiment]) -> pd.DataFrame:
    """AUPR of every recipe (rows) on every experiment (columns)."""
    columns = [list(areas(size, seen).values()) for seen in experiments]
    return pd.DataFrame(np.transpose(columns), pd.Index(recipes(size), tupleize_cols=False))


def section(size: int, found: pd.DataFrame, names: list[str], real: dict[str, Experiment]) -> list[str]:
    """The best recipe of each combination on simulated networks, and what it does on DREAM4."""
    mean, error = found.mean(axis=1), found.std(axis=1) / np.sqrt(found.shape[1])
    kinds = pd.Series([", ".join(kind for kind, _ in recipe) for recipe in found.index], found.index)
    score = {name: areas(size, real[name]) for name in names}
    best = [mean[kinds == kind].idxmax() for kind in kinds.unique()]
    best.sort(key=lambda recipe: -mean[recipe])
    rows = [
        [kinds[recipe], words(recipe), f"{mean[recipe]:.3f} +- {error[recipe]:.3f}"]
        + [f"{score[name][recipe]:.3f}" for name in names]
        for recipe in best
    ]
    chance = ", ".join(f"{name} {real[name].truth[real[name].pairs].mean():.3f}" for name in names)
    lines = table(["scores", "options", "simulated, mean +- s.e.", *names], rows)
    said = f"Chance: {chance}. Each line has the options that were best on simulated networks."
    return [*judged(size, names, score, {kinds[recipe]: recipe for recipe in best}), *lines, said, ""]


def judged(size: int, names: list[str], score: dict[str, dict[Recipe, float]], best: dict[str, Recipe]) -> list[str]:
    """What the recipes that are judged reach, beside the bars, and when each was fixed."""
    rows = [
        [kind, *(verdict(name, score[name][best[kind]]) for name in names), why] for kind, why in FIXED[size].items()
    ]
    return table(
        ["recipe", *(f"{name}, bar {BARS[name]}, aim {AIMS[name]}" for name in names), "what was fixed when"], rows
    )


def verdict(name: str, area: float) -> str:
    """AUPR, and the bar and aim that it reaches."""
    reached = "aim reached" if area >= AIMS[name] else "bar reached" if area >= BARS[name] else "bar NOT reached"
    return f"{area:.3f}, {reached}"


def words(recipe: Recipe) -> str:
    return "; ".join(f"{kind}: {options}" for kind, options in recipe if options)


def read(folder: Path) -> Experiment:
    """One network of DREAM4."""
    screen = read_screen(folder)
    assert screen.truth is not None
    levels, tables = np.asarray(screen.responses, float), screen.obs["table"].to_numpy()
    rest = levels[np.isin(tables, ("wildtype", "time 0"))].mean(0)
    out, down = (levels[tables == what] for what in ("knockouts", "knockdowns"))
    cells = read_cells(folder / "timeseries.tsv.gz", header=True)
    series = pd.DataFrame(numbers(cells, "timeseries"), columns=cells.columns)
    number = (series["Time"] == 0).cumsum()
    courses = [part.drop(columns="Time").to_numpy() for _, part in series.groupby(number)]
    return Experiment(rest, out, down, courses, screen.truth.matrix() != 0)


if __name__ == "__main__":
    main()
