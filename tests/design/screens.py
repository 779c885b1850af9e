"""Screens drawn from the law of the error analysis, so that every component is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.screen import Screen
from semimech.design.layout import Layout

TRUTH = {"cell": 0.3, "batch": 0.03, "interaction": 0.02, "guide": 0.04, "perturbation": 0.2}


def law_screen(
    layout: Layout, seed: int = 0, features: int = 40, scale: str = "log-normalised", efficiency: float = 1.0,
    kind: str = "drug", **changed: float,
) -> Screen:  # fmt: skip
    """Cells with level + batch + [perturbed] (effect + perturbation x batch + guide) + cell, all normal."""
    random = np.random.default_rng(seed)
    sd = {name: np.sqrt(changed.get(name, value)) for name, value in TRUTH.items()}
    arms, batches = len(layout.arms), len(layout.batches)

    def drawn(name: str, *shape: int) -> np.ndarray:
        return sd[name] * random.normal(size=(*shape, features))

    level, effect = 3 + random.normal(size=features), drawn("perturbation", arms)
    shift, departure = drawn("batch", batches), drawn("interaction", arms, batches)
    own = drawn("guide", arms, int(layout.guides_of_arm.max()))
    values, designs, batch, guides = [], [], [], []
    dealt = layout.dealt
    for b in range(batches):
        for arm in range(-1, arms):
            guide = (
                np.repeat(np.arange(dealt.shape[2]), dealt[b, arm]) if arm >= 0 else np.zeros(layout.controls[b], int)
            )
            change = effect[arm] + departure[arm, b] + own[arm, guide] if arm >= 0 else np.zeros((len(guide), features))
            edited = random.random((len(guide), 1)) < efficiency
            values.append(level + shift[b] + np.where(edited, change, 0.0) + drawn("cell", len(guide)))
            designs.append(np.tile(np.arange(arms) == arm, (len(guide), 1)).astype(float))
            batch += [layout.batches[b]] * len(guide)
            guides += [f"{arm} {number}" for number in guide]
    stacked = np.concatenate(values).astype(np.float32)
    rows = [f"cell {number}" for number in range(len(stacked))]
    return Screen(
        stacked,
        sp.csr_array(np.concatenate(designs)),
        tuple(Perturbation(name, kind) for name in layout.arms),  # type: ignore[arg-type]
        pd.DataFrame(index=[f"G{number}" for number in range(features)]),
        pd.DataFrame({"batch": batch, "guide": guides}, index=rows),
        scale,  # type: ignore[arg-type]
        "law",
    )


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
