"""A network's scores, all read from one table of interventions, and only compared at the same number of edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from semimech.data.network import Network
from semimech.evaluate.interventions.paths import reached
from semimech.evaluate.interventions.rankings import Ranking
from semimech.evaluate.interventions.table import InterventionTable

CAUSALBENCH_LEVEL = 0.05  # uncorrected
CAUSALBENCH_HOPS = 4  # its maximum length 3: the length doubles in each round
CAUSALBENCH_SAMPLE = 500  # pairs without an edge
GRID = 25
NORMAL = float(ndtri(0.975))


@dataclass(frozen=True)
class Rules:
    """What counts: pairs with q <= level are true; hops: within which of the network a pair is no omission.

    compat: the rules of CausalBench, `seed` draws its sample.
    """

    level: float = 0.05
    hops: int | None = CAUSALBENCH_HOPS
    compat: bool = False
    seed: int = 0

    def true(self, table: InterventionTable) -> np.ndarray:
        """The pairs that are true (sources x genes); p < .05 uncorrected by the rules of CausalBench."""
        with np.errstate(invalid="ignore"):
            return table.p_value < CAUSALBENCH_LEVEL if self.compat else table.q_value <= self.level


def counts_up_to(most: int) -> np.ndarray:
    """Numbers of edges from 10 to `most` in equal ratios, 1,000 among them."""
    if most < 1:
        return np.zeros(0, int)
    grid = np.geomspace(min(10, most), most, GRID).round().astype(int)
    return np.unique(np.append(grid, 1000) if most >= 1000 else grid)


def curves(table: InterventionTable, rankings: Sequence[Ranking], rules: Rules) -> pd.DataFrame:
    """Mean Wasserstein distance and precision of the best K pairs of each ranking, over K: the rows of a long table.

    A ranking has no row for more pairs than it lists. `random` is what K pairs have on average, with the interval in
    which 95 % of random draws lie (lower_, upper_).
    """
    true, wasserstein = rules.true(table).ravel(), table.wasserstein.ravel()
    grid = counts_up_to(int(table.tested.sum()))
    rows = []
    for ranking in rankings:
        mean = np.cumsum(wasserstein[ranking.pairs])
        hits = np.cumsum(true[ranking.pairs])
        for k in grid[grid <= len(ranking.pairs)]:
            rows.append((ranking.name, k, mean[k - 1] / k, hits[k - 1] / k))
    found = pd.DataFrame(rows, columns=["ranking", "edges", "wasserstein", "precision"])
    return pd.concat([found, random_curve(table, true, grid)], ignore_index=True)


def random_curve(table: InterventionTable, true: np.ndarray, grid: np.ndarray) -> pd.DataFrame:
    """The means over all pairs; sd of a draw without replacement s sqrt((N - K) / (N - 1) / K)."""
    tested = table.tested.ravel()
    rows: dict[str, np.ndarray | str] = {"ranking": "random", "edges": grid}
    size = int(tested.sum())
    for name, values in (("wasserstein", table.wasserstein.ravel()[tested]), ("precision", true[tested])):
        mean = float(values.mean())
        spread = NORMAL * float(values.std()) * np.sqrt((size - grid) / max(size - 1, 1) / grid)
        rows |= {name: np.full(len(grid), mean), f"lower_{name}": mean - spread, f"upper_{name}": mean + spread}
    return pd.DataFrame(rows)


def at(table: InterventionTable, pairs: np.ndarray, rules: Rules, network: Network | None = None) -> dict[str, float]:
    """mean_wasserstein, precision, found (true pairs among `pairs`), recall, and the false omission rate.

    The false omission rate is the share of true ones among the pairs that no path of at most `rules.hops` edges
    joins. The paths are those of `pairs`, and of the edges of `network` where it has more than the pairs tell.
    """
    true = rules.true(table)
    hits = int(true.ravel()[pairs].sum())
    return {
        "edges": len(pairs),
        "wasserstein": float(table.wasserstein.ravel()[pairs].mean()) if len(pairs) else float("nan"),
        "precision": hits / len(pairs) if len(pairs) else float("nan"),
        "found": hits,
        "recall": hits / true.sum() if true.any() else float("nan"),
        "false_omission_rate": false_omission_rate(table, pairs, rules, network),
    }


def false_omission_rate(
    table: InterventionTable, pairs: np.ndarray, rules: Rules, network: Network | None = None
) -> float:
    """Share of true pairs among those that the network leaves out, over all of them; NaN where it leaves out none.

    By the rules of CausalBench over 500 of them.
    """
    left = np.flatnonzero((table.tested & ~_joined(table, pairs, rules.hops, network)).ravel())
    if rules.compat and len(left) > CAUSALBENCH_SAMPLE:
        left = np.random.default_rng(rules.seed).choice(left, CAUSALBENCH_SAMPLE, replace=False)
    return float(rules.true(table).ravel()[left].mean()) if len(left) else float("nan")


def _joined(table: InterventionTable, pairs: np.ndarray, hops: int | None, network: Network | None) -> np.ndarray:
    """Pairs that a path joins (sources x genes)."""
    row, column = np.unravel_index(pairs, table.tested.shape)
    number = {name: i for i, name in enumerate(dict.fromkeys((*table.sources, *table.genes)))}
    sources = np.array([number[name] for name in table.sources])
    genes = np.array([number[name] for name in table.genes])
    source, target = sources[row], genes[column]
    if network is not None:
        edges = network.edges[network.edges["weight"] != 0]
        for name in network.nodes:
            number.setdefault(name, len(number))
        source = np.concatenate([source, edges["source"].map(number).to_numpy(int)])
        target = np.concatenate([target, edges["target"].map(number).to_numpy(int)])
    return reached(sources, source, target, len(number), hops)[:, genes]


def sign_agreement(table: InterventionTable, pairs: np.ndarray, weights: np.ndarray, rules: Rules) -> float:
    """Share of the true pairs whose cells move as the weight says: sign(shift) = sign(weight) * sign of the source.

    weights: sources x genes. NaN where no pair is true, or all weights are positive, as of a table without signs.
    """
    row, column = np.unravel_index(pairs, table.tested.shape)
    kept = rules.true(table)[row, column]
    weight = weights[row, column]
    if not kept.any() or (weight >= 0).all():
        return float("nan")
    return float((np.sign(weight) * table.signs[row] == np.sign(table.shift[row, column]))[kept].mean())
