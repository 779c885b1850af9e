"""A screen in several contexts (cell lines) whose laws differ from that of the first by a known distance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.screen import Screen
from semimech.simulate.steady_state import contract, solve_steady_state
from semimech.support.errors import UserError

GAIN = 0.8
PUSH = 1.5
DENSITY = 0.15


def simulate_contexts(
    distances: Sequence[float],
    *,
    seed: int = 0,
    nodes: int = 40,
    doses: Sequence[float] = (1.0,),
    noise: float = 0.15,
    replicates: int = 2,
) -> Screen:
    """Knock-downs of every node at several doses, in contexts `line 0` (distance 0), `line 1`, ...: log-ratios.

    Context k: x = s tanh(W_k x + u), measured as x + noise N(0, 1); W_k = (1 - d_k) W_0 + d_k V_k with V_k a network of
    its own and d_k the distance, and each gene of the context answers to its knock-down with strength (1 - d_k) +
    d_k g, g standard normal. distances: those of the contexts after the first, each from 0 (the same law) to 1
    (another law). Raises UserError for other distances.

    >>> simulate_contexts([0.1, 0.9]).obs["context"].nunique()
    3
    """
    if any(not 0 <= distance <= 1 for distance in distances):
        raise UserError(f"The distances {list(distances)} must lie between 0 (the same law) and 1 (another law).")
    random = np.random.default_rng(seed)
    scale = random.uniform(0.8, 1.2, nodes)
    own = _network(random, nodes, scale)
    given = np.kron(np.asarray(doses, float)[:, None], np.eye(nodes))
    parts, labels = [], []
    for number, distance in enumerate((0.0, *distances)):
        weights = (1 - distance) * own + distance * _network(random, nodes, scale)
        answer = (1 - distance) + distance * random.standard_normal(nodes)
        effects = solve_steady_state(weights, scale, -PUSH * given * answer)
        rows = np.repeat(np.arange(len(given)), replicates)
        parts.append(effects[rows] + noise * random.standard_normal((len(rows), nodes)))
        labels += [f"line {number}"] * len(rows)
    names = [f"G{number + 1}" for number in range(nodes)]
    design = np.tile(np.repeat(given, replicates, axis=0), (len(parts), 1))
    return Screen(
        responses=np.concatenate(parts).astype(np.float32),
        design=sp.csr_array(design),
        perturbations=tuple(Perturbation(f"sh{name}", "knock-down", {name: -1.0}) for name in names),
        features=pd.DataFrame({"role": "molecule"}, index=names),
        obs=pd.DataFrame({"context": labels}, index=[f"row {i + 1}" for i in range(len(design))]),
        scale="log-ratio",
        name="contexts",
    )


def _network(random: np.random.Generator, nodes: int, scale: np.ndarray) -> np.ndarray:
    weights = random.standard_normal((nodes, nodes)) * (random.random((nodes, nodes)) < DENSITY)
    np.fill_diagonal(weights, 0)
    return contract(weights, scale, GAIN)
