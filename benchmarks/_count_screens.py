"""Screens of counts for the benchmarks: perturbations with private or shared effects, and pairs of three laws."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy import stats

from semimech.data.condition import Condition, Perturbation
from semimech.data.screen import Screen

Truth = Literal["additive", "bilinear", "saturating"]
LIBRARY, SPREAD = 5_000.0, 0.4  # median counts of a cell, sd of their logarithm
SATURATION = 1.0  # log-rate beyond which effects saturate
RANK = 4


@dataclass(frozen=True, eq=False)
class Simulated:
    """A screen of counts, and the true effects of its conditions on the effect scale (by condition)."""

    screen: Screen
    truth: dict[Condition, np.ndarray]


def pairs_screen(
    seed: int, law: Truth, *, perturbations: int = 20, pairs: int = 120, genes: int = 500, cells: int = 60,
    controls: int = 800,
) -> Simulated:  # fmt: skip
    """Singles and random pairs; log-rates of a pair by the law.

    additive: d_a + d_b. bilinear: that and (U_a * U_b) V of rank 4. saturating: s tanh((d_a + d_b) / s).
    """
    random = np.random.default_rng([seed, 31])
    alone = sparse_logs(random, perturbations, genes, share=0.3, size=0.5)
    every = np.array(list(combinations(range(perturbations), 2)))
    chosen = every[random.permutation(len(every))[:pairs]]
    together = alone[chosen[:, 0]] + alone[chosen[:, 1]]
    if law == "bilinear":
        factors = random.normal(size=(perturbations, RANK))
        programmes = random.normal(size=(RANK, genes)) * (random.random((RANK, genes)) < 0.3)
        together = together + 0.2 * (factors[chosen[:, 0]] * factors[chosen[:, 1]]) @ programmes
    if law == "saturating":
        together = SATURATION * np.tanh(together / SATURATION)
        alone = SATURATION * np.tanh(alone / SATURATION)
    given = np.vstack([np.eye(perturbations), *(np.eye(perturbations)[[a, b]].sum(0)[None] for a, b in chosen)])
    return measured(random, np.vstack([alone, together]), given, cells, controls)


def sparse_logs(random: np.random.Generator, rows: int, genes: int, *, share: float, size: float) -> np.ndarray:
    """Private effects: a share of the genes, normal log-rates (rows x genes)."""
    return np.where(random.random((rows, genes)) < share, size * random.normal(size=(rows, genes)), 0.0)


def shared_logs(random: np.random.Generator, rows: int, genes: int, *, rank: int, size: float) -> np.ndarray:
    """Effects of few programmes: normal log-rates of a low rank (rows x genes)."""
    return size * random.normal(size=(rows, rank)) @ random.normal(size=(rank, genes)) / np.sqrt(rank)


def measured(random: np.random.Generator, logs: np.ndarray, given: np.ndarray, cells: int, controls: int) -> Simulated:
    """Negative-binomial cells at log-rates `logs` (conditions x genes) of conditions with the perturbations `given`."""
    genes = logs.shape[1]
    base = np.log(np.exp(1.0 * random.normal(size=genes)))
    dispersion = 0.2 * np.exp(0.5 * random.normal(size=genes))
    rates = np.exp(base + np.vstack([logs, np.zeros(genes)]))
    rates /= rates.sum(1, keepdims=True)
    rows = np.r_[np.repeat(np.arange(len(given)), cells), np.full(controls, len(given))]
    counts = drawn(random, rates[rows], dispersion)
    design = np.vstack([given, np.zeros(given.shape[1])])[rows]
    names = tuple(f"p{i:02d}" for i in range(given.shape[1]))
    screen = Screen(
        sp.csr_array(counts),
        sp.csr_array(design),
        tuple(Perturbation(name, "knock-out") for name in names),
        pd.DataFrame(index=[f"g{i:04d}" for i in range(genes)]),
        pd.DataFrame(index=[f"cell {i}" for i in range(len(rows))]),
        "counts",
        name="simulated pairs",
    )
    levels = expected(np.log(rates), dispersion)
    truth = {
        Condition(tuple((names[j], 1.0) for j in np.flatnonzero(row))): level - levels[-1]
        for row, level in zip(given, levels[:-1], strict=True)
    }
    return Simulated(screen, truth)


def drawn(random: np.random.Generator, rates: np.ndarray, dispersion: np.ndarray) -> np.ndarray:
    library = LIBRARY * np.exp(SPREAD * random.standard_normal(len(rates)))
    mean = library[:, None] * rates
    return random.poisson(random.standard_gamma(1 / dispersion, mean.shape) * (dispersion * mean)).astype(np.float32)


def expected(logs: np.ndarray, dispersion: np.ndarray) -> np.ndarray:
    """Mean of log(1 + 1e4 x / library) over cells at log-rates (conditions x genes), by sums over all counts.

    Exact at points of a grid between which it is interpolated; the library by Gauss-Hermite quadrature.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    found = np.empty_like(logs)
    for gene in range(logs.shape[1]):
        grid = np.linspace(logs[:, gene].min() - 1e-6, logs[:, gene].max() + 1e-6, 25)
        level = np.zeros(len(grid))
        for node, weight in zip(nodes, weights / weights.sum(), strict=True):
            library = LIBRARY * np.exp(SPREAD * node)
            mean = library * np.exp(grid)[:, None]
            most = int(mean.max() + 12 * np.sqrt(mean.max() + dispersion[gene] * mean.max() ** 2) + 20)
            size, counts = 1 / dispersion[gene], np.arange(most)
            share = stats.nbinom.pmf(counts, size, size / (size + mean))
            level += weight * share @ np.log1p(1e4 * counts / library)
        found[:, gene] = np.interp(logs[:, gene], grid, level)
    return found
