"""The statistics behind the tests, each against a slow or an independent one."""

import numpy as np
import pytest
from scipy import stats
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

from semimech.data.mixtures import shrunken_response, tail_of, transported, two_components, two_means
from semimech.evaluate.assumptions.energy import energy_test, layout_of
from semimech.evaluate.assumptions.two_way import TwoWay
from semimech.evaluate.assumptions.verdict import holm


def test_energy_share_is_that_of_its_definition():
    random = np.random.default_rng(0)
    points, groups = random.normal(size=(30, 3)), np.repeat(["a", "b", "b"], 10)
    points[groups == "a"] += 1.5
    layout = layout_of(groups, np.zeros(30, int), np.zeros(30, int), 0.05)
    found = energy_test(points, groups, layout, 0.05, 199, random)
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    within = sum(distance[np.ix_(groups == g, groups == g)].sum() / (groups == g).sum() for g in ("a", "b"))
    assert found.share == pytest.approx(1 - within / (distance.sum() / 30))
    assert found.share > found.critical
    assert found.p < 0.05


def test_rows_are_swapped_within_batches_that_hold_both_groups():
    groups, batches = np.tile(np.repeat(["a", "b"], 10), 2), np.repeat([0, 1], 20)
    layout = layout_of(groups, batches, np.zeros(40, int), 0.05)
    assert layout.swaps_rows
    assert layout.rows.all()
    assert not layout.why


def test_whole_batches_are_swapped_where_each_holds_one_group():
    """Groups that are batches cannot be told from them, unless there are many batches."""
    few = layout_of(np.repeat(["a", "b"], 20), np.repeat([0, 1, 2, 3], 10), np.zeros(40, int), 0.05)
    assert "too few batches" in few.why
    groups, batches = np.repeat(["a", "b"], 80), np.repeat(np.arange(8), 20)
    layout = layout_of(groups, batches, np.zeros(160, int), 0.05)
    assert not layout.swaps_rows
    assert not layout.why
    assert "too few batches" in layout_of(groups, batches, np.zeros(160, int), 0.01).why  # of 70 ways to deal them
    random = np.random.default_rng(0)
    points = random.normal(size=(160, 2)) + random.normal(size=(8, 2))[batches]  # batches differ, groups do not
    assert energy_test(points, groups, layout, 0.05, 199, random).p > 0.05


def test_small_batches_of_both_groups_are_not_swapped_whole():
    """Six batches of 7 and 5 rows, with a difference between the groups that is smaller than between batches."""
    groups, batches, random = (
        np.tile(np.repeat(["a", "b"], [7, 5]), 6),
        np.repeat(np.arange(6), 12),
        np.random.default_rng(0),
    )
    points = random.normal(size=(72, 2)) + 3 * random.normal(size=(6, 2))[batches]
    layout = layout_of(groups, batches, np.zeros(72, int), 0.05)
    assert layout.swaps_rows
    assert layout.rows.all()
    assert energy_test(points, groups, layout, 0.05, 199, random).p > 0.05
    assert energy_test(points + (groups == "b")[:, None], groups, layout, 0.05, 199, random).p < 0.05


def test_batches_that_tell_nothing_are_left_out():
    pairs = layout_of(np.tile(["a", "b"], 20), np.repeat(np.arange(20), 2), np.zeros(40, int), 0.05)
    assert "no two groups have 8 rows each that can be compared" in pairs.why
    groups, batches = np.r_[np.repeat(["a", "b"], 80), ["a", "a", "b"]], np.r_[np.repeat(np.arange(8), 20), [8, 8, 8]]
    layout = layout_of(groups, batches, np.zeros(163, int), 0.05)
    assert not layout.swaps_rows  # whole batches are, and the batch of both groups is neither
    assert not layout.why
    assert layout.rows.tolist() == [True] * 160 + [False] * 3


def test_holm_is_as_by_hand():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])


def test_free_mixture_is_as_scikit_learn_finds_it():
    random = np.random.default_rng(0)
    values = np.r_[random.normal(0, 1, 300), random.normal(5, 0.7, 200)]
    found = two_components(values[None], False)
    other = GaussianMixture(2, tol=1e-6, random_state=0).fit(values[:, None])
    order = np.argsort(other.means_.ravel())
    np.testing.assert_allclose(found.mean[0], other.means_.ravel()[order], atol=0.02)
    np.testing.assert_allclose(found.share[0], other.weights_[order[1]], atol=0.01)
    single = stats.norm.logpdf(values, values.mean(), values.std()).sum()
    assert found.ratio[0] == pytest.approx(2 * (other.score(values[:, None]) * 500 - single), abs=0.5)


def test_what_must_be_exceeded_is_so_at_the_level():
    """Above the critical value is where p is below the level, at every level and for every statistic."""
    random = np.random.default_rng(0)
    points, groups = random.normal(size=(40, 2)), np.repeat(["a", "b"], 20)
    points[groups == "a"] += 0.35
    values, shape = random.normal(size=100), random.normal(size=100)
    layout = layout_of(groups, np.zeros(40, int), np.zeros(40, int), 0.05)
    seen = set()
    for level in (0.01, 0.5):
        energy = energy_test(points, groups, layout, level, 199, np.random.default_rng(1))
        p, critical = tail_of(12.0, values, shape, False, (199, 0), level, np.random.default_rng(1))
        known = tail_of(6.0, values + 9, shape, True, (199, 0), level, np.random.default_rng(1))
        found = (energy.share > energy.critical, critical < 12.0, known[1] < 6.0)
        assert found == (energy.p < level, p < level, known[0] < level)
        seen.add(found)
    assert seen == {(False,) * 3, (True,) * 3}
    assert known[1] == pytest.approx(stats.chi2.isf(0.5, 1))  # of resamples that never overlap with the first component


def test_fraction_beside_known_controls():
    values = np.r_[np.random.default_rng(0).normal(0, 1, 120), np.random.default_rng(1).normal(4, 1, 280)]
    found = two_components(values[None], True)
    np.testing.assert_allclose([found.share[0], found.mean[0, 1]], [0.7, 4], atol=0.15)
    np.testing.assert_array_equal([found.mean[0, 0], found.sd[0, 0]], [0, 1])


def test_one_component_is_seldom_called_two():
    random = np.random.default_rng(0)
    called = 0
    for _ in range(20):
        values, shape = random.gamma(4, 1, 100), random.gamma(4, 1, 100)
        ratio = float(two_components(values[None], False).ratio[0])
        called += tail_of(ratio, values, shape, False, (99, 0), 0.05, random)[0] <= 0.05
    assert called <= 4  # 99.7 % point of 20 at 5 %


def test_transport_keeps_each_feature_and_the_order_of_controls():
    random = np.random.default_rng(0)
    cells, controls = random.exponential(size=(50, 3)), random.normal(size=(50, 3))
    found = transported(cells, controls, random)
    np.testing.assert_array_equal(np.sort(found, 0), np.sort(cells, 0))
    np.testing.assert_array_equal(np.argsort(found, 0), np.argsort(controls, 0))


def test_noise_is_shrunken_away():
    random = np.random.default_rng(0)
    cells, controls = random.normal(size=(200, 100)), random.normal(size=(200, 100))
    cells[:, 0] += 2
    found = shrunken_response(cells, controls)
    assert found[0] == pytest.approx(2, abs=0.2)
    assert (found[1:] == 0).mean() > 0.5


def test_best_split_is_as_scikit_learn_finds_it():
    random = np.random.default_rng(0)
    points = np.concatenate([random.normal(0, 1, (60, 4)), random.normal(2, 1, (40, 4))])
    centres = KMeans(2, n_init=10, random_state=0).fit(points).cluster_centers_
    np.testing.assert_allclose(np.abs(two_means(points, random)), np.abs(centres[1] - centres[0]), atol=1e-6)


def test_interaction_is_what_regression_on_dummies_leaves():
    random = np.random.default_rng(0)
    condition, batch = random.integers(0, 4, 200), random.integers(0, 3, 200)
    values = random.normal(size=(200, 2)) + condition[:, None] * batch[:, None]
    cell = np.unique(condition * 3 + batch, return_inverse=True)[1]
    table = TwoWay(condition, batch, cell)

    def left(design):
        return values - design @ np.linalg.lstsq(design, values, rcond=None)[0]

    additive = left(np.concatenate([np.eye(4)[condition], np.eye(3)[batch]], 1))
    full = left(np.eye(cell.max() + 1)[cell])
    assert table.freedom == 6
    assert table.interaction(values) == pytest.approx((additive**2).sum() - (full**2).sum())
    np.testing.assert_allclose(values - table.additive(values), additive + (table.additive(additive)), atol=1e-9)
    np.testing.assert_allclose(table.within(values), (full**2).sum(0) / (200 - 12))
