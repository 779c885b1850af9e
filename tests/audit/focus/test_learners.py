"""The incremental learners against plain ones that begin anew for each N."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import truncnorm
from sklearn.ensemble import ExtraTreesClassifier, RandomForestRegressor
from sklearn.linear_model import BayesianRidge
from sklearn.neighbors import KNeighborsRegressor
from tests.audit.focus.pools import pool_of

from semimech.audit.focus.division import counts, divide
from semimech.audit.focus.kernel import Kernel, beyond
from semimech.audit.focus.learner import Task
from semimech.audit.focus.neighbours import Neighbours
from semimech.audit.focus.pool import BELOW, EXACT, Pool
from semimech.audit.focus.scikit import Scikit
from semimech.support.errors import UserError


def task_of(pool: Pool, step: int = 50, thresholds: int = 2) -> Task:
    division = divide(pool, 0, ordering="mean", seed=0)
    return Task(pool, division, counts(len(division.outside), step), pool.quantiles(thresholds))


def test_the_kernel_is_ridge_regression_begun_anew_for_each_n() -> None:
    task, noise = task_of(pool_of()), 0.3
    found = Kernel((noise,)).predict(task)
    train, test = task.division.train, task.division.test
    centre = np.array([0.5, 0.5, task.pool.values[train].mean()])
    for number, count in enumerate(task.counts):
        rows = task.order[: len(train) + count]
        gram = task.pool.similarity[np.ix_(rows, rows)] + 1.0 + noise * np.eye(len(rows))
        across = task.pool.similarity[np.ix_(test, rows)] + 1.0
        targets = task.targets[rows] - centre
        assert pytest.approx(across @ np.linalg.solve(gram, targets) + centre) == found.test[number].T
        for row in (0, 7):
            kept = np.delete(np.arange(len(rows)), row)
            own = (gram[row, kept] @ np.linalg.solve(gram[np.ix_(kept, kept)], targets[kept])) + centre
            assert found.left_out[number, :, row] == pytest.approx(own)


def test_each_n_and_target_takes_the_noise_of_the_least_left_out_error() -> None:
    task = task_of(pool_of())
    few, many = Kernel((0.01,)).predict(task), Kernel((3.0,)).predict(task)
    truth = task.targets[task.division.train].T
    better = ((few.left_out - truth) ** 2).mean(axis=2) <= ((many.left_out - truth) ** 2).mean(axis=2)
    both = Kernel((0.01, 3.0)).predict(task)
    assert both.test == pytest.approx(np.where(better[:, :, None], few.test, many.test))


@pytest.mark.parametrize("side", [1, -1])
def test_a_normal_beyond_its_bound_has_the_mean_of_scipy(side: int) -> None:
    for bound in (-3.0, 0.2, 9.0):
        limits = ((bound - 1) / 2, np.inf) if side == 1 else (-np.inf, (bound - 1) / 2)
        assert beyond(1.0, 2.0, bound, side) == pytest.approx(truncnorm.mean(*limits, loc=1, scale=2), rel=1e-6)


def test_a_censored_value_is_worth_more_than_its_bound_and_than_nothing() -> None:
    errors = {"censored": 0.0, "at its bound": 0.0, "left out": 0.0}
    for seed in range(4):
        pool = pool_of(series=60, outside=200, floor=0.5, seed=seed)
        kept = pool.relation == EXACT
        pools = {
            "censored": pool,
            "at its bound": replace(pool, relation=np.zeros(len(kept), int)),
            "left out": Pool(
                pool.similarity[np.ix_(kept, kept)], pool.values[kept], pool.relation[kept], pool.in_series[kept]
            ),
        }
        for name, one in pools.items():
            task = task_of(one, 200, 1)
            predicted = Kernel((0.3,)).predict(task).test[-1, -1]
            errors[name] += float(np.square(predicted - one.values[task.division.test]).mean())
    assert errors["censored"] < 0.8 * min(errors["at its bound"], errors["left out"])


def test_open_labels_are_worth_nothing() -> None:
    pool = pool_of(floor=0.5)
    division = divide(pool, 0, ordering="mean", seed=0)
    opened = np.isnan(pool.labels(np.zeros(1))[:, 0])
    assert (opened == (pool.relation == BELOW)).all()
    last = np.flatnonzero(opened[division.outside])[-1]
    task = Task(pool, division, np.array([last, last + 1]), np.zeros(1))
    without, with_it = Kernel((0.3,)).predict(task).test
    assert with_it[0] == pytest.approx(without[0])
    assert with_it[1] != pytest.approx(without[1])


def test_neighbours_are_those_of_scikit_learn() -> None:
    task = task_of(pool_of())
    found = Neighbours(3).predict(task)
    for number, count in enumerate(task.counts):
        rows = task.order[: len(task.division.train) + count]
        distance = 2.0 - task.pool.similarity
        model = KNeighborsRegressor(3, metric="precomputed", weights=lambda far: 2.0 - far)
        model.fit(distance[np.ix_(rows, rows)], task.targets[rows])
        expected = model.predict(distance[np.ix_(task.division.test, rows)])
        # Rows at equal distance may be taken in another order: all but a few agree.
        assert (np.abs(found.test[number].T - expected).max(axis=1) < 1e-9).mean() > 0.7
        own = np.delete(np.arange(len(rows)), 4)
        model.fit(distance[np.ix_(rows[own], rows[own])], task.targets[rows[own]])
        left = model.predict(distance[np.ix_(rows[4:5], rows[own])])[0]
        assert found.left_out[number, :, 4] == pytest.approx(left)


def test_an_estimator_by_name_is_that_estimator() -> None:
    task = task_of(pool_of(outside=60), 60, 1)
    rows, test = task.order, task.division.test
    features, labels = task.pool.features, task.targets[task.order, 0].astype(int)
    found = Scikit("ExtraTrees", {"n_estimators": 8}, folds=2).predict(task)
    model = ExtraTreesClassifier(8, random_state=task.division.seed).fit(features[rows], labels)
    assert found.test[-1, 0] == pytest.approx(model.predict_proba(features[test])[:, 1])
    assert ((found.left_out >= -5) & np.isfinite(found.left_out)).all()
    line_by_name = Scikit("BayesianRidge", folds=2).predict(task)
    line = BayesianRidge().fit(features[rows], labels)
    assert line_by_name.test[-1, 0] == pytest.approx(line.predict(features[test]))


def test_a_forest_is_left_out_by_its_bags() -> None:
    task = task_of(pool_of(outside=60), 60, 1)
    found = Scikit("random-forest", {"n_estimators": 20, "max_depth": 5}).predict(task)
    forest = RandomForestRegressor(20, max_depth=5, oob_score=True, random_state=task.division.seed)
    forest.fit(task.pool.features[task.order], task.pool.values[task.order])
    assert found.left_out[-1, -1] == pytest.approx(forest.oob_prediction_[: len(task.division.train)])


def test_what_scikit_learn_does_not_have_is_told() -> None:
    task = task_of(pool_of(), 200, 1)
    with pytest.raises(UserError, match="no estimator RandomWoods"):
        Scikit("RandomWoods")
    with pytest.raises(UserError, match="has no option trees"):
        Scikit("random-forest", {"trees": 3})
    bare = Pool(task.pool.similarity, task.pool.values, task.pool.relation, task.pool.in_series)
    with pytest.raises(UserError, match="needs features"):
        Scikit().predict(Task(bare, task.division, task.counts, task.thresholds))
