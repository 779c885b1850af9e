"""Shared neighbours against a loop, and the kernel ridge against scikit-learn."""

import numpy as np
import pandas as pd
from numpy.testing import assert_allclose
from sklearn.kernel_ridge import KernelRidge

from semimech.models.scm.kinship import influence, shared_neighbours

PAIRS = [("A", "B"), ("B", "C"), ("C", "A"), ("C", "D"), ("E", "D"), ("D", "E"), ("F", "F"), ("G", "A")]
NODES = ("A", "B", "D", "E", "F", "unknown")


def table(pairs: list[tuple[str, str]] = PAIRS) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["source", "target"]).assign(weight=1.0)


def test_kernel_against_a_loop() -> None:
    near = {name: {name} for pair in PAIRS for name in pair} | {"unknown": {"unknown"}}
    for a, b in PAIRS:
        near[a].add(b)
        near[b].add(a)
    shared = {(a, b): sum(1 / len(near[z]) for z in near[a] & near[b]) for a in NODES for b in NODES}
    wanted = [[shared[a, b] / np.sqrt(shared[a, a] * shared[b, b]) for b in NODES] for a in NODES]
    kernel = shared_neighbours(table(), NODES)
    assert_allclose(kernel, wanted, atol=1e-12)
    assert np.linalg.eigvalsh(kernel).min() > -1e-12
    assert kernel[-1].tolist() == [0, 0, 0, 0, 0, 1]


def test_edges_of_weight_zero_do_not_count() -> None:
    more = pd.concat([table(), pd.DataFrame({"source": ["unknown"], "target": ["A"], "weight": [0.0]})])
    assert_allclose(shared_neighbours(more, NODES), shared_neighbours(table(), NODES))


def test_influence_is_a_kernel_ridge() -> None:
    kernel = shared_neighbours(table(), NODES)
    known, asked = np.array([0, 2, 3]), np.array([1, 5])
    effects = np.random.default_rng(0).normal(size=(3, 4))
    other = KernelRidge(alpha=0.3, kernel="precomputed").fit(kernel[np.ix_(known, known)], effects)
    weights = influence(kernel, known, asked, 0.3)
    assert_allclose(weights @ effects, other.predict(kernel[np.ix_(asked, known)]), atol=1e-12)
    assert not influence(kernel, known, asked, float("inf")).any()
