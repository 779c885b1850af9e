"""What the pages on real courses compute themselves: rules, likelihoods and slopes, against closed forms."""

import numpy as np
from benchmarks import _course_kernels
from benchmarks._hpn_courses import FOLDS, Table, questions, two_way
from benchmarks._ipsc_edges import lagged
from benchmarks._ipsc_means import likeliest
from scipy.stats import multivariate_normal


def courses() -> Table:
    """Sums of what stimulus and inhibitor do, as time goes on."""
    random = np.random.default_rng(0)
    stimuli, inhibitors = random.standard_normal((6, 1, 1, 9)), random.standard_normal((1, 4, 1, 9))
    stimuli[-1] = inhibitors[:, 0] = 0
    times = np.array([5.0, 30.0, 60.0, 240.0])
    inputs = np.zeros((6, 4, 8))
    inputs[range(5), :, range(5)] = 1
    inputs[:, range(1, 4), range(5, 8)] = 1
    grown = np.log1p(times / 5)[:, None] / 4
    return Table(stimuli * grown + inhibitors, inhibitors[0, :, 0], inputs, times, 5)


def test_every_combination_is_held_out_once_in_a_partition_and_what_is_added_is_found() -> None:
    table = courses()
    asked = next(iter(questions(table, range(2))))
    held = np.stack(asked.held)
    assert len(held) == 2 * FOLDS
    np.testing.assert_array_equal(held[:FOLDS].sum(0)[..., 0], np.pad(np.ones((5, 3)), ((0, 1), (1, 0))))
    for mask, starts in zip(asked.held[:1], asked.starts[:1], strict=True):
        rule = two_way(np.where(mask[..., None], np.nan, table.values), 0)
        np.testing.assert_allclose(rule[mask], table.values[mask], atol=1e-6)
        process = _course_kernels.predict(table, mask, starts)
        assert np.sqrt(np.mean((process - table.values)[mask] ** 2)) < 0.1 * table.values[mask].std()


def test_variances_of_the_largest_likelihood() -> None:
    random = np.random.default_rng(1)
    group = np.equal.outer(np.repeat(range(6), 3), np.repeat(range(6), 3)).astype(float)
    noise = np.eye(18) * random.uniform(0.2, 0.6, 300)[:, None, None]
    values = np.stack([random.multivariate_normal(np.zeros(18), 1.5 * group + each) for each in noise])
    found = likeliest(group[None], noise, values)

    def likelihood(log: float) -> float:
        every = zip(values, noise, strict=True)
        return sum(multivariate_normal(np.zeros(18), np.exp(log) * group + each).logpdf(x) for x, each in every)

    assert abs(np.exp(found[0]) - 1.5) < 0.2
    assert likelihood(float(found[0])) >= max(likelihood(found[0] - 0.02), likelihood(found[0] + 0.02))


def test_slopes_of_a_linear_system_stand_out() -> None:
    random = np.random.default_rng(2)
    slopes = np.zeros((5, 5))
    slopes[1, 0], slopes[3, 2] = 0.9, -0.9
    moved = np.zeros((40, 4, 5))
    moved[:, 0] = random.standard_normal((40, 5))
    for day in range(3):
        moved[:, day + 1] = moved[:, day] @ (np.eye(5) + slopes).T + 0.05 * random.standard_normal((40, 5))
    found = lagged(moved)
    assert sorted(np.argsort(found.ravel())[-2:].tolist()) == [0 * 5 + 1, 2 * 5 + 3]
