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

Truth = Literal["additive", "bilinear", "saturating", "private"]
BLOCK = 2_000  # cells drawn at a time
LIBRARY, SPREAD = 5_000.0, 0.4  # median counts of a cell, sd of their logarithm
SATURATION = 1.0  # log-rate beyond which effects saturate
RANK = 4


@dataclass(frozen=True, eq=False)
class Simulated:
    """A screen of counts, and the true effects of its conditions on the effect scale (by condition)."""

    screen: Screen
    truth: dict[Condition, np.ndarray]


def combinations_screen(
    seed: int, law: Truth, *, perturbations: int = 20, pairs: int = 120, triples: int = 20, genes: int = 500,
    cells: int = 60, controls: int = 800,
) -> Simulated:  # fmt: skip
    """Singles, random pairs and triples; log-rates of a combination by the law.

    additive: the sum of d_a. bilinear: that and the sum over pairs of (U_a * U_b) V, of rank 4. saturating:
    s tanh(sum of d_a / s), of singles too. private: the sum and effects that each combination has for itself.
    """
    random = np.random.default_rng([seed, 31])
    alone = sparse_logs(random, perturbations, genes, share=0.3, size=0.5)
    sets = [_drawn_sets(random, perturbations, size, number) for size, number in ((2, pairs), (3, triples))]
    given = np.vstack([np.eye(perturbations), *sets])
    logs = given @ alone
    if law == "bilinear":
        factors = random.normal(size=(perturbations, RANK))
        programmes = random.normal(size=(RANK, genes)) * (random.random((RANK, genes)) < 0.3)
        together = ((given @ factors) ** 2 - given @ factors**2) / 2
        logs = logs + 0.2 * together @ programmes
    if law == "private":
        own = sparse_logs(random, len(given), genes, share=0.15, size=0.5)
        logs = logs + np.where(given.sum(1, keepdims=True) > 1, own, 0.0)
    if law == "saturating":
        logs = SATURATION * np.tanh(logs / SATURATION)
    return measured(random, logs, given, cells, controls)


def _drawn_sets(random: np.random.Generator, perturbations: int, size: int, number: int) -> np.ndarray:
    """Random sets of perturbations, none twice (number x perturbations, 0 or 1)."""
    every = np.array(list(combinations(range(perturbations), size)))
    chosen = every[random.permutation(len(every))[:number]]
    return np.eye(perturbations)[chosen].sum(1)


def sparse_logs(random: np.random.Generator, rows: int, genes: int, *, share: float, size: float) -> np.ndarray:
    """Private effects: a share of the genes, normal log-rates (rows x genes)."""
    return np.where(random.random((rows, genes)) < share, size * random.normal(size=(rows, genes)), 0.0)


def shared_logs(random: np.random.Generator, rows: int, genes: int, *, rank: int, size: float) -> np.ndarray:
    """Effects of few programmes: normal log-rates of a low rank (rows x genes)."""
    return size * random.normal(size=(rows, rank)) @ random.normal(size=(rank, genes)) / np.sqrt(rank)


def measured(
    random: np.random.Generator,
    logs: np.ndarray,
    given: np.ndarray,
    cells: int,
    controls: int,
    with_truth: bool = True,
) -> Simulated:
    """Negative-binomial cells at log-rates `logs` (conditions x genes) of conditions with the perturbations `given`."""
    genes = logs.shape[1]
    base = random.normal(size=genes)
    dispersion = 0.2 * np.exp(0.5 * random.normal(size=genes))
    rates = np.exp(base + np.vstack([logs, np.zeros(genes)]))
    rates /= rates.sum(1, keepdims=True)
    rows = np.r_[np.repeat(np.arange(len(given)), cells), np.full(controls, len(given))]
    counts = sp.vstack(
        [drawn(random, rates[rows[first : first + BLOCK]], dispersion) for first in range(0, len(rows), BLOCK)], "csr"
    )
    design = np.vstack([given, np.zeros(given.shape[1])])[rows]
    names = tuple(f"p{i:02d}" for i in range(given.shape[1]))
    screen = Screen(
        counts,
        sp.csr_array(design),
        tuple(Perturbation(name, "knock-out") for name in names),
        pd.DataFrame(index=[f"g{i:04d}" for i in range(genes)]),
        pd.DataFrame(index=[f"cell {i}" for i in range(len(rows))]),
        "counts",
        name="simulated counts",
    )
    truth = {}
    if with_truth:
        levels = expected(np.log(rates), dispersion)
        for row, level in zip(given, levels[:-1], strict=True):
            truth[Condition(tuple((names[j], 1.0) for j in np.flatnonzero(row)))] = level - levels[-1]
    return Simulated(screen, truth)


def drawn(random: np.random.Generator, rates: np.ndarray, dispersion: np.ndarray) -> sp.csr_array:
    """Counts of cells with these rates (cells x genes)."""
    library = LIBRARY * np.exp(SPREAD * random.standard_normal(len(rates)))
    mean = library[:, None] * rates
    counts = random.poisson(random.standard_gamma(1 / dispersion, mean.shape) * (dispersion * mean))
    return sp.csr_array(counts.astype(np.float32))


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
