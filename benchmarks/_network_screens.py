"""Counts of knock-out cells on random networks of known truth: cycles, signs, a hidden factor, batches.

linear: log rates x = B x + e; hill: x = 2.5 sum_k B_jk (h(x_k) - h(0)) + e, h a sigmoid of x (a Hill function of the
rate, power 2). A knock-out holds x_k (linear: at -2.5, that is 8 % of the rate; hill: h at 0). e: noise of each gene
and a factor that half of the genes of a cell share and nothing tells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.network import Network
from semimech.data.screen import Screen

GENES, PERTURBED, EDGES = 100, 80, 2.0
STRENGTH = {"linear": (0.2, 0.8), "hill": (0.3, 0.8)}
SHIFT, ABSENT = -2.5, -8.0
STEPS = 60


@dataclass(frozen=True)
class CountSetting:
    """law: linear or hill; cells: of each knock-out. silent: the gene's own transcript does not fall (protein only)."""

    law: str
    cells: int
    silent: bool = False
    controls: int = 2_000
    library: float = 3_000.0
    dispersion: float = 0.2


def simulate_counts(setting: CountSetting, seed: int) -> Screen:
    """A screen of counts with its truth."""
    random = np.random.default_rng([seed, setting.cells, setting.law == "hill"])
    weights = _network(random, STRENGTH[setting.law])
    given = np.concatenate([np.full(setting.controls, -1), np.repeat(np.arange(PERTURBED), setting.cells)])
    n = len(given)
    loads = 0.3 * random.normal(size=GENES) * (random.random(GENES) < 0.5)
    noise = 0.3 * random.normal(size=(n, GENES)) + random.normal(size=(n, 1)) * loads
    state = _states(setting, weights, given, noise.astype(np.float32))
    batch = random.integers(2, size=n)
    rates = np.exp(0.7 * random.normal(size=GENES) + state + 0.2 * random.normal(size=(2, GENES))[batch])
    library = setting.library * np.exp(0.4 * random.normal(size=(n, 1)))
    mean = library * rates / rates.sum(1, keepdims=True)
    counts = random.poisson(mean * random.gamma(1 / setting.dispersion, setting.dispersion, mean.shape))
    names = [f"G{j + 1:03d}" for j in range(GENES)]
    rows = np.flatnonzero(given >= 0)
    design = sp.csr_array((np.ones(len(rows)), (rows, given[rows])), shape=(n, PERTURBED))
    return Screen(
        responses=sp.csr_array(counts.astype(np.float32)),
        design=design,
        perturbations=tuple(Perturbation(name, "knock-out", {name: -1.0}) for name in names[:PERTURBED]),
        features=pd.DataFrame({"role": "molecule"}, index=names),
        obs=pd.DataFrame({"batch": batch.astype(str)}, index=[f"cell {i + 1}" for i in range(n)]),
        scale="counts",
        name=f"{setting.law} {setting.cells}",
        truth=Network.from_matrix(weights, names),
    )


def _network(random: np.random.Generator, strength: tuple[float, float]) -> np.ndarray:
    """B[target, source]; only perturbed genes send edges."""
    weights = np.zeros((GENES, GENES))
    for j in range(GENES):
        others = [k for k in range(PERTURBED) if k != j]
        sources = random.choice(others, min(random.poisson(EDGES), PERTURBED - 1), replace=False)
        weights[j, sources] = random.uniform(*strength, len(sources)) * random.choice([1, 1, 1, -1, -1], len(sources))
    return weights


def _states(setting: CountSetting, weights: np.ndarray, given: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Log rates at steady state (cells x genes)."""
    rows = np.flatnonzero(given >= 0)
    held, passing = (rows, given[rows]), weights.T.astype(np.float32)
    state, own = np.zeros_like(noise), np.zeros(len(rows), np.float32)
    for _ in range(STEPS):
        if setting.law == "linear":
            state = state @ passing + noise
        else:
            state = 2.5 * (1 / (1 + np.exp(-2 * state)) - 0.5) @ passing + noise
        own = state[held].copy()
        state[held] = SHIFT if setting.law == "linear" else ABSENT
    state[held] = own if setting.silent else SHIFT
    return state
