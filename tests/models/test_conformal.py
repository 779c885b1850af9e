"""Coverage of conformal intervals on exchangeable toy data, and what their widths do."""

import numpy as np
import pytest
from scipy import stats

from semimech.models.conformal import Scores, conformal, shrinkage, smoothed

REPEATS = 2_000


def quantile(scores: np.ndarray, level: float) -> float:
    """With one entry to a condition."""
    return Scores.of(scores[:, None]).quantile(level)


@pytest.mark.parametrize(("n", "level"), [(9, 0.9), (19, 0.5), (19, 0.95), (39, 0.8)])
def test_coverage_is_exact_where_the_level_is_a_whole_position(n: int, level: float) -> None:
    """(n + 1) level is whole: P(new score <= q) = level for any continuous distribution."""
    random = np.random.default_rng(0)
    scores, new = np.abs(random.standard_cauchy((REPEATS, n))), np.abs(random.standard_cauchy(REPEATS))
    held = np.mean([x <= quantile(row, level) for row, x in zip(scores, new, strict=True)])
    assert held == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / REPEATS))


@pytest.mark.parametrize("n", [4, 12, 25])
def test_coverage_between_positions_is_at_least_the_level_for_a_falling_density(n: int) -> None:
    random = np.random.default_rng(1)
    level = min(0.9, (n - 0.3) / (n + 1))
    held = [2 * stats.norm.cdf(quantile(row, level)) - 1 for row in np.abs(random.normal(size=(REPEATS, n)))]
    assert level - 0.01 < np.mean(held) < level + 1 / (n + 1)


def test_few_conditions_widen() -> None:
    """Beyond n / (n + 1) the largest score is carried on; with normal errors that still covers."""
    random = np.random.default_rng(2)
    scores = np.abs(random.normal(size=(REPEATS, 4)))
    wide = np.array([quantile(row, 0.95) for row in scores])
    assert (wide > scores.max(1)).all()
    assert np.mean(2 * stats.norm.cdf(wide) - 1) > 0.88


def test_quantile_grows_with_the_level() -> None:
    scores = np.random.default_rng(3).exponential(size=7)
    widths = [quantile(scores, level) for level in np.linspace(0.05, 0.99, 40)]
    assert (np.diff(widths) > 0).all()


def test_scores_of_one_entry_each_are_their_own_order() -> None:
    found = Scores.of(np.array([[3.0, np.nan], [np.nan, 1.0], [np.nan, np.nan], [2.0, np.nan]]))
    np.testing.assert_allclose(found.values, [0, 1, 2, 3])
    np.testing.assert_allclose(found.shares, [0, 1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(found.order, [1 / 3, 2 / 3, 1])


def test_order_against_every_draw() -> None:
    """Two conditions of two entries: all four draws, ranked among the four scores."""
    found = Scores.of(np.array([[1.0, 4.0], [2.0, 3.0]]))
    np.testing.assert_allclose(found.order, [(1 + 1 + 2 + 3) / 16, (2 + 3 + 4 + 4) / 16], atol=0.04)


def test_independent_entries_need_no_widening() -> None:
    """With many independent entries to a condition the quantile is that of all of them, however few the conditions."""
    scores = np.abs(np.random.default_rng(8).normal(size=(9, 3000)))
    found = Scores.of(scores)
    assert found.quantile(0.8) == pytest.approx(np.quantile(scores, 0.8), rel=0.03)
    np.testing.assert_allclose(found.order, np.arange(1, 10) / 10, atol=0.02)


@pytest.mark.parametrize("shared", [0.0, 1.0])
@pytest.mark.parametrize("level", [0.5, 0.9])
def test_coverage_of_new_conditions_whose_entries_depend_on_each_other(shared: float, level: float) -> None:
    """Errors (1 + shared z_p) e_pg with features of unlike size, 12 held-out conditions, 40 features."""
    random = np.random.default_rng(4)
    held = []
    for _ in range(300):
        size = np.exp(random.normal(size=40))
        errors = size * random.normal(size=(13, 40)) * np.exp(shared * random.normal(size=(13, 1)))
        nothing = np.zeros((12, 40))
        found = conformal(errors[:12], np.full((12, 40), np.nan), np.zeros(40), nothing, np.arange(12))
        assert found is not None
        held.append((np.abs(errors[12]) <= found.half_widths(level, np.zeros(40))).mean())
    assert np.mean(held) == pytest.approx(level, abs=0.03)


def test_conditions_that_share_a_perturbation_are_one_unit() -> None:
    """Errors of 10 perturbations, each the same in all of its 6 conditions: 60 conditions know no more than 10."""
    random = np.random.default_rng(10)
    units, held = np.repeat(np.arange(10), 6), {"units": [], "conditions": []}
    for _ in range(400):
        errors = np.repeat(random.normal(size=(11, 1)) * np.ones(5), 6, axis=0)
        for name, each in (("units", units), ("conditions", np.arange(60))):
            found = conformal(errors[:60], np.full((60, 5), np.nan), np.zeros(5), np.zeros((60, 5)), each)
            assert found is not None
            held[name].append((np.abs(errors[60:]) <= found.half_widths(0.8, np.zeros(5))).mean())
    assert np.mean(held["units"]) == pytest.approx(0.8, abs=0.05)
    assert np.mean(held["conditions"]) < np.mean(held["units"])


def test_noise_of_the_held_out_is_replaced_by_that_of_a_typical_condition() -> None:
    """Held-out effects of few rows are noisier than those asked for: only the model's own error is carried over."""
    random = np.random.default_rng(5)
    errors = random.normal(size=(60, 50)) + 3 * random.normal(size=(60, 50))
    found = conformal(errors, np.full((60, 50), 3.0), np.full(50, 0.5), np.zeros((60, 50)), np.arange(60))
    assert found is not None
    new = random.normal(size=(400, 50)) + 0.5 * random.normal(size=(400, 50))
    assert (np.abs(new) <= found.half_widths(0.9, np.zeros(50))).mean() == pytest.approx(0.9, abs=0.03)


def test_only_more_disagreement_than_on_the_held_out_widens() -> None:
    random = np.random.default_rng(6)
    errors, nothing = random.normal(size=(20, 5)), np.zeros(5)
    found = conformal(errors, np.full((20, 5), np.nan), nothing, np.full((20, 5), 0.3), np.arange(20))
    assert found is not None
    less, same, more = (found.half_widths(0.9, np.full(5, spread)) for spread in (0.1, 0.3, 1.0))
    np.testing.assert_allclose(less, same)
    np.testing.assert_allclose(more**2 - same**2, found.scores.quantile(0.9) ** 2 * (1 - 0.09))


def test_entries_that_do_not_count() -> None:
    errors = np.random.default_rng(7).normal(size=(6, 4))
    errors[:, 3] = np.nan
    errors[2] = np.nan
    found = conformal(errors, np.full((6, 4), np.nan), np.zeros(4), np.zeros((6, 4)), np.arange(6))
    assert found is not None
    assert len(found.scores.order) == 5
    assert np.isnan(found.half_widths(0.5, np.zeros(4))).tolist() == [False, False, False, True]
    assert conformal(errors[:3], np.full((3, 4), np.nan), np.zeros(4), np.zeros((3, 4)), np.arange(3)) is None


def test_no_error_at_all_is_no_width() -> None:
    found = conformal(np.zeros((5, 3)), np.full((5, 3), np.nan), np.zeros(3), np.zeros((5, 3)), np.arange(5))
    assert found is not None
    assert (found.half_widths(0.9, np.zeros(3)) < 1e-12).all()


def test_features_are_told_apart_only_beyond_chance() -> None:
    random = np.random.default_rng(9)
    for size, low, high in ((np.ones(500), 0, 0.1), (np.repeat([0.1, 1.0], 250), 0.7, 1)):
        squares = (size * random.normal(size=(30, 500))) ** 2
        kept = shrinkage(squares.sum(0), np.full(500, 30), squares.sum(0))
        assert low <= kept.mean() <= high


def test_smoothed_standard_errors() -> None:
    feature, condition = np.array([1.0, 4.0, 0.0]), np.array([1.0, 3.0, np.nan])
    square = smoothed(np.sqrt(condition[:, None] * feature))
    np.testing.assert_allclose(square[:2], [[1, 4, 0], [3, 12, 0]])
    np.testing.assert_allclose(square[2], [2, 8, 0])
    assert not smoothed(np.full((2, 2), np.nan)).any()
