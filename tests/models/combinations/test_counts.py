"""What changes of rates do to log counts, against cells."""

import numpy as np

from semimech.models.combinations import CountCurves


def test_the_curves_tell_the_effect_that_cells_show():
    random = np.random.default_rng(0)
    rates = random.dirichlet(np.full(50, 2.0))
    dispersion = random.uniform(0.1, 1, 50)
    libraries = 2000 * np.exp(0.4 * random.normal(size=4000))
    change = 0.7 * random.normal(size=50)

    def level(rate):
        mean = libraries[:, None] * rate
        counts = random.poisson(random.gamma(1 / dispersion, dispersion * mean))
        return np.log1p(1e4 * counts / libraries[:, None]).mean(0)

    changed = rates * np.exp(change)
    observed = level(changed / changed.sum()) - level(rates)
    found = CountCurves.of(rates, dispersion, libraries).effects(change[None])[0]
    np.testing.assert_allclose(found, observed, atol=0.12)
    assert np.corrcoef(found, observed)[0, 1] > 0.998


def test_one_factor_for_all_rates_changes_nothing():
    curves = CountCurves.of(np.array([0.2, 0.3, 0.5]), np.full(3, 0.1), np.full(10, 1000.0))
    np.testing.assert_allclose(curves.effects(np.full((2, 3), 1.3)), 0, atol=1e-9)
