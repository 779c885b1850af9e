"""Perturbation VAEs: what they add to effects, cells that fail quality control, intervals of cells, published scores.

Run: python -m benchmarks.vae [--only papalexi2021 ...]; it writes benchmarks/vae.md, or its named sections anew.
Everything is judged on cells and control cells that no model has seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
from benchmarks._page import heading, parser_of, table
from benchmarks.seen_effects import DRAWS, MIXTURE, SEEDS, THIRD, Estimates, of_seed, scores
from scipy import stats

from semimech.data.effects import Effects, effects_of
from semimech.data.inner import inner_splits
from semimech.data.options import ReadOptions
from semimech.data.quality import quality
from semimech.data.readers import read_screen
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.evaluate import summaries
from semimech.evaluate.bootstrap import dirichlet_weights, interval
from semimech.evaluate.published import published_scores
from semimech.evaluate.reference import Reference, reference_of
from semimech.models.baselines.lookup import ConditionMean, ShrunkConditionMean
from semimech.models.effects import EffectEstimator
from semimech.models.vae import CradleVAE, FittedVAE, GpoVAE, SamsVAE
from semimech.simulate.build import simulate_screen

LEVELS = (0.5, 0.8, 0.9)
DRAWN = 1_000  # cells of each condition behind an interval
FAILING = 0.3
QUALITY = "true_passes_qc"
TITLES = {
    "papalexi2021": "Seen perturbations: papalexi2021",
    "dixit2016": "Seen perturbations: dixit2016",
    "artefacts": f"Artefacts: prediction of good cells when {100 * FAILING:.0f} % fail quality control",
    "intervals": "Intervals of single cells",
    "published": "The published protocol",
}

Part = tuple[Reference, Estimates]
Weights = dict[str, list[float]]


def main() -> None:
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--only", nargs="+", help="sections to measure, others are kept")
    arguments = parser.parse_args()
    papalexi = read_screen(arguments.data / "papalexi2021" / "papalexi2021.h5ad", ReadOptions(keep="top_frac > 0.8"))
    dixit = read_screen(arguments.data / "dixit2016" / "dixit2016.csv.gz")
    sections = {
        "papalexi2021": lambda: real("papalexi2021", papalexi),
        "dixit2016": lambda: real("dixit2016", dixit),
        "artefacts": artefacts,
        "intervals": coverage,
        "published": lambda: published(papalexi),
    }
    found = kept(arguments.out) if arguments.only and arguments.out.is_file() else {}
    for name in arguments.only or sections:
        begun = time.process_time()
        lines = sections[name]()
        made = f"Measured {date.today()}; {time.process_time() - begun:.0f} s of one core."
        found[TITLES[name]] = [f"## {TITLES[name]}", "", *lines, made, ""]
        text = [*heading("Perturbation VAEs", "vae"), "The sections may be of different days: each says its own.", ""]
        text += [line for title in TITLES.values() for line in found.get(title, [])]
        arguments.out.write_text("\n".join(text), encoding="utf-8")
        print("\n".join(lines[-14:]), flush=True)


def kept(page: Path) -> dict[str, list[str]]:
    """The sections of a page, by title."""
    parts = page.read_text(encoding="utf-8").split("\n## ")[1:]
    return {part.split("\n")[0]: ["## " + part.split("\n")[0], *part.split("\n")[1:]] for part in parts}


def real(name: str, screen: Screen) -> list[str]:
    """Effects of seen perturbations on held-out cells."""
    weights: Weights = {}
    parts = [of_seed(screen, THIRD, seed, lambda s, p: estimates(s, p, weights)) for seed in range(SEEDS)]
    print(name, flush=True)
    rows = []
    for name in parts[0][1]:
        kept = ", ".join(f"{weight:g}" for weight in weights.get(name, ())) or "–"
        rows.append([name, *scores(parts, name), against(parts, name, MIXTURE), kept])
    return [
        f"{screen.shape[0]:,} cells, {screen.shape[1]} features. "
        f"A third of the cells of every condition and batch is held out; {SEEDS} seeds. r and NMSE as in "
        "[seen_effects.md](seen_effects.md). Better than effects: how much smaller the NMSE is than that of `effects`, "
        "the closed form from which the models begin, with a 95 % interval by a bootstrap over conditions (paired, all "
        "seeds together). Weight: of what the latent part adds, chosen by held-out training cells, seed by seed.",
        "",
        *table(["model", "r", "r by condition", "NMSE", "better than effects", "weight"], rows),
    ]


def estimates(screen: Screen, split: Split, weights: Weights) -> tuple[Effects, Estimates]:
    """Effects of the training conditions by every model."""
    effects = effects_of(screen, split.train)
    found: Estimates = {}
    simple = {"condition mean": ConditionMean(), "empirical Bayes": ShrunkConditionMean(), MIXTURE: EffectEstimator()}
    for name, estimator in simple.items():
        found[name] = estimator.fit(screen, split).predict(effects.conditions).mean
    models = {
        "sams-vae": SamsVAE(),
        "gpo-vae, all cells pass": GpoVAE(quality=False),
        "cradle-vae": CradleVAE(),
        "gpo-vae": GpoVAE(),
        "sams-vae alone, no closed form": SamsVAE(offset=False),
    }
    for name, model in models.items():
        fitted = model.fit(screen, split, seed=split.seed)
        found[name] = fitted.predict(effects.conditions).mean
        if not fitted.alone:
            weights.setdefault(name, []).append(fitted.residual.weight)
    return effects, found


def against(parts: Sequence[Part], name: str, other: str) -> str:
    """NMSE of the other less that of `name`, with its interval."""
    if name == other:
        return ""
    mine, theirs = (
        sum(summaries.noise_corrected(reference, found[each]) for reference, found in parts) for each in (name, other)
    )
    weights = dirichlet_weights(len(mine), DRAWS, 0)
    found = summaries.ratio(theirs.sum(0)) - summaries.ratio(mine.sum(0))
    draws = summaries.ratio(weights @ theirs) - summaries.ratio(weights @ mine)
    low, high = interval(draws) if np.ptp(draws) else (found, found)
    return f"{found:+.3f} [{low:+.3f}, {high:+.3f}]"


def simulated(seed: int, failing: float) -> Screen:
    """Counts of 25 knock-outs in a random network of 150 genes, two batches, and cells that fail quality control."""
    return simulate_screen(
        {
            "topology": {"nodes": 150},
            "perturbations": [{"kind": "knock-out", "count": 25}],
            "sampling": {"rows": 60, "control_rows": 300, "batches": 2},
            "measurement": {"failing": failing, "library_size": 2_000.0},
        },
        seed=seed,
    )


def artefacts() -> list[str]:
    """Effects of good cells where many fail."""
    told = {"quality_column": QUALITY}
    models = {
        "effects, all cells": lambda screen, split: EffectEstimator().fit(screen, split),
        "sams-vae, all cells": lambda screen, split: SamsVAE().fit(screen, split),
        "effects, cells that pass by outliers": lambda screen, split: EffectEstimator().fit(
            screen, good(screen, split)
        ),
        "cradle-vae, quality by outliers": lambda screen, split: CradleVAE().fit(screen, split),
        "cradle-vae, quality told": lambda screen, split: CradleVAE(**told).fit(screen, split),
        "gpo-vae, quality told": lambda screen, split: GpoVAE(**told).fit(screen, split),
        "sams-vae alone, all cells": lambda screen, split: SamsVAE(offset=False).fit(screen, split),
        "cradle-vae alone, quality told": lambda screen, split: CradleVAE(offset=False, **told).fit(screen, split),
    }
    parts: list[Part] = []
    for seed in range(SEEDS):
        screen = simulated(seed, FAILING)
        passes = screen.obs[QUALITY].to_numpy(bool)

        def every(screen: Screen, split: Split) -> tuple[Effects, Estimates]:
            effects = effects_of(screen, split.train)
            return effects, {
                name: model(screen, split).predict(effects.conditions).mean for name, model in models.items()
            }

        parts.append(of_good_cells(screen, passes, seed, every))
    first = next(iter(models))
    rows = [[name, *scores(parts, name), against(parts, name, first)] for name in models]
    return [
        f"Simulated counts of 25 knock-outs, 150 genes, {SEEDS} seeds; a failing cell has a tenth of the counts, half "
        "of them from elsewhere. Judged on held-out cells that pass. Better: NMSE less than that of effects from all "
        "cells.",
        "",
        *table(["model", "r", "r by condition", "NMSE", "better"], rows),
    ]


def of_good_cells(
    screen: Screen, passes: np.ndarray, seed: int, every: Callable[[Screen, Split], tuple[Effects, Estimates]]
) -> Part:
    """Train on two thirds of all cells, judge on the others that pass."""
    rows = np.arange(screen.shape[0])
    split = inner_splits(screen, Split("all", "all", seed, rows, rows[:0]), "rows", THIRD, seed)[0]
    reference = reference_of(screen, replace(split, test=split.test[passes[split.test]]))
    effects, found = every(screen, split)
    order = [effects.conditions.index(condition) for condition in reference.conditions]
    return reference, {name: values[order] for name, values in found.items()}


def good(screen: Screen, split: Split) -> Split:
    """The same split without the training rows that are outliers."""
    return replace(split, train=split.train[quality(screen, split.train)[split.train]])


def coverage() -> list[str]:
    """Intervals of the counts of single cells that no model has seen."""
    found: dict[str, list[np.ndarray]] = {}
    for seed in range(SEEDS):
        screen = simulated(seed, 0.0)
        split = split_screen(screen, "cells", seed=seed)[0]
        models = {
            "sams-vae": SamsVAE(),
            "gpo-vae": GpoVAE(quality=False),
            "sams-vae, Poisson": SamsVAE(likelihood="poisson"),
        }
        for name, model in models.items():
            found.setdefault(name, []).append(inside(screen, split, model.fit(screen, split, seed=seed)))
    rows = []
    for name, parts in found.items():
        values = np.array(parts)
        mean, error = values.mean(0), values.std(0, ddof=1) / np.sqrt(len(values))
        rows.append([name, *(f"{100 * m:.1f} ± {100 * stats.t.ppf(0.975, len(values) - 1) * e:.1f}"
                             for m, e in zip(mean, error, strict=True))])  # fmt: skip
    return [
        "Simulated counts as above, no cell fails; share of the counts of held-out cells (every condition and gene) "
        f"inside intervals from {DRAWN:,} cells drawn, %, mean over {SEEDS} seeds ± 95 %. Counts are whole numbers, so "
        "an interval of a level can hold more: the ends are counted by chance as often as the level asks (randomised "
        "probability integral transform, Czado et al. 2009, doi:10.1111/j.1541-0420.2009.01191.x).",
        "",
        *table(["model", *(f"{100 * level:.0f} %" for level in LEVELS)], rows),
    ]


def inside(screen: Screen, split: Split, fitted: FittedVAE) -> np.ndarray:
    """Shares of held-out counts inside central intervals of each level."""
    random = np.random.default_rng(0)
    ranks = []
    for number, condition in enumerate(screen.conditions):
        rows = split.test[screen.condition_codes[split.test] == number]
        held = np.concatenate([block for _, block in screen.blocks(rows)])
        drawn = np.sort(fitted.cells(condition, DRAWN, seed=number), axis=0)
        for gene in range(held.shape[1]):
            below, upto = (np.searchsorted(drawn[:, gene], held[:, gene], side) / DRAWN for side in ("left", "right"))
            ranks.append(below + random.random(len(held)) * (upto - below))
    far = np.abs(np.concatenate(ranks) - 0.5)
    return np.array([(far <= level / 2).mean() for level in LEVELS])


def published(screen: Screen) -> list[str]:
    """The score of the published protocol beside the held-out score of the same fits."""
    models = {
        "gpo-vae, compat gpo-vae": GpoVAE(compat="gpo-vae"),
        "gpo-vae": GpoVAE(),
        "condition mean": ConditionMean(),
    }
    rows = []
    for name, model in models.items():
        pairs = []
        for seed in range(SEEDS):
            split = split_screen(screen, "cells", seed=seed)[0]
            found = published_scores(screen, split, model.fit(screen, split, seed=seed))
            pairs.append((found.published, found.held_out, found.published - found.held_out))
        mean, spread = np.mean(pairs, axis=0), np.std(pairs, axis=0, ddof=1)
        half = stats.t.ppf(0.975, SEEDS - 1) * spread[2] / np.sqrt(SEEDS)
        rows.append([name, f"{mean[0]:.3f}", f"{mean[1]:.3f}", f"{mean[2]:+.3f} ± {half:.3f}"])
    return [
        "Mean over conditions of the correlation of effects over genes, targets included, of the same fit: against all "
        "cells, those of training among them (as published), and against held-out cells only; "
        f"{SEEDS} seeds, half of the cells held out. The difference is no skill. `compat` trains with the "
        "published losses from nothing, until its held-out bound stops falling for 30 epochs.",
        "",
        *table(["model", "published protocol", "held out", "difference ± 95 %"], rows),
    ]


if __name__ == "__main__":
    main()
