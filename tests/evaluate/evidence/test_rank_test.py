"""Smallest roots against generalised eigenvalues, P values against draws."""

import numpy as np
import pytest
import scipy.linalg as sl
from scipy.stats import chi2

from semimech.evaluate.evidence.rank_test import p_values, smallest_roots


def test_roots_are_those_of_the_table_without_a_column() -> None:
    random = np.random.default_rng(0)
    table = random.standard_normal((30, 7)) @ random.standard_normal((7, 7))
    half = random.standard_normal((7, 7))
    covariance = half @ half.T + np.eye(7)
    found = smallest_roots(np.stack([np.eye(30)[:, :7], table]), np.stack([np.eye(7), covariance]))
    values, vectors = sl.eigh(table.T @ table, covariance)
    assert found.least[1] == pytest.approx(values[0])
    ratio = found.combination[1] / vectors[:, 0]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-6)
    for column in range(7):
        others = np.delete(np.arange(7), column)
        inner = np.ix_(others, others)
        roots, fits = sl.eigh((table.T @ table)[inner], covariance[inner])
        assert found.without[1, column] == pytest.approx(roots[0], rel=1e-6)
        held = np.zeros(7)
        held[others] = fits[:, 0]
        both = np.column_stack([held, found.combination[1]])
        plane = sl.eigh(both.T @ table.T @ table @ both, both.T @ covariance @ both, eigvals_only=True)
        assert found.plane[1, column] == pytest.approx(plane[1], rel=1e-5)


def test_as_many_conditions_as_sources_leave_nothing_over() -> None:
    random = np.random.default_rng(1)
    table = random.standard_normal((4, 5))
    found = smallest_roots(table[None], np.eye(5)[None])
    assert found.least[0] == pytest.approx(0, abs=1e-10)
    weight = -found.combination[0, 1:] / found.combination[0, 0]
    np.testing.assert_allclose(weight, np.linalg.solve(table[:, 1:], table[:, 0]), rtol=1e-5)


@pytest.mark.parametrize(("strength", "freedom"), [(0.5, 4), (5.0, 2), (20.0, 12), (100.0, 40)])
def test_p_values_agree_with_draws(strength: float, freedom: int) -> None:
    random = np.random.default_rng(2)
    one, rest = random.chisquare(1, 400_000), random.chisquare(freedom - 1, 400_000)
    total = one + rest
    drawn = (total - strength + np.sqrt((total + strength) ** 2 - 4 * rest * strength)) / 2
    for gain in (1.0, 4.0, 9.0):
        wanted = float((drawn > gain).mean())
        found = p_values(np.array([gain]), np.array([strength]), freedom, 10**9)[0]
        assert found == pytest.approx(wanted, abs=4 * np.sqrt(wanted * (1 - wanted) / len(drawn)) + 1e-5)


def test_p_values_at_both_ends() -> None:
    gain = np.array([0.5, 4.0, 12.0])
    strong, weak = np.full(3, 1e8), np.zeros(3)
    np.testing.assert_allclose(p_values(gain, strong, 6, 10**9), chi2.sf(gain, 1), rtol=1e-4)
    np.testing.assert_allclose(p_values(gain, weak, 6, 10**9), chi2.sf(gain, 6), rtol=1e-4)
    np.testing.assert_allclose(p_values(gain, weak, 1, 10**9), chi2.sf(gain, 1), rtol=1e-4)
    assert (p_values(gain, strong, 6, 12) > p_values(gain, strong, 6, 10**9)).all()
