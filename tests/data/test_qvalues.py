import numpy as np
import pytest
from scipy.stats import false_discovery_control

from semimech.data.qvalues import q_values


def test_with_no_null_left_out_it_is_benjamini_and_hochberg() -> None:
    p = np.random.default_rng(0).random(50)
    p[:5] /= 1000
    share = min(1.0, (1 + (p > 0.5).sum()) / (50 * 0.5))
    naive = [min(share * 50 * other / (p <= other).sum() for other in p[p >= own]) for own in p]
    np.testing.assert_allclose(q_values(p), np.minimum(naive, 1))
    half = np.concatenate([p[p > 0.5], p[p > 0.5]])
    np.testing.assert_allclose(q_values(half), false_discovery_control(half))


def test_what_was_not_tested_stays_so() -> None:
    p = np.array([[0.01, np.nan], [np.nan, 0.6]])
    found = q_values(p)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(p))
    assert found[0, 0] == pytest.approx(0.02)
    assert np.isnan(q_values(np.full(3, np.nan))).all()
