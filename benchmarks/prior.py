"""What an edge prior is worth to CellBox: right, half right and shuffled tables, simulated and on SK-MEL-133.

Run: python -m benchmarks.prior; it reads the folder SEMIMECH_DATA (else ../shared/data) and writes benchmarks/prior.md.
Penalties, number of steps and the factor of the prior (1, .3 or .1; 1 is no prior) are chosen by inner folds of the
training conditions. The nodes of SK-MEL-133 are put in place of the genes of OmniPath by `GENES`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from benchmarks._page import heading, parser_of, table

from semimech.data.condition import Perturbation
from semimech.data.effects import effects_of
from semimech.data.readers import read_screen
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.models.cellbox import CellBox, CellBoxWithPrior, CellBoxWithShuffledPrior
from semimech.simulate.steady_state import contract, solve_steady_state

NODES, DRUGS = 30, 12
NETWORKS, MEMBERS, SEEDS = 8, 4, 3
GENES = {
    "4EBP1": "EIF4EBP1", "Rb": "RB1", "MAPK": "MAPK1", "MEK": "MAP2K1", "S6": "RPS6", "PAI-1": "SERPINE1",
    "AKT": "AKT1", "AMPK": "PRKAA1", "b-Catenin": "CTNNB1", "BIM": "BCL2L11", "Caveolin": "CAV1",
    "CyclinB1": "CCNB1", "CyclinD1": "CCND1", "CyclinE1": "CCNE1", "GSK3ab": "GSK3B", "GSK": "GSK3B",
    "IGFBP2": "IGFBP2", "p38": "MAPK14", "p53": "TP53", "p70S6K": "RPS6KB1", "SRC": "SRC", "STAT3": "STAT3",
    "STAT5": "STAT5A", "STAT6": "STAT6", "TSC2": "TSC2", "YAP": "YAP1", "ACC1": "ACACA", "ACC": "ACACA",
    "Fibronectin": "FN1", "HSP27": "HSPB1", "IGF1R-beta": "IGF1R", "IRS1": "IRS1", "p27": "CDKN1B", "p21": "CDKN1A",
    "c-Myc": "MYC", "SMAD3": "SMAD3", "COX2": "PTGS2", "PAX2": "PAX2", "PLK1": "PLK1", "YBI": "YBX1",
    "CHK1": "CHEK1", "CHK2": "CHEK2", "Caspase9": "CASP9", "Casp9c": "CASP9", "ATM": "ATM", "ATR": "ATR",
    "BAK": "BAK1", "BCL-XL": "BCL2L1", "BCL2": "BCL2", "bRAF": "BRAF", "cRAF": "RAF1", "c-JUN": "JUN",
    "EGFR": "EGFR", "ELK1": "ELK1", "ERa": "ESR1", "GATA3": "GATA3", "mTOR": "MTOR", "TAZ": "WWTR1",
    "XRCC1": "XRCC1", "PCNA": "PCNA", "PDK1": "PDPK1", "PI3Kp85": "PIK3R1", "PKCa": "PRKCA", "RAD51": "RAD51",
    "Collagenase": "MMP1",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Truth:
    """A simulated screen, what is held out, the noise-free effects (rows x nodes), and W[target, source]."""

    screen: Screen
    split: Split
    effects: np.ndarray
    weights: np.ndarray


def main() -> None:
    """Fit everything, print as it goes, write the page."""
    arguments = parser_of(__doc__, __file__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = heading("What an edge prior is worth", "prior")
        lines += simulated(Path(folder)) + melanoma(arguments.data, Path(folder))
    arguments.out.write_text("\n".join(lines), encoding="utf-8")


def simulated(folder: Path) -> list[str]:
    """R2 on held-out conditions against the noise-free truth, under tables of different worth."""
    rows = []
    for words, made in DESIGNS.items():
        found: dict[str, list[float]] = {}
        factors: dict[str, list[float]] = {}
        for seed in range(NETWORKS):
            truth = made(seed)
            conditions = effects_of(truth.screen, truth.split.test).conditions
            order = np.argsort(truth.screen.condition_codes)  # a row for each condition
            expected = truth.effects[order][[truth.screen.conditions.index(condition) for condition in conditions]]
            scored = scored_entries(truth.screen, conditions)
            for name, model in models_of(truth, folder, seed):
                fitted = replace(model, members=MEMBERS).fit(truth.screen, truth.split, seed=seed)
                found.setdefault(name, []).append(r2(fitted.predict(conditions).mean, expected, scored))
                factors.setdefault(name, []).append(fitted.penalties[3])
            print(words, seed, {name: round(values[-1], 3) for name, values in found.items()}, flush=True)
        rows += [
            [words, name, f"{np.mean(values):.3f}", *gap(values, found["no prior"]), used(factors[name])]
            for name, values in found.items()
        ]
    return [
        f"{NETWORKS} random networks of {NODES} nodes, sigma_max(diag(s) W) = .8. Drugs: {DRUGS}, on two nodes each of",
        "six, alone at two doses to learn from (30 % noise), 66 pairs held out. Knock-downs: of 10 or 20",
        "nodes to learn from (10 % noise), all others held out. R2 is that of the noise-free truth, without the nodes",
        "that are held; the difference to no prior has its 95 % interval (t) over networks. Right: all true edges with",
        "their signs; half right: half of them and as many wrong ones.",
        "",
        *table(("held out", "table", "R2", "against none", "95 %", "factor chosen"), rows),
    ]


def melanoma(data: Path, folder: Path) -> list[str]:
    """Pooled r on pairs of SK-MEL-133 from singles."""
    screen = read_screen(data / "sk-mel-133")
    split = split_screen(screen, "combinations")[0]
    reference = effects_of(screen, split.test)
    scored = (screen.features["role"] != "input").to_numpy()
    edges = omnipath(data, screen)
    file = written(folder, edges)
    told, shuffled = CellBoxWithPrior(prior=file), CellBoxWithShuffledPrior(prior=file)
    models: dict[str, CellBox] = {"no prior": CellBox(), "OmniPath": told, "OmniPath, node names shuffled": shuffled}
    for name in ("OmniPath", "OmniPath, node names shuffled"):
        models[f"{name}, factor .1 imposed"] = replace(models[name], prior_factor=(0.1,))
    rows = []
    for name, model in models.items():
        values, factors = [], []
        for seed in range(SEEDS):
            fitted = model.fit(screen, split, seed=seed)
            predicted = fitted.predict(reference.conditions).mean[:, scored]
            values.append(float(np.corrcoef(predicted.ravel(), reference.values[:, scored].ravel())[0, 1]))
            factors.append(fitted.penalties[3])
        rows.append([name, ", ".join(f"{value:.4f}" for value in values), used(factors)])
        print(rows[-1], flush=True)
    return [
        f"SK-MEL-133, singles to pairs, pooled r of 87 nodes, seeds 0-{SEEDS - 1}; the table: the {len(edges)} signed",
        "edges of OmniPath between the genes of its nodes.",
        "",
        *table(("table", "r", "factor chosen"), rows),
    ]


def network_of(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A sparse W of three inputs a node with sigma_max(diag(s) W) = .8, and s."""
    weights = np.where(random.random((NODES, NODES)) < 0.1, random.normal(size=(NODES, NODES)), 0)
    np.fill_diagonal(weights, 0)
    scale = random.uniform(0.8, 1.2, NODES)
    return contract(weights, scale, 0.8), scale


def drugs(seed: int) -> Truth:
    """Drugs alone at two doses to learn from, all pairs to be judged on."""
    random = np.random.default_rng([seed, 11])
    weights, scale = network_of(random)
    direct = np.zeros((DRUGS, NODES))
    for drug in range(DRUGS):
        direct[drug, random.choice(6, 2, replace=False)] = random.choice([-1.0, 1.0], 2)
    one = np.eye(DRUGS)
    doses = np.array([*(1.5 * one), *(0.5 * one), *(1.5 * (one[i] + one[j]) for i, j in combinations(range(DRUGS), 2))])
    effects = solve_steady_state(weights, scale, np.tanh(doses) @ direct)
    perturbations = tuple(Perturbation(f"drug{i:02d}", "drug") for i in range(DRUGS))
    screen = screen_of(effects, doses, perturbations, 0.3, random)
    return Truth(screen, split_at(2 * DRUGS, len(doses)), effects, weights)


def knock_downs(seed: int, trained: int) -> Truth:
    """Every node held at -.7 s in turn, the first `trained` to learn from."""
    random = np.random.default_rng([seed, 19])
    weights, scale = network_of(random)
    effects = np.zeros((NODES, NODES))
    for node in range(NODES):
        others = weights.copy()
        others[node] = 0
        effects[node] = solve_steady_state(others, scale, np.arctanh(-0.7) * np.eye(NODES)[[node]])[0]
    names = [f"node{i:02d}" for i in range(NODES)]
    perturbations = tuple(Perturbation(f"{name} down", "knock-down", {name: -1.0}) for name in names)
    screen = screen_of(effects, np.eye(NODES), perturbations, 0.1, random)
    return Truth(screen, split_at(trained, NODES), effects, weights)


def screen_of(
    effects: np.ndarray,
    doses: np.ndarray,
    perturbations: tuple[Perturbation, ...],
    noise: float,
    random: np.random.Generator,
) -> Screen:
    """Measured once each, with noise in units of the sd of all effects."""
    values = effects + noise * effects.std() * random.standard_normal(effects.shape)
    return Screen(
        values.astype(np.float32),
        sp.csr_array(doses),
        perturbations,
        pd.DataFrame({"role": ["molecule"] * NODES}, index=[f"node{i:02d}" for i in range(NODES)]),
        pd.DataFrame(index=[str(i) for i in range(len(doses))]),
        "log-ratio",
    )


def split_at(trained: int, total: int) -> Split:
    """The first rows to learn from, the others to be judged on."""
    return Split("few", f"few {trained}", 0, np.arange(trained), np.arange(trained, total))


DESIGNS: dict[str, Callable[[int], Truth]] = {
    "pairs of drugs": drugs,
    "20 of 30 knock-downs": partial(knock_downs, trained=10),
    "10 of 30 knock-downs": partial(knock_downs, trained=20),
}


def models_of(truth: Truth, folder: Path, seed: int) -> Iterator[tuple[str, CellBox]]:
    """No prior, then tables from right to useless."""
    names = truth.screen.feature_names
    target, source = np.nonzero(truth.weights)
    right = pd.DataFrame(
        {
            "source": [names[j] for j in source],
            "target": [names[i] for i in target],
            "weight": np.sign(truth.weights[target, source]),
        }
    )
    random = np.random.default_rng([seed, 17])
    wrong = np.argwhere((truth.weights == 0) & ~np.eye(NODES, dtype=bool))
    wrong = random.permutation(wrong)[: len(right) // 2]
    other = pd.DataFrame(
        {
            "source": [names[j] for _, j in wrong],
            "target": [names[i] for i, _ in wrong],
            "weight": random.choice([-1.0, 1.0], len(wrong)),
        }
    )
    half = pd.concat([right.sample(len(right) - len(other), random_state=seed), other])
    yield "no prior", CellBox()
    yield "right", CellBoxWithPrior(prior=written(folder, right))
    yield "half right", CellBoxWithPrior(prior=written(folder, half))
    yield "right, node names shuffled", CellBoxWithShuffledPrior(prior=written(folder, right))


def written(folder: Path, edges: pd.DataFrame) -> str:
    """The table in a file of its own."""
    file = folder / f"edges{len(list(folder.iterdir()))}.csv"
    edges.to_csv(file, index=False)
    return str(file)


def omnipath(data: Path, screen: Screen) -> pd.DataFrame:
    """Edges of OmniPath with one consensus sign between the genes of the screen's nodes, put on the nodes."""
    found = pd.read_parquet(data / "networks" / "omnipath.parquet")
    found = found[found["consensus_stimulation"].astype(bool) != found["consensus_inhibition"].astype(bool)]
    sign = np.where(found["consensus_stimulation"].astype(bool), 1.0, -1.0)
    nodes: dict[str, list[str]] = {}
    for name in screen.feature_names:
        known = [start for start in GENES if name.startswith(start)]
        if known:
            nodes.setdefault(GENES[max(known, key=len)], []).append(name)
    pairs = zip(found["source"], found["target"], sign, strict=True)
    rows = {(a, b, s) for x, y, s in pairs if x in nodes and y in nodes for a in nodes[x] for b in nodes[y] if a != b}
    edges = pd.DataFrame(sorted(rows), columns=["source", "target", "weight"])
    return edges[~edges.duplicated(["source", "target"], keep=False)]


def r2(predicted: np.ndarray, truth: np.ndarray, scored: np.ndarray) -> float:
    """1 - squared error / variance around the mean of each node, over the entries that are scored."""
    spread = scored * (truth - truth.mean(0)) ** 2
    return float(1 - (scored * (predicted - truth) ** 2).sum() / spread.sum())


def gap(values: list[float], none: list[float]) -> tuple[str, str]:
    """Mean paired difference and its 95 % interval by Student's t."""
    from scipy.stats import t

    difference = np.array(values) - np.array(none)
    if not difference.any():
        return "", ""
    half = t.ppf(0.975, len(difference) - 1) * difference.std(ddof=1) / np.sqrt(len(difference))
    mean = difference.mean()
    return f"{mean:+.3f}", f"[{mean - half:+.3f}, {mean + half:+.3f}]"


def used(factors: list[float]) -> str:
    """How often each factor was chosen."""
    return ", ".join(f"{factor:g} x {factors.count(factor)}" for factor in sorted(set(factors), reverse=True))


if __name__ == "__main__":
    main()
