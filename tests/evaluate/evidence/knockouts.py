"""Knock-out screens of a linear network with a known truth, in closed form."""

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.network import Network
from semimech.data.screen import Screen

NODES = 12


def random_weights(random: np.random.Generator, edges: int = 2) -> np.ndarray:
    """W[target, source]: `edges` into each node, a contraction."""
    weights = np.zeros((NODES, NODES))
    for target in range(NODES):
        others = np.delete(np.arange(NODES), target)
        sources = random.choice(others, edges, replace=False)
        weights[target, sources] = random.choice([-1.0, 1.0], edges) * random.uniform(0.4, 1.0, edges)
    size = np.linalg.norm(weights, 2)
    return weights * 0.8 / size if size else weights


def knock_out_screen(
    weights: np.ndarray,
    random: np.random.Generator,
    *,
    noise: float = 0.02,
    replicates: int = 4,
    knocked: int = NODES,
    unknown: tuple[int, ...] = (),
) -> Screen:
    """Every single and some double knock-outs (target at -1), x = W x elsewhere; `unknown` targets are not told."""
    held = [(i,) for i in range(knocked)]
    held += [(i, (i + 3) % knocked) for i in range(knocked)]
    effects = np.stack([_state(weights, list(targets)) for targets in held])
    rows = np.repeat(np.arange(len(held)), replicates)
    responses = effects[rows] + noise * random.standard_normal((len(rows), NODES))
    design = np.zeros((len(held), NODES))
    for row, targets in enumerate(held):
        design[row, list(targets)] = 1
    names = [f"n{i}" for i in range(NODES)]
    told = [{} if i in unknown else {name: -1.0} for i, name in enumerate(names)]
    return Screen(
        responses=responses.astype(np.float32),
        design=sp.csr_array(design[rows]),
        perturbations=tuple(Perturbation(f"k{i}", "knock-out", targets) for i, targets in enumerate(told)),
        features=pd.DataFrame({"role": ["molecule"] * NODES}, index=names),
        obs=pd.DataFrame(index=[f"row {i}" for i in range(len(rows))]),
        scale="log-ratio",
        truth=Network.from_matrix(weights, names),
    )


def _state(weights: np.ndarray, held: list[int]) -> np.ndarray:
    free = np.delete(np.arange(NODES), held)
    state = np.zeros(NODES)
    state[held] = -1.0
    inner = np.eye(len(free)) - weights[np.ix_(free, free)]
    state[free] = np.linalg.solve(inner, weights[np.ix_(free, held)] @ state[held])
    return state
