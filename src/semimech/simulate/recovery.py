"""Time courses of known networks, the data of the recovery suite: CellBox.jl's settings in NumPy and SciPy.

dx/dt = s tanh(W x - mu) - x from x = 0, Ji et al. 2021, arXiv:2104.06467; topologies of BEELINE, Pratapa et al. 2020,
doi:10.1038/s41592-019-0690-6.

Apart from the simulator of `semimech simulate`, whose screens cannot hold these data: there every row is a cell that
sampling destroys, drawn in float32 and read against controls of its time and batch. Here each condition is one course,
x itself is observed, in units of the decay, and errors of .001 are told apart from those of the solver (1e-7).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

HORIZON = 20.0
SETTLED = 400.0  # a time for infinity
MOST_PUSHED = 3


@dataclass(frozen=True, eq=False)
class KnownCourses:
    """weights: W[target, source]; gain: s (nodes,); push: -mu (conditions x nodes); times: (times,).

    clean, observed: conditions x times x nodes, without and with measurement noise.
    """

    weights: np.ndarray
    gain: np.ndarray
    push: np.ndarray
    times: np.ndarray
    clean: np.ndarray
    observed: np.ndarray


def random_weights(
    random: np.random.Generator, nodes: int, sparsity: float, weakest: float = 0.1
) -> tuple[np.ndarray, np.ndarray]:
    """W and s of a random network: w ~ U(-1, 1), kept with probability 1 - sparsity and |w| >= weakest.

    s = |U(-1, 1)| + .5; no self-loops.
    """
    weights = random.uniform(-1, 1, (nodes, nodes)) * (random.random((nodes, nodes)) >= sparsity)
    weights[np.abs(weights) < weakest] = 0
    np.fill_diagonal(weights, 0)
    return weights, np.abs(random.uniform(-1, 1, nodes)) + 0.5


def pushes(random: np.random.Generator, conditions: int, nodes: int, most: int = MOST_PUSHED) -> np.ndarray:
    """mu (conditions x nodes): 1 to `most` nodes in each condition, as often as each other, in [0, 1].

    Nodes are dealt from shuffled decks; the doses of a node are a Latin hypercube over the conditions that push it.
    """
    wanted = random.permutation(np.resize(np.arange(1, min(most, nodes) + 1), conditions))
    given = np.zeros((conditions, nodes), bool)
    deck: list[int] = []
    for row, count in zip(given, wanted, strict=True):
        for _ in range(count):
            if row[deck].all():
                deck += random.permutation(nodes).tolist()
            node = next(node for node in deck if not row[node])
            deck.remove(node)
            row[node] = True
    doses = np.zeros(given.shape)
    for node in range(nodes):
        rows = np.flatnonzero(given[:, node])
        doses[rows, node] = (random.permutation(len(rows)) + random.random(len(rows))) / max(len(rows), 1)
    return doses


def simulate_courses(
    random: np.random.Generator, weights: np.ndarray, gain: np.ndarray, conditions: int, samples: int, noise: float
) -> KnownCourses:
    """`samples` equally spaced times on (0, 20] (0: the steady state) with additive noise of sd `noise`."""
    push = -pushes(random, conditions, len(weights))
    times = np.linspace(HORIZON / samples, HORIZON, samples) if samples else np.array([SETTLED])

    def course(u: np.ndarray) -> np.ndarray:
        def rate(t: float, x: np.ndarray) -> np.ndarray:
            return gain * np.tanh(weights @ x + u) - x

        solved = solve_ivp(rate, (0, times[-1]), np.zeros(len(u)), "RK45", times, rtol=1e-7, atol=1e-9)
        return solved.y.T

    clean = np.stack([course(u) for u in push])
    return KnownCourses(weights, gain, push, times, clean, clean + noise * random.standard_normal(clean.shape))
