"""Weights of the Bayesian bootstrap."""

import numpy as np
import pytest

from semimech.evaluate import bootstrap
from semimech.evaluate.bootstrap import dirichlet_weights, interval, resampled


def test_bootstrap_weights_and_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = dirichlet_weights(7, 500, 0)
    np.testing.assert_allclose(weights.mean(1), 1)
    assert weights.var() == pytest.approx(6 / 8, abs=0.06)  # Dirichlet(1, ..., 1), times 7
    np.testing.assert_array_equal(weights, dirichlet_weights(7, 500, 0))
    sums = np.random.default_rng(1).random((7, 3))
    whole = resampled(weights, sums, lambda s: s[..., 0] / s[..., 1])
    monkeypatch.setattr(bootstrap, "BLOCK", 50)
    np.testing.assert_allclose(resampled(weights, sums, lambda s: s[..., 0] / s[..., 1]), whole)
    assert interval(np.arange(1001.0)) == pytest.approx((25, 975))
    assert np.isnan(interval(np.full(100, np.nan))).all()
