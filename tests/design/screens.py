"""Screens drawn from the law of the error analysis, so that every component is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Kind, Perturbation
from semimech.data.scale import Scale
from semimech.data.screen import Screen
from semimech.design.components import declared
from semimech.design.drawn import draw_screen
from semimech.design.layout import Layout

TRUTH = {"cell": 0.3, "batch": 0.03, "interaction": 0.02, "guide": 0.04, "perturbation": 0.2}


def law_screen(
    layout: Layout, seed: int = 0, features: int = 40, scale: Scale = "log-normalised", kind: Kind = "drug",
    **changed: float,
) -> Screen:  # fmt: skip
    """A screen with the components of TRUTH, but for some."""
    return draw_screen(layout, declared(**{**TRUTH, **changed}), features=features, scale=scale, kind=kind, seed=seed)


def uneven_layout(arms: int = 10, batches: int = 4, guides: int = 1, seed: int = 0) -> Layout:
    """A layout with unequal numbers of cells everywhere."""
    random = np.random.default_rng(seed)
    return Layout(
        tuple(f"b{number}" for number in range(batches)),
        tuple(f"p{number}" for number in range(arms)),
        random.integers(6, 34, (batches, arms)),
        random.integers(30, 90, batches),
        np.full(arms, guides),
    )


def count_screen(library: float, rows: int = 1_500, features: int = 60, seed: int = 0) -> Screen:
    """Control cells of two batches with negative-binomial counts, and one perturbation that does nothing."""
    random = np.random.default_rng(seed)
    rate = np.exp(random.normal(size=features))
    dispersion = 0.2 * np.exp(0.5 * random.normal(size=features))
    sizes = library * np.exp(0.3 * random.normal(size=(rows, 1)))
    mean = sizes * rate / rate.sum()
    counts = random.poisson(random.standard_gamma(1 / dispersion, mean.shape) * dispersion * mean)
    return Screen(
        sp.csr_array(counts.astype(np.float32)),
        sp.csr_array((np.arange(rows) % 5 == 0).astype(float)[:, None]),
        (Perturbation("p", "drug"),),
        pd.DataFrame(index=[f"G{number}" for number in range(features)]),
        pd.DataFrame({"batch": np.where(np.arange(rows) % 2, "x", "y")}, index=[f"cell {i}" for i in range(rows)]),
        "counts",
        "counted",
    )
