"""The built-in demo: a drug screen simulated from a known 30-node network."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.network import Network
from semimech.data.screen import Screen
from semimech.simulate.steady_state import contract, solve_steady_state

MOLECULES = tuple(f"M{number:02d}" for number in range(1, 19))
PHENOTYPES = ("growth", "apoptosis", "arrest", "motility")
DRUGS = tuple(f"drug{letter}" for letter in "ABCDEFGH")
DOSES = (0.5, 1.5)  # micromolar; tanh gives activities of .46 and .91
N_TARGETS = 6  # molecules that drugs act on
GAIN = 0.85  # largest singular value of diag(s) W: below 1, so the steady state is the only one


def simulate_demo(
    seed: int = 0, *, noise: float = 0.08, replicates: int = 4, controls: int = 4, interaction: float = 2.5
) -> Screen:
    """Simulate a drug screen of log-ratios whose generating network is known (`Screen.truth`).

    x = s * tanh(W x + A tanh(dose)), measured as x + noise * N(0, 1); 18 molecules, 4 phenotypes (read out, they
    send nothing) and 8 drugs with one or two targets each, whose activities are not measured.
    Every drug alone at two doses, every pair at the high dose; each condition once in every batch.

    noise: sd of the additive measurement error, in log-ratio units. replicates: batches, one row of each condition
    in each. controls: untreated rows in each batch. interaction: the largest direct push of a drug on its target;
    at 2.5 targets saturate, so that pairs are not the sum of their singles; below .5 they nearly are.

    >>> simulate_demo().shape
    (192, 22)
    """
    random = np.random.default_rng(seed)
    weights, drug_weights, scale = _network(random, interaction)
    doses = _doses()
    effects = solve_steady_state(weights, scale, np.tanh(doses) @ drug_weights.T)
    rows = np.concatenate([np.zeros(controls, int), np.arange(1, len(doses))])
    rows = np.tile(rows, replicates)
    responses = effects[rows] + noise * random.standard_normal((len(rows), effects.shape[1]))
    batch = np.repeat(np.arange(replicates), len(rows) // replicates)
    obs = pd.DataFrame({"batch": [f"batch {b + 1}" for b in batch]}, index=[f"row {i + 1}" for i in range(len(rows))])
    nodes = (*MOLECULES, *PHENOTYPES)
    roles = ["molecule"] * len(MOLECULES) + ["phenotype"] * len(PHENOTYPES)
    return Screen(
        responses=responses.astype(np.float32),
        design=sp.csr_array(doses[rows]),
        perturbations=_perturbations(drug_weights),
        features=pd.DataFrame({"role": roles}, index=list(nodes)),
        obs=obs,
        scale="log-ratio",
        name="demo",
        truth=_truth(weights, drug_weights),
    )


def _network(random: np.random.Generator, interaction: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """W[target, source] of the measured nodes, A[target, drug], and s of the measured nodes."""
    n_molecules, n = len(MOLECULES), len(MOLECULES) + len(PHENOTYPES)
    scale = random.uniform(0.8, 1.2, n)
    weights = np.zeros((n, n))
    inner = slice(0, n_molecules)
    order = random.permutation(n_molecules)
    weights[inner, inner] = contract(_wiring(random, order), scale[inner], GAIN)
    for target in range(n_molecules, n):
        weights[target, random.choice(n_molecules, 3, replace=False)] = _signed(random, 3, 0.8, 1.6)
    drug_weights = np.zeros((n, len(DRUGS)))
    # Drugs share a few targets, so that a pair can saturate what its singles each move; the targets are spread
    # along the cycle, so that no molecule is out of every drug's reach.
    pool = order[:: n_molecules // N_TARGETS]
    for drug in range(len(DRUGS)):
        targets = random.choice(pool, 1 + drug % 2, replace=False)
        # Most drugs inhibit.
        signs = np.where(random.random(len(targets)) < 0.75, -1.0, 1.0)
        drug_weights[targets, drug] = signs * random.uniform(0.6, 1.0, len(targets)) * interaction
    return weights, drug_weights, scale


def _wiring(random: np.random.Generator, order: np.ndarray) -> np.ndarray:
    """A cycle in the given order, and a second edge from half of the molecules.

    There is no hub, so that the edges stay strong when the whole is made a contraction.
    """
    n = len(order)
    weights = np.zeros((n, n))
    weights[np.roll(order, 1), order] = _signed(random, n, 0.6, 1.0)
    step = int(random.integers(3, n - 3))
    second = random.permutation(n)[: n // 2]
    weights[np.roll(order, step)[second], order[second]] = _signed(random, len(second), 0.6, 1.0)
    return weights


def _signed(random: np.random.Generator, n: int, low: float, high: float) -> np.ndarray:
    return random.choice([-1.0, 1.0], n) * random.uniform(low, high, n)


def _doses() -> np.ndarray:
    """Doses of the conditions (conditions x drugs); the first is untreated."""
    given: list[dict[int, float]] = [{}]
    given += [{drug: dose} for drug in range(len(DRUGS)) for dose in DOSES]
    given += [{first: DOSES[-1], second: DOSES[-1]} for first, second in combinations(range(len(DRUGS)), 2)]
    doses = np.zeros((len(given), len(DRUGS)))
    for row, parts in enumerate(given):
        doses[row, list(parts)] = list(parts.values())
    return doses


def _perturbations(drug_weights: np.ndarray) -> tuple[Perturbation, ...]:
    return tuple(
        Perturbation(
            name,
            "drug",
            {MOLECULES[i]: float(np.sign(drug_weights[i, j])) for i in np.flatnonzero(drug_weights[:, j])},
            dose_unit="µM",
        )
        for j, name in enumerate(DRUGS)
    )


def _truth(weights: np.ndarray, drug_weights: np.ndarray) -> Network:
    nodes = (*MOLECULES, *PHENOTYPES, *DRUGS)
    roles = ("molecule",) * len(MOLECULES) + ("phenotype",) * len(PHENOTYPES) + ("input",) * len(DRUGS)
    matrix = np.zeros((len(nodes), len(nodes)))
    measured = len(weights)
    matrix[:measured, :measured] = weights
    matrix[:measured, measured:] = drug_weights
    return Network.from_matrix(matrix, nodes, roles)
