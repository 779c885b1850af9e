"""Small references and screens to judge on."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.condition import Condition, Perturbation
from semimech.data.effects import Effects
from semimech.data.screen import Screen
from semimech.evaluate.reference import Reference


def build_reference(
    observed: np.ndarray,
    scored: np.ndarray | None = None,
    errors: np.ndarray | None = None,
    mean_response: np.ndarray | None = None,
    *,
    fold: str = "all",
    split: str = "conditions",
    names: list[str] | None = None,
    scale: str = "log-ratio",
    targets: np.ndarray | None = None,
) -> Reference:
    """A reference with the given observed effects; everything else has a plain default."""
    c, f = observed.shape
    names = names or [f"p{i}" for i in range(c)]
    effects = Effects(
        tuple(Condition(((name, 1.0),)) for name in names),
        tuple(names),
        tuple(f"g{j}" for j in range(f)),
        np.eye(c, dtype=np.float32),
        observed,
        np.full((c, f), np.nan) if errors is None else errors,
        np.full(c, 30),
        np.zeros(f),
    )
    return Reference(
        split,
        fold,
        scale,  # type: ignore[arg-type]
        effects,
        np.ones((c, f), bool) if scored is None else scored,
        np.zeros(f) if mean_response is None else mean_response,
        np.full((c, f), 50.0),
        np.zeros(f, bool) if targets is None else targets,
    )


@pytest.fixture
def make_reference() -> Callable[..., Reference]:
    return build_reference


@pytest.fixture
def cells() -> Screen:
    """Counts of 480 cells in two batches: 7 knock-outs of genes 0-6, the last of them without any effect."""
    random = np.random.default_rng(11)
    genes, knocked, per = 30, 7, 60
    label = np.repeat(np.arange(knocked + 1) - 1, per)
    batch = np.tile(["one", "two"], per * (knocked + 1) // 2)
    rate = np.exp(random.normal(1.5, 0.4, genes)) * np.exp(0.5 * (batch == "two")[:, None] * random.normal(size=genes))
    change = np.vstack([random.normal(size=(knocked - 1, genes)) * 0.6, np.zeros(genes)])
    rate[label >= 0] *= np.exp(change[label[label >= 0]])
    for j in range(knocked):
        rate[label == j, j] *= 0.1
    treated = np.flatnonzero(label >= 0)
    return Screen(
        sp.csr_array(random.poisson(rate).astype(np.float32)),
        sp.csr_array((np.ones(treated.size), (treated, label[treated])), shape=(label.size, knocked)),
        tuple(Perturbation(f"k{j}", "knock-out", {f"g{j}": -1}) for j in range(knocked)),
        pd.DataFrame(index=[f"g{j}" for j in range(genes)]),
        pd.DataFrame({"batch": batch}, index=[f"c{i}" for i in range(label.size)]),
        "counts",
        name="cells",
    )


@pytest.fixture
def table() -> Screen:
    """Log-ratios of 40 combinations of five drugs, one row each, with one column of drug activity."""
    random = np.random.default_rng(12)
    pairs = [(i, j) for i in range(5) for j in range(i, 5)]
    design = np.zeros((len(pairs) * 2, 5))
    for row, (i, j) in enumerate(pairs + pairs):
        design[row, [i, j]] = -0.8 if row < len(pairs) else -0.3
    inputs = np.tanh(design)
    responses = inputs @ random.normal(size=(5, 11)) + 0.2 * random.normal(size=(len(design), 11))
    return Screen(
        np.column_stack([responses, inputs[:, 0]]),
        sp.csr_array(design),
        tuple(Perturbation(name, "drug") for name in "ABCDE"),
        pd.DataFrame({"role": ["molecule"] * 11 + ["input"]}, index=[f"g{j}" for j in range(12)]),
        pd.DataFrame(index=[f"r{i}" for i in range(len(design))]),
        "log-ratio",
        name="table",
    )
