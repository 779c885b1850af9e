"""Which nodes a network leads to, within some number of edges."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp


def reached(sources: np.ndarray, source: np.ndarray, target: np.ndarray, nodes: int, hops: int | None) -> np.ndarray:
    """True where a path of at most `hops` edges (of any length if None) leads to a node (sources x nodes).

    Breadth first. source, target: the edges as node numbers. hops 1: the edges themselves.
    """
    ones = np.ones(len(source), np.float32)
    adjacency = sp.csr_array((ones, (source, target)), shape=(nodes, nodes))
    found = np.zeros((len(sources), nodes), bool)
    frontier = sp.csr_array((np.ones(len(sources), np.float32), (np.arange(len(sources)), sources)), shape=found.shape)
    step = 0
    while frontier.nnz and (hops is None or step < hops):
        row, column = (frontier @ adjacency).nonzero()
        new = ~found[row, column]
        row, column = row[new], column[new]
        found[row, column] = True
        frontier = sp.csr_array((np.ones(len(row), np.float32), (row, column)), shape=found.shape)
        step += 1
    return found
