"""Multiplicative batch factors: left over in raw differences, gone from those of logarithms."""

import numpy as np
import pytest

from semimech.design.layout import Layout
from semimech.design.raw_scale import raw_contrast_variance

LAYOUT = Layout(("x", "y"), ("a",), [[30], [10]], [20, 40])


@pytest.mark.parametrize("reference", ["same batch", "pooled"])
def test_variance_is_the_simulated_one(reference: str) -> None:
    random = np.random.default_rng(0)
    repeats, spread, cell, control, effect = 40_000, 0.3, 0.5, 2.0, 1.5
    factor = np.exp(spread * random.normal(size=(repeats, 2)))
    treated, controls = (
        factor * (mean + np.sqrt(cell / n) * random.normal(size=(repeats, 2)))
        for mean, n in ((control + effect, LAYOUT.cells[:, 0]), (control, LAYOUT.controls))
    )
    weight = np.array([0.75, 0.25])
    beside = weight if reference == "same batch" else np.array([1 / 3, 2 / 3])
    measured = treated @ weight - controls @ beside
    found = raw_contrast_variance(LAYOUT, control, effect, cell, spread, reference)  # type: ignore[arg-type]
    assert found == pytest.approx([measured.var()], rel=0.03)


def test_no_number_of_cells_reduces_it_but_logarithms_do() -> None:
    many = Layout(("x", "y"), ("a",), [[10**8]] * 2, [10**8] * 2)
    left = raw_contrast_variance(many, 2.0, 1.5, 0.5, 0.3)
    variance = np.exp(2 * 0.09) - np.exp(0.09)
    assert left == pytest.approx([variance * 1.5**2 / 2], rel=1e-4)
    random = np.random.default_rng(0)
    factor = np.exp(0.3 * random.normal(size=(100, 2)))
    assert np.ptp(np.log(factor * 3.5) - np.log(factor * 2.0)) < 1e-12
