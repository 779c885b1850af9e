"""Power, detectable effects and recovery against simulation and closed forms."""

import numpy as np
import pytest
from scipy import stats

from semimech.design.power import expected_correlation, minimum_detectable_effect, power, power_at_fdr
from semimech.support.errors import UserError


def test_power_is_that_of_simulated_tests() -> None:
    random = np.random.default_rng(0)
    z = (0.4 + np.sqrt(0.03) * random.normal(size=40_000)) / np.sqrt(0.03)
    assert power(0.4, 0.03, 0.01) == pytest.approx((2 * stats.norm.sf(np.abs(z)) <= 0.01).mean(), abs=0.01)
    assert power(0.0, 0.03) == pytest.approx(0.05)


def test_detectable_effect_has_the_power() -> None:
    variance = np.array([0.01, 0.04])
    least = minimum_detectable_effect(variance, 0.9, 0.01)
    assert power(least, variance, 0.01) == pytest.approx([0.9, 0.9])
    assert least[1] == pytest.approx(2 * least[0])


def test_cells_needed_grow_with_one_over_efficiency_squared() -> None:
    half, whole = (minimum_detectable_effect(0.3 / n, efficiency=eps) for n, eps in ((400, 0.5), (100, 1.0)))
    assert half == pytest.approx(whole)


def test_detectable_effect_of_a_mixture_has_the_power() -> None:
    cells, eps, random = 60, 0.7, np.random.default_rng(1)
    effect = minimum_detectable_effect(2 * 0.3 / cells, efficiency=eps, own=1 / cells)
    edited = random.random((6_000, cells)) < eps
    measured = (effect * edited).mean(1) + np.sqrt(2 * 0.3 / cells) * random.normal(size=6_000)
    sd = np.sqrt(2 * 0.3 / cells + eps * (1 - eps) * effect**2 / cells)
    assert (np.abs(measured) > stats.norm.isf(0.025) * sd).mean() == pytest.approx(0.8, abs=0.02)
    assert minimum_detectable_effect(0.1, efficiency=0.1, own=1.0) == np.inf


def test_power_at_fdr_is_that_of_the_rule() -> None:
    random = np.random.default_rng(2)
    sizes = np.array([0.3, 0.6, -0.9])
    features, share, fdr = 4_000, 0.15, 0.1
    found, false = [], []
    for _ in range(10):
        true = random.random(features) < share
        effect = np.where(true, random.choice(sizes, features), 0.0)
        p = 2 * stats.norm.sf(np.abs(effect + 0.2 * random.normal(size=features)) / 0.2)
        called = stats.false_discovery_control(p) <= fdr
        found.append(called[true].mean())
        false.append((called & ~true).sum() / called.sum())
    expected, level = power_at_fdr(sizes, 0.04, share, fdr)
    assert expected == pytest.approx(np.mean(found), abs=0.02)
    assert np.mean(false) == pytest.approx(fdr * (1 - share), abs=0.015)
    assert 0 < level < fdr
    assert power_at_fdr(sizes, np.array([np.inf, 0.04]), share, fdr)[0].tolist() == [0.0, expected]


@pytest.mark.parametrize("centre", [0.0, 0.5])
def test_expected_correlation_and_cosine(centre: float) -> None:
    random = np.random.default_rng(3)
    effect = centre + 0.3 * random.normal(size=400)
    measured = effect + np.sqrt(0.05) * random.normal(size=(300, 400))
    pearson = np.mean([np.corrcoef(effect, one)[0, 1] for one in measured])
    cosine = (measured @ effect / np.linalg.norm(effect) / np.linalg.norm(measured, axis=1)).mean()
    assert expected_correlation(effect.var(), 0.05) == pytest.approx(pearson, abs=0.005)
    assert expected_correlation((effect**2).mean(), 0.05) == pytest.approx(cosine, abs=0.005)


def test_wrong_questions() -> None:
    for call, words in (
        (lambda: power(1.0, 1.0, 0.0), "level is 0"),
        (lambda: minimum_detectable_effect(1.0, 1.0), "power is 1"),
        (lambda: power_at_fdr(np.ones(1), 1.0, 1.5), "share is 1.5"),
    ):
        with pytest.raises(UserError, match=words):
            call()
