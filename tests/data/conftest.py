"""Small screens with everything in them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.network import Network
from semimech.data.screen import Screen


def make_screen(scale: str = "counts", rows: int = 120, seed: int = 0, sparse: bool = True) -> Screen:
    """Three genes alone and one pair, controls, two batches; two of the genes are features."""
    random = np.random.default_rng(seed)
    names = ["G0", "G1", "ELSEWHERE"]
    given = [(), (0,), (1,), (2,), (0, 1)]
    group = random.integers(0, len(given), rows)
    group[:10] = np.arange(10) % len(given)
    design = np.zeros((rows, 3), np.float32)
    for row, code in enumerate(group):
        design[row, list(given[code])] = 1
    mean = np.tile([4.0, 3.0, 2.0, 1.0, 5.0], (rows, 1))
    mean[design[:, 0] > 0, 0] = 0.5
    mean[design[:, 1] > 0, 1] = 0.5
    values = random.poisson(mean).astype(np.float32)
    if scale == "log-normalised":
        values = np.log1p(values + random.random(values.shape)).astype(np.float32)
    if scale == "log-ratio":
        values = (values - 3 + random.normal(0, 0.1, values.shape)).astype(np.float32)
    batch = np.where(np.arange(rows) % 2, "first", "second")
    return Screen(
        sp.csr_matrix(values) if sparse else values,
        sp.csr_array(design),
        tuple(Perturbation(n, "knock-out", {n: -1.0} if n.startswith("G") else {}) for n in names),
        pd.DataFrame(index=[f"G{j}" for j in range(5)]),
        pd.DataFrame(
            {
                "batch": pd.Categorical(batch),
                "replicate": np.arange(rows) % 3,
                "quality": random.random(rows),
                "good": random.random(rows) > 0.5,
                "note": [f"note {i}" for i in range(rows)],
            },
            index=pd.Index([f"cell{i}" for i in range(rows)], name="cell"),
        ),
        scale,  # type: ignore[arg-type]
        "small",
        Network(("G0", "G1"), pd.DataFrame({"source": ["G0"], "target": ["G1"], "weight": [0.5], "seen": [0.9]})),
    )


@pytest.fixture
def small() -> Callable[..., Screen]:
    return make_screen


def same_screens(one: Screen, other: Screen) -> None:
    """Assert that nothing differs."""

    def dense(screen: Screen) -> np.ndarray:
        whole = screen.responses[:]
        return whole.toarray() if sp.issparse(whole) else np.asarray(whole)

    np.testing.assert_array_equal(dense(one), dense(other))
    assert sp.issparse(one.responses[:]) == sp.issparse(other.responses[:])
    np.testing.assert_array_equal(one.design.toarray(), other.design.toarray())
    assert one.perturbations == other.perturbations
    pd.testing.assert_frame_equal(one.features, other.features)
    pd.testing.assert_frame_equal(one.obs, other.obs)
    assert (one.scale, one.name) == (other.scale, other.name)
    if one.truth is None:
        assert other.truth is None
    else:
        assert other.truth is not None
        assert (one.truth.nodes, one.truth.roles) == (other.truth.nodes, other.truth.roles)
        pd.testing.assert_frame_equal(one.truth.edges, other.truth.edges)


@pytest.fixture
def assert_same() -> Callable[[Screen, Screen], None]:
    return same_screens
