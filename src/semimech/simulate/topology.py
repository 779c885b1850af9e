"""Who regulates whom: random networks, networks from files, and small circuits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from semimech.data.network import Network
from semimech.data.readers.topology import read_topology
from semimech.simulate.motifs import MOTIFS, motif
from semimech.support.errors import UserError
from semimech.support.options import require_one_of, require_within

SECTION = "section [topology]"
KINDS = ("random", "file", "motif")
STRENGTH = (0.5, 1.5)


@dataclass(frozen=True)
class Topology:
    """The network of a simulation; in TOML the section [topology]. Raises UserError for options that do not fit.

    kind: random, file or motif.
    file: edge table, or matrix with a row for each target (BEELINE), beside the configuration or absolute.
    motif, copies: a circuit of `semimech.simulate.motifs`, and how often it stands side by side.
    nodes, regulators: size of a random network, and how many of its nodes send edges (0: all).
    edges: mean number of regulators of a node. activating: share of positive edges.
    strength: smallest and largest |weight|, drawn uniformly and multiplied with the sign, or with the weight of the
    file; not given: 0.5 to 1.5, and a file's weights as they are.
    """

    kind: str = "random"
    file: str = ""
    motif: str = "feed-forward"
    copies: int = 1
    nodes: int = 30
    regulators: int = 0
    edges: float = 2.0
    activating: float = 0.6
    strength: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        require_one_of(SECTION, "kind", self.kind, KINDS)
        require_one_of(SECTION, "motif", self.motif, MOTIFS)
        limits = {
            "copies": (self.copies, 1.0, 10_000.0),
            "nodes": (self.nodes, 2.0, 100_000.0),
            "regulators": (self.regulators, 0.0, float(self.nodes)),
            "edges": (self.edges, 0.0, 100.0),
            "activating": (self.activating, 0.0, 1.0),
        }
        require_within(SECTION, limits)
        numbers = all(isinstance(each, int | float) for each in self.strength)
        if self.strength and not (len(self.strength) == 2 and numbers and 0 < self.strength[0] <= self.strength[1]):
            raise UserError(f"The option strength of the {SECTION} needs a positive low and high: write [0.5, 1.5].")
        if (self.kind == "file") != bool(self.file):
            raise UserError(f'The {SECTION} needs kind = "file" and file = "PATH" together: correct one of them.')

    def build(self, random: np.random.Generator, folder: Path) -> Network:
        """The network; a relative `file` is looked for in `folder`."""
        if self.kind == "file":
            network = read_topology(folder / Path(self.file).expanduser())
        elif self.kind == "motif":
            network = motif(self.motif, self.copies)
        else:
            network = random_network(random, self.nodes, self.regulators or self.nodes, self.edges, self.activating)
        if self.kind == "file" and not self.strength:
            return network
        low, high = self.strength or STRENGTH
        size = random.uniform(low, high, len(network.edges))
        return Network(network.nodes, network.edges.assign(weight=network.edges["weight"] * size), network.roles)


def random_network(
    random: np.random.Generator, nodes: int, regulators: int, edges: float, activating: float
) -> Network:
    """Signs of a random network with hubs: the first `regulators` nodes send edges, weights +1 and -1.

    Each node has a Poisson number of regulators with mean `edges`, drawn without itself and with probabilities from a
    Pareto distribution of index 2, so that out-degrees have a long tail and in-degrees have none.

    >>> network = random_network(np.random.default_rng(0), 100, 10, 3.0, 0.6)
    >>> sorted(set(network.edges["source"]))[-1]
    'G010'
    """
    width = len(str(nodes))
    names = np.array([f"G{k + 1:0{width}d}" for k in range(nodes)], dtype=object)
    weight = 1 + random.pareto(2.0, regulators)
    others = np.where(np.arange(nodes) < regulators, regulators - 1, regulators)
    counts = np.minimum(random.poisson(edges, nodes), others)
    sources = []
    for target, count in enumerate(counts):
        share = weight.copy()
        if target < regulators:
            share[target] = 0
        if count:
            sources.append(random.choice(regulators, count, replace=False, p=share / share.sum()))
    source = np.concatenate([np.zeros(0, int), *sources])
    sign = np.where(random.random(len(source)) < activating, 1.0, -1.0)
    table = {"source": names[source], "target": np.repeat(names, counts), "weight": sign}
    return Network(tuple(names), pd.DataFrame(table))
