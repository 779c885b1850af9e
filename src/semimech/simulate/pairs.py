"""Screens of singles and pairs from random networks, with the non-additivity of the pairs asked for."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.network import Network
from semimech.data.screen import Screen
from semimech.simulate.steady_state import contract, solve_steady_state
from semimech.support.errors import UserError

WEAKEST, STRONGEST = 1e-3, 50.0  # pushes between which the one asked for is looked for
HALVINGS = 50


def simulate_pairs(
    seed: int = 0,
    *,
    nodes: int = 30,
    pairs: int = 150,
    non_additivity: float = 0.03,
    offset: float = 0.0,
    reach: float = 1.0,
    gain: float = 0.85,
    degree: float = 3.0,
    noise: float = 0.1,
    replicates: int = 2,
) -> Screen:
    """Simulate as many drugs as nodes, each alone and some in pairs, on a random network with a known truth.

    x = s tanh(W x + p A u + b), measured as x(u) - x(0) with errors; u is 1 for a drug that is given. A drug acts on a
    share `reach` of the nodes (at least one), with weights from N(0, 1) that its `Perturbation.targets` declare.
    The push p is such that the sum of the singles misses the share `non_additivity` of the variance of the pairs.

    pairs: how many, drawn at random. offset: sd of b, which nothing tells. gain: largest singular value of diag(s) W;
    below 1 steady states are unique. degree: mean number of regulators. noise: sd of the error of a condition's mean
    as a share of the sd of the singles' effects. replicates: rows of each condition.
    Raises UserError where no push gives that non-additivity.

    >>> simulate_pairs(nodes=5, pairs=3).shape
    (16, 5)
    """
    random = np.random.default_rng(seed)
    weights, scale = _network(random, nodes, degree, gain)
    reached = random.random((nodes, nodes)) < reach
    reached[random.integers(nodes, size=nodes), np.arange(nodes)] = True
    drugs = np.where(reached, random.normal(size=(nodes, nodes)), 0.0)
    basal = offset * random.normal(size=nodes)
    given = _given(random, nodes, pairs)
    push, effects = _pushed(weights, scale, basal, drugs, given, non_additivity)
    spread = noise * effects[:nodes].std() * np.sqrt(replicates)
    rows = np.tile(np.arange(len(given)), replicates)
    responses = effects[rows] + spread * random.standard_normal((len(rows), nodes))
    names = tuple(f"N{number + 1:03d}" for number in range(nodes))
    labels = tuple(f"drug{number + 1:03d}" for number in range(nodes))
    return Screen(
        responses=responses.astype(np.float32),
        design=sp.csr_array(given[rows]),
        perturbations=tuple(
            Perturbation(label, "drug", {names[i]: float(drugs[i, j]) for i in np.flatnonzero(drugs[:, j])})
            for j, label in enumerate(labels)
        ),
        features=pd.DataFrame({"role": ["molecule"] * nodes}, index=list(names)),
        obs=pd.DataFrame(
            {"replicate": [f"replicate {r + 1}" for r in np.repeat(np.arange(replicates), len(given))]},
            index=[f"row {i + 1}" for i in range(len(rows))],
        ),
        scale="log-ratio",
        name="pairs",
        truth=_truth(weights, push * drugs, names, labels),
    )


def non_additivity_of(effects: np.ndarray, given: np.ndarray) -> float:
    """sum (pair - sum of its singles)^2 / sum (pair - mean of the pairs)^2, of effects (conditions x nodes).

    given: conditions x drugs, 0 or 1, first every drug alone in order, then the pairs.
    """
    singles = given.shape[1]
    together = effects[singles:]
    missed = together - given[singles:] @ effects[:singles]
    return float((missed**2).sum() / ((together - together.mean(0)) ** 2).sum())


def _network(random: np.random.Generator, nodes: int, degree: float, gain: float) -> tuple[np.ndarray, np.ndarray]:
    """W[target, source] with about `degree` regulators a node, and s."""
    strength = random.choice([-1.0, 1.0], (nodes, nodes)) * random.uniform(0.3, 1.0, (nodes, nodes))
    weights = np.where(random.random((nodes, nodes)) < degree / (nodes - 1), strength, 0.0)
    np.fill_diagonal(weights, 0.0)
    weights[1, 0] = weights[1, 0] or 0.5  # never no edge at all
    scale = random.uniform(0.8, 1.2, nodes)
    return contract(weights, scale, gain), scale


def _given(random: np.random.Generator, drugs: int, pairs: int) -> np.ndarray:
    """Which drugs each condition has (conditions x drugs): every drug alone, then random pairs."""
    every = np.array(list(combinations(range(drugs), 2)))
    chosen = every[random.permutation(len(every))[:pairs]]
    alone = np.eye(drugs)
    return np.vstack([alone, alone[chosen[:, 0]] + alone[chosen[:, 1]]])


def _pushed(
    weights: np.ndarray, scale: np.ndarray, basal: np.ndarray, drugs: np.ndarray, given: np.ndarray, wanted: float
) -> tuple[float, np.ndarray]:
    """The push and the effects (conditions x nodes) with the non-additivity that is wanted, by bisection."""
    resting = solve_steady_state(weights, scale, basal[None, :])

    def effects(push: float) -> np.ndarray:
        return solve_steady_state(weights, scale, basal + push * given @ drugs.T) - resting

    low, high = WEAKEST, STRONGEST
    ends = [non_additivity_of(effects(push), given) for push in (low, high)]
    if not ends[0] <= wanted <= ends[1]:
        raise UserError(
            f"No push gives a non-additivity of {wanted:g} here, only {ends[0]:.2g} to {ends[1]:.2g}: "
            "ask for another, or let the drugs reach more nodes."
        )
    for _ in range(HALVINGS):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if non_additivity_of(effects(middle), given) < wanted else (low, middle)
    return high, effects(high)


def _truth(weights: np.ndarray, pushes: np.ndarray, names: tuple[str, ...], labels: tuple[str, ...]) -> Network:
    """Nodes and drugs, with W and p A."""
    nodes, drugs = len(names), len(labels)
    matrix = np.zeros((nodes + drugs, nodes + drugs))
    matrix[:nodes, :nodes], matrix[:nodes, nodes:] = weights, pushes
    return Network.from_matrix(matrix, (*names, *labels), ("molecule",) * nodes + ("input",) * drugs)
