"""Screens of counts with a known law."""

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.screen import Screen


def counted(fold, *, cells, controls, seed=0, library=1500.0, batches=1, dispersion=(0.1, 1.0), pairs=()):
    """Negative-binomial cells of conditions whose expression changes by `fold` (conditions x genes), then controls.

    The conditions are the perturbations alone, then `pairs` of them. Gives the screen and phi of each gene.
    """
    random = np.random.default_rng(seed)
    conditions, genes = fold.shape
    singles = conditions - len(pairs)
    share = np.exp(random.normal(size=genes))
    phi = random.uniform(*dispersion, genes)
    rows = np.r_[np.repeat(np.arange(conditions), cells), np.full(controls, conditions)]
    rates = share * np.vstack([fold, np.ones(genes)])
    rates /= rates.sum(1, keepdims=True)
    total = library * np.exp(0.4 * random.normal(size=len(rows)))
    mean = total[:, None] * rates[rows]
    counts = random.poisson(random.gamma(1 / phi, phi * mean)).astype(np.float32)
    given = np.zeros((conditions + 1, singles))
    given[np.arange(singles), np.arange(singles)] = 1
    for number, pair in enumerate(pairs):
        given[singles + number, list(pair)] = 1
    screen = Screen(
        sp.csr_array(counts),
        sp.csr_array(given[rows]),
        tuple(Perturbation(f"p{i}", "knock-out") for i in range(singles)),
        pd.DataFrame(index=[f"g{i}" for i in range(genes)]),
        pd.DataFrame({"batch": np.arange(len(rows)) % batches}, index=[f"cell {i}" for i in range(len(rows))]),
        "counts",
    )
    return screen, phi
