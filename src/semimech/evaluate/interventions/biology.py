"""How many edges are known already, and how many of them by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import hypergeom

LEVEL = 0.95


@dataclass(frozen=True)
class KnownEdges:
    """Edges that a table of known pairs has too, among all pairs of the sources with the genes.

    name: of the table; directed: whether direction counts. edges: of the network; known: pairs that the table has;
    shared: in both. precision = shared / edges, recall = shared / known. expected: shared edges of random networks with
    the same out-degrees; lower, upper: 95 % of these lie between (sum over sources of hypergeometric numbers, exact);
    p_value: that one has as many. enrichment = shared / expected, with the interval divided likewise.
    """

    name: str
    directed: bool
    edges: int
    known: int
    pairs: int
    shared: int
    precision: float
    recall: float
    expected: float
    lower: int
    upper: int
    p_value: float
    enrichment: float


def known_edges(
    name: str,
    table: pd.DataFrame,
    sources: Sequence[str],
    genes: Sequence[str],
    edge: np.ndarray,
    *,
    directed: bool,
) -> KnownEdges:
    """Compare edges (sources x genes, bool) with the columns source and target of a table, self-loops left out."""
    possible = np.array(list(sources), dtype=object)[:, None] != np.array(list(genes), dtype=object)
    known = known_pairs(table, sources, genes, directed=directed) & possible
    edge = edge & possible
    shared = int((edge & known).sum())
    drawn, good, pairs = edge.sum(1), known.sum(1), possible.sum(1)
    null = _sum_of_hypergeometrics(pairs, good, drawn)
    expected = float((drawn * good / np.maximum(pairs, 1)).sum())
    cumulative = np.cumsum(null)
    lower, upper = (int(np.searchsorted(cumulative, level)) for level in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return KnownEdges(
        name=name,
        directed=directed,
        edges=int(edge.sum()),
        known=int(known.sum()),
        pairs=int(possible.sum()),
        shared=shared,
        precision=shared / edge.sum() if edge.any() else float("nan"),
        recall=shared / known.sum() if known.any() else float("nan"),
        expected=expected,
        lower=lower,
        upper=upper,
        p_value=float(min(null[shared:].sum(), 1.0)),
        enrichment=shared / expected if expected > 0 else float("nan"),
    )


def known_pairs(table: pd.DataFrame, sources: Sequence[str], genes: Sequence[str], *, directed: bool) -> np.ndarray:
    """True where the table has source -> gene, or either way round if not directed (sources x genes)."""
    row, column = ({name: i for i, name in enumerate(names)} for names in (sources, genes))
    known = np.zeros((len(row), len(column)), bool)
    for source, target in (("source", "target"),) if directed else (("source", "target"), ("target", "source")):
        i, j = table[source].map(row), table[target].map(column)
        inside = (i.notna() & j.notna()).to_numpy()
        known[i[inside].to_numpy(int), j[inside].to_numpy(int)] = True
    return known


def _sum_of_hypergeometrics(pairs: np.ndarray, good: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Probabilities of 0, 1, ... shared edges where each source draws its edges from its pairs."""
    null = np.ones(1)
    for total, some, count in zip(pairs, good, drawn, strict=True):
        most = int(min(some, count))
        if most:
            null = np.convolve(null, hypergeom.pmf(np.arange(most + 1), total, some, count))
    return np.asarray(null / null.sum())
