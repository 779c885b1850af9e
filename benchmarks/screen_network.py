"""Are direct edges found in counts of knock-out cells, and do their q-values mean what they say?

Run: python -m benchmarks.screen_network; it writes benchmarks/screen_network.md. The options of the method (ridge .03,
the bulk that q-values take as null) were settled on networks with other seeds.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks._network_screens import EDGES, GENES, PERTURBED, CountSetting, simulate_counts
from benchmarks._page import heading, parser_of, table

from semimech.data.network import Network
from semimech.data.readers import ReadOptions, read_screen
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.evaluate.bootstrap import dirichlet_weights, interval
from semimech.evaluate.recovery import average_precision, precision_recall
from semimech.evaluate.strength import strength_of
from semimech.models.direct import METHODS, screen_network
from semimech.models.direct.network import Method
from semimech.models.vae import GpoVAE
from semimech.simulate.build import simulate_screen

FIRST = 5_000
LEVELS = (0.05, 0.1, 0.2)
SETTINGS = [CountSetting(law, cells) for law in ("linear", "hill") for cells in (200, 30)]
DOSES = (None, 0.3, 0.6, 1.25, 2.5, 5.0, 10.0)
HUBS = "hill of `simulate`, hubs"
NAMES: dict[str, Method] = {name: name for name in METHODS}


def main() -> None:
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--networks", type=int, default=20, help="for the calibration of q-values")
    options = parser.parse_args()
    begun = time.perf_counter()
    lines = heading("The network of a screen", "screen_network")
    lines += recovered(options.seeds, options.networks)
    lines += doses(options.seeds)
    lines += vae(options.seeds)
    lines += other_law(options.seeds)
    lines += real(options.data)
    lines += [f"The whole page took {time.perf_counter() - begun:.0f} s of one core.", ""]
    options.out.write_text("\n".join(lines), encoding="utf-8")


def recovered(seeds: int, networks: int) -> list[str]:
    """AUPRC of every method, the margin over direct z, and the calibration of the default's q-values."""
    found, rates = [], []
    for setting in SETTINGS:
        values: dict[str, list[float]] = {name: [] for name in (*NAMES, "base")}
        tallies = []
        for seed in range(max(seeds, networks)):
            screen = simulate_counts(setting, FIRST + seed)
            network = screen_network(screen)
            tallies.append(tally(network, screen))
            if seed < seeds:
                for name, method in NAMES.items():
                    one = network if method == "clamp" else screen_network(screen, method=method)
                    score, base = auprc(one, screen)
                    values[name].append(score)
                values["base"].append(base)
        print(setting, {name: round(float(np.mean(each)), 3) for name, each in values.items()}, flush=True)
        margin = np.array(values["clamp"]) - np.array(values["direct"])
        cells = [f"{np.mean(values[name]):.3f}" for name in (*NAMES, "base")]
        found.append([setting.law, str(setting.cells), *cells, f"{margin.mean():+.3f} {paired(margin)}"])
        rates.append([setting.law, str(setting.cells), *calibrated(tallies)])
    columns = ["law", "cells", *NAMES, "chance"]
    return [
        "## Edges found",
        "",
        f"Counts of {GENES} genes with {EDGES:g} edges into each on average, {PERTURBED} of them knocked out (and "
        "only they "
        "send edges), cycles, signs, a hidden factor in every cell, two batches, 2,000 control cells, 3,000 counts a "
        f"cell. AUPRC of all pairs from a knocked-out gene to another, mean of {seeds} networks; the last column is "
        "the "
        "default less direct z, with its paired 95 % interval. `clamp` is the default, min(t of the do-clamp ridge, "
        "direct "
        "z); `ridge` is t alone; `direct` is |z|; `inverse` is modular response analysis.",
        "",
        *table([*columns, "clamp - direct"], found),
        "## q-values",
        "",
        f"Share of false edges among those called at q <= .05, .1, .2, mean over {networks} networks with its 95 % "
        "interval "
        "(Bayesian bootstrap over networks; bold where it leaves out the nominal level), and share of the true ones "
        "found at .05.",
        "",
        *table(["law", "cells", *(f"false at q <= {level:g}" for level in LEVELS), "found at .05"], rates),
    ]


def doses(seeds: int) -> list[str]:
    """What a wrong dose costs where the target's own transcript does not fall."""
    rows = []
    for law in ("linear", "hill"):
        for cells in (200, 30):
            setting = CountSetting(law, cells, silent=True)
            values: dict[float | None, list[float]] = {dose: [] for dose in DOSES}
            direct = []
            for seed in range(seeds):
                screen = simulate_counts(setting, FIRST + seed)
                direct.append(auprc(screen_network(screen, method="direct"), screen)[0])
                for dose in DOSES:
                    values[dose].append(auprc(screen_network(screen, dose=dose), screen)[0])
            rows.append(
                [law, str(cells), f"{np.mean(direct):.3f}", *(f"{np.mean(each):.3f}" for each in values.values())]
            )
            print(rows[-1], flush=True)
    return [
        "## The dose of a knock-out",
        "",
        "The protein is gone and the gene's own counts do not tell: its level must be assumed. AUPRC of the default "
        "by the "
        "shift assumed (natural logarithm; linear: really 2.5). Not given: the whole level of the controls, or "
        "the largest clear effect of the knock-out where that is larger. Too large costs little, too small falls below "
        "direct z.",
        "",
        *table(["law", "cells", "direct z", *("not given" if dose is None else f"{dose:g}" for dose in DOSES)], rows),
    ]


def vae(seeds: int) -> list[str]:
    """The network that `gpo-vae` learns, and the table it is aligned to."""
    rows = []
    for law in ("linear", "hill"):
        found = []
        for seed in range(seeds):
            screen = simulate_counts(CountSetting(law, 30), FIRST + seed)
            nothing = np.zeros(0, int)
            network = (
                GpoVAE().fit(screen, Split("all", "all", 0, np.arange(screen.shape[0]), nothing), seed=0).network()
            )
            if network is None:
                raise ValueError("gpo-vae has a network")
            own = Network(network.nodes, network.edges.assign(weight=network.edges["direct"]), network.roles)
            found.append([auprc(each, screen)[0] for each in (network, own, screen_network(screen))])
        rows.append([law, *(f"{value:.3f}" for value in np.mean(found, 0))])
        print(rows[-1], flush=True)
    return [
        "## W of gpo-vae",
        "",
        f"The same screens with 30 cells, {seeds} networks: AUPRC of the edges that `gpo-vae` returns by |W|, of the "
        "same "
        "edges by the table of effects that W is aligned to, and of the default above. Pairs that it does not return "
        "count as the last.",
        "",
        *table(["law", "W", "its own table", "clamp"], rows),
    ]


def other_law(seeds: int) -> list[str]:
    """The Hill law of `semimech simulate`, whose inputs saturate together and whose edges are often not to be seen."""
    rows = []
    names = [f"G{k + 1:03d}" for k in range(PERTURBED)]
    declared = {
        "topology": {"nodes": GENES, "regulators": PERTURBED, "edges": EDGES},
        "perturbations": [{"kind": "knock-out", "nodes": names}],
        "sampling": {"batches": 2, "rows": 100, "control_rows": 500},
    }
    values: dict[str, list[float]] = {name: [] for name in ("clamp", "ridge", "direct", "inverse")}
    kept: dict[str, list[tuple[np.ndarray, float]]] = {f"{s.law}, {s.cells} cells": [] for s in SETTINGS} | {HUBS: []}
    every: dict[str, list[tuple[np.ndarray, float]]] = {name: [] for name in kept}
    for seed in range(seeds):
        screen = simulate_screen(declared, seed=FIRST + seed)
        for name, one in zip(kept, (*(simulate_counts(s, FIRST + seed) for s in SETTINGS), screen), strict=True):
            network = screen_network(one)
            every[name].append(tally(network, one))
            told = network.edges.assign(q_value=network.edges["q_value"].where(~network.edges["may_be_indirect"], 1.0))
            kept[name].append(tally(replace(network, edges=told), one))
        for name, each in values.items():
            each.append(auprc(screen_network(screen, method=NAMES[name]), screen)[0])
    margin = np.array(values["clamp"]) - np.array(values["direct"])
    rows.append([*(f"{np.mean(each):.3f}" for each in values.values()), f"{margin.mean():+.3f} {paired(margin)}"])
    return [
        "## Where it is harder",
        "",
        f"The Hill law of `semimech simulate` with its default constants, 200 cells a knock-out, {seeds} networks "
        "with hubs: "
        "regulators share one saturating input, so that many true edges change nothing, and a few hubs move all genes.",
        "",
        *table([*values, "clamp - direct"], rows),
        "Called at q <= .05, .1, .2 as above: all such edges, and those that are not marked `may_be_indirect`, whose "
        "effect is larger than what may have come through a gene that rises; its own knock-out does not tell what its "
        f"rise does. {seeds} networks each.",
        "",
        *table(
            ["law", "edges", *(f"false at q <= {level:g}" for level in LEVELS), "found at .05"],
            [
                [name, which, *calibrated(tallies[name])]
                for name in kept
                for which, tallies in (("all", every), ("not marked", kept))
            ],
        ),
    ]


def real(folder: Path) -> list[str]:
    """What it says of a real screen, where no truth is known."""
    screen = read_screen(folder / "papalexi2021" / "papalexi2021.h5ad", ReadOptions(keep="top_frac > 0.8"))
    begun = time.perf_counter()
    network = screen_network(screen)
    took = time.perf_counter() - begun
    edges = network.edges
    shown = ", ".join(f"{row.source} -> {row.target}" for row in edges.head(8).itertuples())
    direct = screen_network(screen, method="direct").edges
    return [
        "## papalexi2021",
        "",
        f"25 knocked-out genes x 299 genes, {took:.1f} s. Edges with q <= .1: {(edges['q_value'] <= 0.1).sum()} "
        f"(direct z: {(direct['q_value'] <= 0.1).sum()}). The first: {shown}. Only edges that run through one of the 9 "
        "genes that were both knocked out and measured can be told from direct ones.",
        "",
    ]


def auprc(network: Network, screen: Screen) -> tuple[float, float]:
    """(AUPRC over all pairs from a perturbed gene to another, share of true ones)."""
    real, strength = aligned(network.edges.assign(value=strength_of(network.edges)), screen, 0.0)
    return average_precision(*precision_recall(strength, real)), float(real.mean())


def tally(network: Network, screen: Screen) -> tuple[np.ndarray, float]:
    """(share of false edges called at each level, share of true ones found at the first)."""
    real, q_value = aligned(network.edges.assign(value=network.edges["q_value"]), screen, 1.0)
    false = [(called & ~real).sum() / max(called.sum(), 1) for called in (q_value <= level for level in LEVELS)]
    return np.array(false), float(((q_value <= LEVELS[0]) & real).sum() / real.sum())


def aligned(edges: pd.DataFrame, screen: Screen, missing: float) -> tuple[np.ndarray, np.ndarray]:
    """(is it an edge, its value) of every pair from a perturbed gene to another."""
    if screen.truth is None:
        raise ValueError("a simulated screen has a truth")
    number = {name: j for j, name in enumerate(screen.feature_names)}
    sources = [number[name] for name in screen.perturbation_names]
    values = np.full((len(number), len(number)), missing)
    values[edges["target"].map(number), edges["source"].map(number)] = edges["value"]
    pairs = np.zeros(values.shape, bool)
    pairs[:, sources] = True
    np.fill_diagonal(pairs, False)
    nodes = [screen.truth.nodes.index(name) for name in screen.feature_names]
    return screen.truth.matrix()[np.ix_(nodes, nodes)][pairs] != 0, values[pairs]


def calibrated(tallies: Sequence[tuple[np.ndarray, float]]) -> list[str]:
    """Cells of a table: false discovery rates with intervals, and power."""
    weights = dirichlet_weights(len(tallies), 4000, 0) / len(tallies)
    cells = []
    for number, level in enumerate(LEVELS):
        shares = np.array([false[number] for false, _ in tallies])
        lower, upper = interval(weights @ shares)
        text = f"{shares.mean():.3f} [{lower:.3f}, {upper:.3f}]"
        cells.append(text if lower <= level <= upper else f"**{text}**")
    return [*cells, f"{np.mean([found for _, found in tallies]):.2f}"]


def paired(differences: np.ndarray) -> str:
    lower, upper = interval(dirichlet_weights(len(differences), 4000, 0) / len(differences) @ differences)
    return f"[{lower:+.3f}, {upper:+.3f}]"


if __name__ == "__main__":
    main()
