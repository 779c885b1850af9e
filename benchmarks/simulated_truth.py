"""Simulated truth: pairs from singles, and a node that was never perturbed, on random networks whose law is known.

Run: python -m benchmarks.simulated_truth; it writes benchmarks/simulated_truth.md. No fit sees a test row.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from benchmarks._page import heading, parser_of, table
from benchmarks.unseen_drug import difference

from semimech.data.effects import effects_of
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.models.annotated import AnnotatedCellBox, AnnotatedWithoutNetwork
from semimech.models.base import Estimator
from semimech.models.baselines import Additive, Kernel2, Ridge
from semimech.models.cellbox import CellBox, CellBoxWithoutNetwork
from semimech.models.composition import Composition
from semimech.models.hybrid import Hybrid
from semimech.models.scm import LinearSCM
from semimech.simulate.pairs import simulate_pairs

BASELINES: dict[str, Estimator] = {"additive": Additive(), "ridge": Ridge(), "kernel2": Kernel2()}
# (non-additivity, sd of the basal offset, floor, the model that is told of the offset or not)
REGIMES = (
    (0.03, 0.0, 0.99, "cellbox"),
    (0.49, 0.0, 0.70, "cellbox"),
    (0.06, 0.5, 0.96, "cellbox with offset"),
    (0.20, 0.5, 0.86, "cellbox with offset"),
)
UNSEEN_FLOOR = 0.65
SMALL = 30  # nodes
# (gain, non-additivity) of networks in which each drug pushes one node
COUPLINGS = ((0.4, 0.001), (0.85, 0.003))
LEARNT_PAIRS = 30
HELD_NODES = 1
BEST = "best of additive, ridge, kernel2"


NOTE = (
    "CellBox has an advantage here that data do not give: the screens are simulated by its own law, and it is "
    "told what drugs act on, up to one factor (`input_edges = 'declared'`); the additive model, ridge, kernel2, "
    "composition and hybrid are told nothing of that. 'no network' is told the same and has W = 0: at a non-"
    "additivity of .49 the saturation of the declared inputs does nearly all, elsewhere the network does. With "
    "singles only no inner fold can be made (a held-out single is an unseen drug), so l1 (.03 / nodes) and steps "
    "are fixed; they were settled on other networks (seeds 1001 to 1004), with a look at the first one of this "
    "page at 30 nodes; hybrid answers as the ridge does. With the gains free while l1 acts, some fits ended where"
    " gains are so large that nothing saturates; so gains are held then, and the edges left are fitted again "
    "without l1 (`support_steps`). At 30 nodes and a non-additivity of .06 two of the six fits still end there "
    "(gains of 4 instead of 1, R2 .94 instead of .99)."
)


def law(nodes: int) -> dict[str, Any]:
    """Options of CellBox. The loss is a mean over nodes, so the same l1 would weigh more where there are many."""
    options = {"input_edges": "declared", "sparsity": (0.03 / nodes,), "steps": 500, "support_steps": 1500}
    return options | {"members": 1, "folds": 1}


def of_pairs(nodes: int) -> dict[str, Estimator]:
    """The models of the first question."""
    return BASELINES | {
        "composition": Composition(),
        "hybrid": Hybrid(members=1),
        "no network": CellBoxWithoutNetwork(**law(nodes)),
        "cellbox": CellBox(**law(nodes)),
        "cellbox with offset": CellBox(**law(nodes), basal_offset=True),
    }


def of_unseen() -> dict[str, Estimator]:
    """The models of the second question."""
    return {
        "additive": Additive(),
        "ridge": Ridge(),
        "scm": LinearSCM(),
        "cellbox-annotated": AnnotatedCellBox(),
        "its no network": AnnotatedWithoutNetwork(),
        "no network": CellBoxWithoutNetwork(**law(SMALL)),
        "cellbox": CellBox(**law(SMALL)),
    }


def main() -> None:
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--networks", type=int, default=6, help="random networks of each kind")
    parser.add_argument("--nodes", type=int, nargs="+", default=(30, 100))
    arguments = parser.parse_args()
    text = [*heading("Simulated truth", "simulated_truth"), NOTE, ""]
    for nodes in arguments.nodes:
        text += pairs_from_singles(nodes, arguments.networks)
        arguments.out.write_text("\n".join(text), encoding="utf-8")
    text += unseen_node(arguments.networks)
    arguments.out.write_text("\n".join(text), encoding="utf-8")


def pairs_from_singles(nodes: int, networks: int) -> list[str]:
    """R2 of the held-out pairs for each regime and model, with the gain over the best baseline."""
    begun, models = time.perf_counter(), of_pairs(nodes)
    rows, gains = [], []
    for wanted, offset, floor, chosen in REGIMES:
        found = {name: np.empty(networks) for name in (*models, "ceiling")}
        for number in range(networks):
            options = {"nodes": nodes, "non_additivity": wanted, "offset": offset}
            seed = 1000 * nodes + number
            screen, exact = (simulate_pairs(seed, noise=noise, **options) for noise in (0.1, 0.0))
            split = split_screen(screen, "combinations")[0]
            asked = effects_of(screen, split.test)
            for name, estimator in models.items():
                found[name][number] = r2(estimator.fit(screen, split).predict(asked.conditions).mean, asked.values)
            found["ceiling"][number] = r2(effects_of(exact, split.test).values, asked.values)
        found[BEST] = np.max([found[name] for name in BASELINES], 0)
        what = f"{wanted:g}{', offset' if offset else ''}"
        rows.append([what, *(f"{found[name].mean():.3f}" for name in (*models, "ceiling"))])
        mean, least = found[chosen].mean(), found[chosen].min()
        bar = f"{floor:.2f}, {'reached' if mean >= floor else 'not reached'}"
        versus = (difference(found, chosen, other) for other in (BEST, "no network"))
        gains.append([what, chosen, f"{mean:.3f}", bar, f"{least:.3f}", *versus])
        print(nodes, rows[-1], gains[-1], flush=True)
    return [
        f"## Pairs from singles, {nodes} nodes",
        "",
        f"{networks} random networks of {nodes} nodes for each row (about three regulators a node, sigma_max .85), the "
        "same for all models. As many drugs as nodes, each acting on every node with weights from N(0, 1) that are "
        "declared up to one factor; every drug alone in training, 150 pairs held out; two replicates, and an error of "
        "10 % of the sd of the singles in the mean of both. R2 of the measured pairs about the mean of each node; the "
        "ceiling is that of the true effects. Non-additivity is the share of the pairs' variance that the sum of the "
        "true singles misses, set by the strength of the drugs. 'offset': each node rests off the middle of tanh by "
        f"an amount (sd .5) that no model is told. {time.perf_counter() - begun:.0f} s.",
        "",
        *table(["non-additivity", *models, "ceiling"], rows),
        f"The gain is paired over networks against the {BEST} on each of them (Bayesian bootstrap, 95 %).",
        "",
        *table(["non-additivity", "model", "R2", "floor", "least", "gain", "gain over no network"], gains),
    ]


def unseen_node(networks: int) -> list[str]:
    """R2 of conditions that push a node which no training condition pushes."""
    begun, models, rows = time.perf_counter(), of_unseen(), []
    for gain, wanted in COUPLINGS:
        everywhere, elsewhere = ({name: np.empty(networks) for name in models} for _ in range(2))
        for number in range(networks):
            screen = simulate_pairs(number, nodes=SMALL, pairs=435, reach=0.0, gain=gain, non_additivity=wanted)
            predicted, observed, pushed = asked_of_unseen(screen, models, number)
            for name, values in predicted.items():
                everywhere[name][number] = r2(values, observed)
                elsewhere[name][number] = r2(values, observed, ~pushed)
        for what, found in (("all", everywhere), ("not pushed", elsewhere)):
            means = [f"{found[name].mean():.3f}" for name in models]
            rows.append([f"{gain:g}", what, *means, difference(found, "cellbox", "no network")])
            print(rows[-1], flush=True)
    return [
        "## A node that was never pushed",
        "",
        f"{networks} random networks of {SMALL} nodes at each gain (sigma_max), each drug on the one node it declares. "
        f"{HELD_NODES} node of each has no condition in training, which holds all other singles and {LEARNT_PAIRS} "
        "pairs of others; all conditions with the node are to be predicted. R2 over all nodes, and over those that no "
        "drug of the condition pushes, where only a network can say anything. The last column is CellBox against "
        "itself with no network. The additive model, ridge and scm are not told what drugs target: for them the drug "
        f"is unknown. {time.perf_counter() - begun:.0f} s.",
        "",
        *table(["gain", "nodes", *models, "network's gain"], rows),
        f"The bar for weakly coupled networks is {UNSEEN_FLOOR} over all nodes, most of which the push itself "
        "explains: there the annotated model, which gives each drug a part of its own, does better than the law. Over "
        "the nodes that are not pushed the law does better, and without a network it is worse than saying nothing.",
        "",
    ]


def asked_of_unseen(
    screen: Screen, models: Mapping[str, Estimator], number: int
) -> tuple[Mapping[str, np.ndarray], np.ndarray, np.ndarray]:
    """Predictions by model, observed effects, and which entries are pushed themselves, over the held nodes."""
    random = np.random.default_rng([number, 17])
    predicted: dict[str, list[np.ndarray]] = {name: [] for name in models}
    observed, pushed = [], []
    target = {p.name: [screen.feature_names.index(name) for name in p.targets] for p in screen.perturbations}
    for held in random.choice(len(screen.perturbations), HELD_NODES, replace=False):
        split = without(screen, screen.perturbation_names[held], random)
        asked = effects_of(screen, split.test)
        for name, estimator in models.items():
            predicted[name].append(estimator.fit(screen, split).predict(asked.conditions).mean)
        own = np.zeros(asked.values.shape, bool)
        for row, condition in enumerate(asked.conditions):
            for drug in condition.names:
                own[row, target[drug]] = True
        observed.append(asked.values)
        pushed.append(own)
    joined = {name: np.concatenate(parts) for name, parts in predicted.items()}
    return joined, np.concatenate(observed), np.concatenate(pushed)


def without(screen: Screen, drug: str, random: np.random.Generator) -> Split:
    """Train on all other singles and some pairs of others; test on everything with the drug."""
    held = np.array([drug in condition.names for condition in screen.conditions])
    pair = np.array([condition.is_combination for condition in screen.conditions])
    learnt = ~held & ~pair
    learnt[random.choice(np.flatnonzero(pair & ~held), LEARNT_PAIRS, replace=False)] = True
    rows = [np.flatnonzero(which[screen.condition_codes]) for which in (learnt, held)]
    return Split("unseen node", f"without {drug}", 0, *rows)


def r2(predicted: np.ndarray, observed: np.ndarray, counted: np.ndarray | None = None) -> float:
    """1 - sum (predicted - observed)^2 / sum (observed - mean of the node)^2 over the counted entries."""
    counted = np.ones(observed.shape, bool) if counted is None else counted
    mean = (observed * counted).sum(0) / np.maximum(counted.sum(0), 1)
    return 1 - float(((predicted - observed)[counted] ** 2).sum() / ((observed - mean)[counted] ** 2).sum())


if __name__ == "__main__":
    main()
