"""Small screens for the tests of CellBox."""

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.screen import Screen
from semimech.simulate.steady_state import solve_steady_state

NODES = (*"ABCDEFGH", "growth")
DRUGS = ("dA", "dB", "dC", "dD")


def basal_screen() -> Screen:
    """The same where nodes rest off the middle of phi, the four targets high up."""
    constant = np.array([0.9, 0.8, 0.9, 0.8, -0.6, 0.5, 0.4, -0.7, 0.3])
    return drug_screen(noise=0.01, constant=constant)


def drug_screen(noise: float = 0.02, seed: int = 0, constant: np.ndarray | None = None) -> Screen:
    """Four drugs alone at two doses and in pairs, three replicates, on a sparse network of 8 nodes and a phenotype.

    constant: added inside phi at every node; the responses are then differences to the untreated state.
    """
    random = np.random.default_rng(seed)
    n = len(NODES)
    weights = np.zeros((n, n))
    for source, target, weight in (
        (0, 4, 0.7),
        (1, 4, 0.6),
        (4, 5, -0.8),
        (2, 6, 0.7),
        (5, 7, 0.7),
        (7, 8, 0.9),
        (6, 8, -0.6),
    ):
        weights[target, source] = weight
    doses = [np.eye(4)[i] * dose for i in range(4) for dose in (0.5, 1.5)]
    doses += [1.5 * (np.eye(4)[i] + np.eye(4)[j]) for i in range(4) for j in range(i)]
    doses = np.tile(np.array(doses), (3, 1))
    direct = np.zeros((4, n))
    direct[np.arange(4), np.arange(4)] = -1.5
    constant = np.zeros(n) if constant is None else constant
    values, untreated = (
        solve_steady_state(weights, np.ones(n), u + constant) for u in (np.tanh(doses) @ direct, np.zeros((1, n)))
    )
    values = values - untreated
    values = values + noise * random.standard_normal(values.shape)
    return Screen(
        responses=values.astype(np.float32),
        design=sp.csr_array(doses),
        perturbations=tuple(Perturbation(name, "drug") for name in DRUGS),
        features=pd.DataFrame({"role": ["molecule"] * 8 + ["phenotype"]}, index=list(NODES)),
        obs=pd.DataFrame(index=[str(i) for i in range(len(values))]),
        scale="log-ratio",
    )


def knockout_screen(seed: int = 0) -> Screen:
    """Knock-outs of A-F, four of them measured genes, log-normalised with control rows; A -> E and B -> F."""
    random = np.random.default_rng(seed)
    genes = ("A", "B", "C", "D", "E", "F", "G")
    perturbed = ("A", "B", "C", "D", "absent")
    level = np.array([2.0, 1.5, 1.0, 1.0, 2.0, 2.0, 1.0])
    rows, design = [], []
    for p in range(-1, len(perturbed)):
        for _ in range(30):
            x = level.copy()
            dose = np.zeros(len(perturbed))
            if p >= 0:
                dose[p] = 1
            if 0 <= p < 4:
                x[p] = 0.2
            x[4] += 0.5 * (x[0] - level[0])
            x[5] -= 0.5 * (x[1] - level[1])
            rows.append(np.maximum(x + 0.1 * random.standard_normal(7), 0))
            design.append(dose)
    return Screen(
        responses=np.array(rows, np.float32),
        design=sp.csr_array(np.array(design)),
        perturbations=tuple(Perturbation(name, "knock-out", {name: -1.0}) for name in perturbed),
        features=pd.DataFrame({"role": ["molecule"] * 7}, index=list(genes)),
        obs=pd.DataFrame(index=[f"cell {i}" for i in range(len(rows))]),
        scale="log-normalised",
    )
