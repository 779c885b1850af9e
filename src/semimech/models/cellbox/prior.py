"""What an edge table says of the edges between the nodes of a CellBox: which it names, how surely, with which sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pandas as pd

from semimech.data.readers.edges import read_edges
from semimech.models.cellbox.nodes import NodeMap
from semimech.numerics.proximal import Sided
from semimech.support.errors import UserError, listed


@dataclass(frozen=True, eq=False)
class EdgePrior:
    """The edges that a table names, among the molecules, then the read-outs.

    confidence: nodes x molecules [target, source], |weight| over the largest, 0 where no edge is named. sign: the
    same shape, of the weight; 0 where none is known, which is everywhere unless the table has a negative weight.
    words: what was used of the table.
    """

    confidence: np.ndarray
    sign: np.ndarray
    words: str

    def relative(self, factor: float) -> Sided:
        """Penalties relative to those without a prior, of positive and negative values (nodes x molecules).

        f^(2c - 1) for an edge named with confidence c, so f for a sure one and 1 / f for one that is not named, nor
        named with that sign. Factor 1 is no prior.
        """
        named, other = factor ** (2 * self.confidence - 1), 1 / factor
        sides = (np.where(self.sign >= 0, named, other), np.where(self.sign <= 0, named, other))
        return Sided(*(jnp.asarray(side) for side in sides))

    def shuffled(self, seed: int) -> EdgePrior:
        """The same edges between nodes whose names are permuted, molecules and read-outs each among themselves."""
        random = np.random.default_rng([seed, 86_028_121])
        nodes, m = self.confidence.shape
        order = random.permutation(m)
        rows = np.concatenate([order, m + random.permutation(nodes - m)])
        place = np.ix_(rows, order)
        return EdgePrior(self.confidence[place], self.sign[place], f"{self.words}, node names shuffled")

    def said(self, factor: float) -> str:
        """Whether the prior was used, in words."""
        return (
            f"edge prior used with factor {factor:g} ({self.words})"
            if factor < 1
            else f"no edge prior was chosen ({self.words})"
        )


def prior_of(path: Path | str, nodes: NodeMap) -> EdgePrior:
    """What the table says of the network's edges; errors as in `named_edges`."""
    names = [nodes.features[j] for j in nodes.observed]
    m = len(nodes.molecules)
    table, edges = named_edges(path, names[:m], names)
    place = {name: i for i, name in enumerate(names)}
    rows, columns = edges["target"].map(place).to_numpy(), edges["source"].map(place).to_numpy()
    size = edges["weight"].abs().to_numpy()
    confidence, sign = np.zeros((2, len(names), m))
    np.maximum.at(confidence, (rows, columns), size / size.max())
    if (table["weight"] < 0).any():
        sign[rows, columns] = np.sign(edges["weight"])
    count = np.count_nonzero(confidence)
    return EdgePrior(confidence, sign, f"{count:,} edges of {Path(path).name}'s {len(table):,} join nodes here")


def named_edges(path: Path | str, sources: Sequence[str], targets: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table, and its edges with a weight from one of `sources` to another node among `targets`.

    Raises UserError where there is none, or where one has both signs.
    """
    table, file = read_edges(path), Path(path).name
    joins = table["source"].isin(sources) & table["target"].isin(targets) & (table["source"] != table["target"])
    edges = table[joins & (table["weight"] != 0)]
    if edges.empty:
        raise UserError(
            f"No edge of {file} joins two nodes of the screen ({listed(targets, 3)}): give a table with these names."
        )
    signs = np.sign(edges["weight"]).groupby([edges["source"], edges["target"]]).nunique()
    if (signs > 1).any():
        source, target = signs.index[int((signs > 1).to_numpy().argmax())]
        raise UserError(f"{file} gives the edge {source} -> {target} both signs: keep one of them.")
    return table, edges
