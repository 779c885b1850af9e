"""Cells with planted effects: a few genes move for each perturbation, some cells fail quality control."""

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.screen import Screen

GENES = tuple(f"G{i}" for i in range(24))
PERTURBED = GENES[:5]


def cell_screen(cells: int = 40, failing: float = 0.0, seed: int = 0, pairs: bool = False) -> tuple[Screen, np.ndarray]:
    """Counts of controls and of cells with one gene (or two) down, and the planted log rates (perturbations x genes).

    Genes 0 and 1 have the same effect but for their own genes, and are co-expressed; cells that fail have a tenth of
    the counts, half of them from everywhere.
    """
    random = np.random.default_rng(seed)
    planted = np.zeros((5, 24))
    for p in range(5):
        planted[p, random.choice(np.arange(6, 24), 5, replace=False)] = random.choice([-1, 1], 5) * 1.2
    planted[1] = planted[0]
    planted[np.arange(5), np.arange(5)] = -1.5
    given = [(), *((p,) for p in range(5)), *(((2, 3), (3, 4)) if pairs else ())]
    label = np.repeat(np.arange(len(given)), [4 * cells, *[cells] * (len(given) - 1)])
    design = np.zeros((len(label), 5))
    for row, which in enumerate(label):
        design[row, list(given[which])] = 1
    batch = random.integers(0, 2, len(label))
    base = random.normal(0, 0.7, 24) + np.array([[0.0], [1.0]]) * random.normal(0, 0.2, 24)
    shared = random.normal(0, 0.5, len(label))[:, None] * np.isin(np.arange(24), [0, 1, 7, 8])
    share = np.exp(base[batch] + design @ planted + shared)
    share /= share.sum(1, keepdims=True)
    bad = random.random(len(label)) < failing
    share[bad] = 0.5 * share[bad] + 0.5 / 24
    depth = 600 * np.exp(0.2 * random.standard_normal(len(label))) * np.where(bad, 0.1, 1)
    mean = share * depth[:, None]
    counts = random.poisson(random.standard_gamma(8.0, mean.shape) / 8 * mean).astype(np.float32)
    obs = pd.DataFrame({"batch": batch.astype(str), "good": ~bad}, index=[f"c{i}" for i in range(len(label))])
    perturbations = tuple(Perturbation(g, "knock-out", {g: -1.0}) for g in PERTURBED)
    screen = Screen(sp.csr_array(counts), sp.csr_array(design), perturbations, pd.DataFrame(index=list(GENES)), obs,
                    "counts", name="cells")  # fmt: skip
    return screen, planted
