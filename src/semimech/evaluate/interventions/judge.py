"""A network on trial: what the interventions say of its edges, beside what needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from semimech.data.network import Network
from semimech.data.readers.known_pairs import KnownPairs
from semimech.data.screen import Screen
from semimech.data.splits import split_screen
from semimech.evaluate.interventions.biology import KnownEdges, known_edges
from semimech.evaluate.interventions.rankings import (
    Ranking,
    correlation_ranking,
    direct_ranking,
    network_ranking,
)
from semimech.evaluate.interventions.scores import Rules, at, curves, random_curve, sign_agreement
from semimech.evaluate.interventions.table import InterventionTable, intervention_table
from semimech.support.errors import UserError, listed
from semimech.support.progress import Monitor, Steps, silent

RIVALS = ("direct", "|correlation|", "random")
TOP = 1_000  # edges at which networks of the literature are compared


@dataclass(frozen=True, eq=False)
class NetworkScore:
    """What was found of a network.

    edges: a row for each edge that could be tested, the best first, with its wasserstein, p_value, q_value and shift.
    matched: a row for each ranking at each number of edges at which they are compared: `edges`, `wasserstein`,
    `precision`, `found`, `recall`, `false_omission_rate`. curves: the same over many numbers. signs: share of the true
    edges whose sign the cells confirm. known: overlap with tables of known pairs. listed: edges of the network;
    unknown: its nodes that the screen has not, left_out: edges with one of them. table: every pair, of test cells.
    rules: what counts as true.
    """

    name: str
    edges: pd.DataFrame
    matched: pd.DataFrame
    curves: pd.DataFrame
    signs: float
    known: tuple[KnownEdges, ...]
    listed: int
    unknown: tuple[str, ...]
    left_out: int
    table: InterventionTable
    rules: Rules

    @property
    def rankings(self) -> tuple[str, ...]:
        """The names of the rankings that list pairs, the network first."""
        names = dict.fromkeys(self.matched["ranking"])
        return (self.name, *(name for name in names if name not in (self.name, "random")))

    @property
    def sentences(self) -> tuple[str, ...]:
        """In words: what could be tested, whether the network beats what needs none, and what is known of its edges."""
        sources, genes = len(self.table.sources), len(self.table.genes)
        share = float(self.rules.true(self.table)[self.table.tested].mean())
        said = [
            f"{len(self.edges):,} of the {self.listed:,} edges of {self.name} could be tested: from one of {sources:,} "
            f"perturbed genes to one of {genes:,} features; {share:.1%} of all such pairs are true.",
            self._verdict(),
        ]
        if self.unknown:
            left = f"{self.left_out:,} edge{'s' if self.left_out != 1 else ''} of {self.name}"
            said.insert(1, f"Left out: {left} with genes that the screen does not have: {listed(self.unknown, 3)}.")
        if np.isfinite(self.signs):
            said.append(f"Of the true ones among them {self.signs:.0%} have the sign that the cells show.")
        for one in self.known:
            said.append(
                f"{one.name}: {one.shared:,} of these {one.edges:,} edges are known, {one.expected:.3g} by chance (95 "
                "% of random "
                f"networks with its out-degrees: {one.lower:,} to {one.upper:,}); precision {one.precision:.3f}, "
                f"recall {one.recall:.3f}, enrichment "
                f"{one.enrichment:.2g}{'' if one.directed else ', direction ignored'}."
            )
        return tuple(said)

    def _verdict(self) -> str:
        count = int(self.matched["edges"].iloc[0])
        rows = self.matched[self.matched["edges"] == count].set_index("ranking")
        words = ", ".join(
            f"{name} {rows.at[name, 'wasserstein']:.3g} and {rows.at[name, 'precision']:.2f}" for name in rows.index
        )
        own = rows.at[self.name, "wasserstein"]
        better = [name for name in rows.index if name != self.name and rows.at[name, "wasserstein"] >= own]
        verdict = (
            f"{listed(better)} {'does' if len(better) == 1 else 'do'} as well or better" if better else "it is best"
        )
        return f"At {count:,} edges, mean Wasserstein distance and precision are: {words}; by the distance, {verdict}."

    def as_dict(self) -> dict[str, Any]:
        """All but the tables of edges and pairs, as JSON values."""
        return {
            "network": self.name,
            "rules": asdict(self.rules),
            "compat": "causalbench" if self.rules.compat else None,
            "edges": self.listed,
            "tested": len(self.edges),
            "unknown": list(self.unknown),
            "left_out": self.left_out,
            "sources": len(self.table.sources),
            "genes": len(self.table.genes),
            "controls": self.table.controls,
            "sign_agreement": self.signs,
            "matched": self.matched.to_dict("records"),
            "known": [asdict(one) for one in self.known],
            "sentences": list(self.sentences),
        }


def score_network(
    screen: Screen,
    network: Network,
    *,
    name: str = "network",
    rules: Rules = Rules(),  # noqa: B008 - frozen
    known: Sequence[KnownPairs] = (),
    top: int = TOP,
    seed: int = 0,
    monitor: Monitor = silent,
) -> NetworkScore:
    """Judge a network on half of a screen's cells; `direct` and `|correlation|` learn from the other half.

    A network that has seen the cells it is judged on has an advantage that they have not. All rankings are compared
    at the best `top` edges of the network among the pairs that can be tested, and at all of them where it has more;
    known pairs and signs are those of the best `top`.
    Raises UserError where no edge can be tested, or the cells cannot be halved.

    >>> from semimech import simulate_demo
    >>> screen = simulate_demo()
    >>> score_network(screen, screen.truth).matched["ranking"].tolist()
    ['network', 'direct', 'random']
    """
    split = split_screen(screen, "cells", seed=seed)[0]
    steps = Steps(monitor, 2)
    table = intervention_table(screen, split.test, monitor=steps.begin("test cells"))
    name = f"{name} (given)" if name in RIVALS else name
    own, weights = network_ranking(name, network, table)
    if not len(own.pairs):
        raise UserError(_untestable(network, table))
    train = intervention_table(screen, split.train, monitor=steps.begin("training cells"))
    rankings = [own, direct_ranking(train, table), correlation_ranking(screen, split.train, table)]
    edge = np.zeros(table.tested.shape, bool)
    edge.flat[own.top(top)] = True
    overlaps = (known_edges(k.name, k.pairs, table.sources, table.genes, edge, directed=k.directed) for k in known)
    unknown = tuple(node for node in network.nodes if node not in {*table.sources, *screen.feature_names})
    edges = network.edges[network.edges["weight"] != 0]
    return NetworkScore(
        name=name,
        edges=_edge_table(own, weights, table),
        matched=_matched(table, rankings, rules, network, top),
        curves=curves(table, rankings, rules),
        signs=sign_agreement(table, own.top(top), weights, rules),
        known=tuple(overlaps),
        listed=len(edges),
        unknown=unknown,
        left_out=int((edges["source"].isin(unknown) | edges["target"].isin(unknown)).sum()),
        table=table,
        rules=rules,
    )


def _untestable(network: Network, table: InterventionTable) -> str:
    """Why no edge could be tested: names that the screen does not know, or sources that were not perturbed."""
    senders = sorted(set(network.edges["source"]))
    receivers = set(network.edges["target"])
    unknown = [n for n in senders if n not in {*table.sources, *table.genes}]
    if not receivers & set(table.genes) or len(unknown) == len(senders):
        return (
            "No edge of the network can be tested: the screen does not know "
            f"{listed(unknown or sorted(receivers), 3)}; it has the features {listed(table.genes, 3)}: give the same "
            "names."
        )
    return (
        f"No edge of the network can be tested: none leads from a perturbed gene ({listed(table.sources, 3)}) to "
        "another feature: give a network of such edges, or a screen that perturbs its sources."
    )


def _edge_table(own: Ranking, weights: np.ndarray, table: InterventionTable) -> pd.DataFrame:
    row, column = np.unravel_index(own.pairs, table.tested.shape)
    columns = {
        "source": np.array(table.sources, dtype=object)[row],
        "target": np.array(table.genes, dtype=object)[column],
        "weight": weights[row, column],
    }
    found = ("wasserstein", "p_value", "q_value", "shift")
    return pd.DataFrame(columns | {name: getattr(table, name)[row, column] for name in found})


def _matched(
    table: InterventionTable, rankings: Sequence[Ranking], rules: Rules, network: Network, top: int
) -> pd.DataFrame:
    size = len(rankings[0].pairs)
    rows: list[dict[str, Any]] = []
    for count in [top, size] if size > top else [size]:
        for ranking in rankings:
            whole = network if ranking is rankings[0] and count == size else None
            if len(ranking.pairs) >= count:
                rows.append({"ranking": ranking.name, **at(table, ranking.top(count), rules, whole)})
        true = rules.true(table)
        one = random_curve(table, true.ravel(), np.array([count])).iloc[0]
        share = float(true[table.tested].mean())
        rows.append(
            {
                "ranking": "random",
                "edges": count,
                "wasserstein": one["wasserstein"],
                "precision": one["precision"],
                "found": share * count,
                "recall": count / table.tested.sum(),
                "false_omission_rate": share,
            }
        )
    return pd.DataFrame(rows)
