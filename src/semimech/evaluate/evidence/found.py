"""What was found of every edge, put beside the edges of a network and into words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm

from semimech.data.network import SCORE, Network

CALLED = 0.1  # q-value up to which the sentences count edges


@dataclass(frozen=True, eq=False)
class EdgeEvidence:
    """What the effects of a screen say of each edge between its nodes, whatever the model.

    nodes: the features. tested: they are not too many, and there are effects. identifiable: True where the weight of
    source -> target has one value given what was perturbed; weight: its estimate, with standard error `error`;
    p_value: of the test that it is zero; q_value: false discovery rate among all identifiable edges (all
    [target, source], NaN where not told). swing: root mean square effect of each node. possible: pairs that could be
    an edge. sources, independent: for the median node, the sources to be told apart, and the independent effects there
    are on them. noise_known: conditions were measured more than once.
    """

    nodes: tuple[str, ...]
    tested: bool
    identifiable: np.ndarray
    weight: np.ndarray
    p_value: np.ndarray
    q_value: np.ndarray
    error: np.ndarray
    swing: np.ndarray
    possible: int
    sources: int
    independent: int
    noise_known: bool

    def attach(self, network: Network) -> Network:
        """The network with the columns `q_value` and `identifiable` (NaN and False for what was not tested).

        The q-value is 1 where the test finds the other sign. Edges from drugs are not tested: what a drug acts on
        directly is taken from its annotation. A network with a score of its own brings its own evidence, and keeps it.
        """
        if SCORE in network.edges:
            return network
        place = {name: i for i, name in enumerate(self.nodes if self.tested else ())}
        target, source = network.edges["target"].map(place), network.edges["source"].map(place)
        known = (target.notna() & source.notna()).to_numpy()
        rows, columns = target[known].to_numpy(int), source[known].to_numpy(int)
        q_value, identifiable = np.full(len(known), np.nan), np.zeros(len(known), bool)
        q_value[known], identifiable[known] = self.q_value[rows, columns], self.identifiable[rows, columns]
        contradicted = np.sign(self.weight[rows, columns]) == -np.sign(network.edges["weight"].to_numpy()[known])
        q_value[np.flatnonzero(known)[contradicted]] = 1.0
        edges = network.edges.assign(q_value=q_value, identifiable=identifiable)
        return Network(network.nodes, edges, network.roles)

    def smallest_drive(self, power: float = 0.8) -> float:
        """Drive at which half of the identifiable edges would be called with that power; NaN without any.

        Drive is weight times swing of the source, here as a share of the target's swing.
        """
        known = np.isfinite(self.error) & (self.swing[:, None] > 0)
        if not known.any():
            return float("nan")
        called = self.p_value[self.q_value <= CALLED]
        limit = called.max() if called.size else CALLED / np.isfinite(self.p_value).sum()
        distance = np.sqrt(chi2.isf(limit, 1)) + norm.ppf(power)
        share = self.error * self.swing[None, :] / np.where(self.swing > 0, self.swing, np.nan)[:, None]
        return float(distance * np.median(share[known]))

    @property
    def sentences(self) -> tuple[str, ...]:
        """In words: how many edges can be told, how many were, and how strong one must be for that."""
        if not self.tested:
            return (f"The edges were not tested: {len(self.nodes):,} nodes are too many, or there is no effect.",)
        told = int(self.identifiable.sum())
        if not told:
            return (
                "No edge between nodes is identifiable from these steady states unless the network is assumed to be "
                f"sparse: to tell the edges into a node apart takes {self.sources:,} independent effects on its "
                f"possible sources, and there are {self.independent:,} (for the median node).",
            )
        others = "; of the others, the effects alone cannot say from which node they come" * (told < self.possible)
        first = f"{told:,} of {self.possible:,} possible edges between nodes are identifiable{others}."
        if not self.noise_known:
            return first, "Hardly a condition was measured twice: the noise is unknown, and no edge has a q-value."
        found = int((self.q_value <= CALLED).sum())
        return first, (
            f"{found:,} of them have q <= {CALLED:g}. Half of them would be found in 80 % of repeats if their drive "
            f"(weight times the swing of the source) were {self.smallest_drive():.2g} of their target's swing."
        )
