"""Scores of edges from one field fitted to all experiments of DREAM4's design at once."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from benchmarks._dream_like import STEPS, Experiment

from semimech.models.dynamics.production import Experiments, ProductionFit, fit_production
from semimech.models.dynamics.regulators import log_odds


def ode(seen: Experiment, sparsity: float) -> np.ndarray:
    """|W| / standard error (target x source)."""
    return _fit(seen, sparsity).evidence * seen.pairs


def sets(seen: Experiment, sparsity: float, noise: float) -> np.ndarray:
    """Log odds of an edge over all sets of at most two regulators, given the proteins of the fit."""
    return np.where(seen.pairs, log_odds(_experiments(seen), _fit(seen, sparsity), noise=noise), 0)


@lru_cache(maxsize=4)  # one network's fits, for the scores that rest on them
def _fit(seen: Experiment, sparsity: float) -> ProductionFit:
    return fit_production(_experiments(seen), sparsity=sparsity)


def _experiments(seen: Experiment) -> Experiments:
    genes, series = len(seen.rest), np.stack(seen.series)
    one = np.eye(genes)
    left = np.concatenate([np.ones((1, genes)), 1 - one, 1 - one / 2])
    steady = np.concatenate([seen.rest[None], seen.out, seen.down])
    trust = np.where(left > 0, 1.0, 0.0)
    trust[0] = 1 + len(series)
    return Experiments(steady, left, trust, series, (np.arange(STEPS) < STEPS // 2).astype(float))
