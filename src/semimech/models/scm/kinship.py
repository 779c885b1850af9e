"""How alike two targets are by an edge table: by the neighbours they share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.sparse as sp


def shared_neighbours(edges: pd.DataFrame, nodes: Sequence[str]) -> np.ndarray:
    """Kernel between nodes, k_ab = s_ab / sqrt(s_aa s_bb), s_ab = sum over z in N(a) & N(b) of 1 / |N(z)|.

    N(a) are the neighbours of a in either direction and a itself; a neighbour of everything says little, hence
    1 / |N(z)| (resource allocation, Zhou et al. 2009, doi:10.1140/epjb/e2009-00335-8). Positive semi-definite, 1 on
    the diagonal, 0 between nodes that share nothing or are not in the table. Edges of weight 0 do not count.
    """
    kept = edges[edges["weight"] != 0]
    names = pd.Index(pd.unique(np.concatenate([kept["source"], kept["target"], np.asarray(nodes, dtype=object)])))
    source, target = names.get_indexer(kept["source"]), names.get_indexer(kept["target"])
    every = np.arange(len(names))
    rows, columns = np.r_[source, target, every], np.r_[target, source, every]
    linked = sp.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(names),) * 2)
    linked.sum_duplicates()
    linked.data[:] = 1
    asked = linked[names.get_indexer(np.asarray(nodes, dtype=object))]
    rarity = sp.diags_array(1 / np.asarray(linked.sum(axis=0)).ravel())
    shared = (asked @ rarity @ asked.T).toarray()
    size = np.sqrt(np.diag(shared))
    return shared / size[:, None] / size


def influence(kernel: np.ndarray, known: np.ndarray, asked: np.ndarray, noise: float) -> np.ndarray:
    """Weights (asked x known) of a kernel ridge: k_ak (K_kk + noise)^-1; zero for infinite noise."""
    if not np.isfinite(noise):
        return np.zeros((len(asked), len(known)))
    inner = kernel[np.ix_(known, known)] + noise * np.eye(len(known))
    return np.linalg.solve(inner, kernel[np.ix_(known, asked)]).T
