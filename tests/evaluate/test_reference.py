"""The reference is made of test rows alone; its t-test is Welch's."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from semimech.data.screen import Screen, normalise
from semimech.data.splits import Split, split_screen
from semimech.evaluate.differential import significant
from semimech.evaluate.reference import CELLS, ERRORS, TABLES, reference_of
from semimech.support.errors import UserError


def test_only_test_rows_make_the_observed_effects(cells: Screen) -> None:
    split = split_screen(cells, "cells")[0]
    reference = reference_of(cells, split)
    spoilt = cells.responses.toarray()
    spoilt[split.train] = np.random.default_rng(0).poisson(50, spoilt[split.train].shape)
    other = reference_of(replace(cells, responses=spoilt, _effects={}), split)
    np.testing.assert_array_equal(other.observed, reference.observed)
    assert not np.allclose(other.mean_response, reference.mean_response)
    assert reference.provides >= {ERRORS, CELLS}
    assert TABLES not in reference.provides


def test_own_targets_are_scored_only_when_asked_for(cells: Screen) -> None:
    split = split_screen(cells, "cells")[0]
    reference = reference_of(cells, split)
    for condition, scored in zip(reference.conditions, reference.scored, strict=True):
        assert np.flatnonzero(~scored).tolist() == [int(condition.names[0][1:])]
    assert np.flatnonzero(reference.targets).tolist() == list(range(7))
    with_targets = reference_of(cells, split, own_targets=True)
    assert with_targets.scored.all()
    assert not with_targets.targets.any()


def test_a_table_of_log_ratios_never_scores_its_inputs(table: Screen) -> None:
    reference = reference_of(table, split_screen(table, "conditions")[0])
    assert not reference.scored[:, 11].any()
    assert reference.scored[:, :11].all()
    assert TABLES in reference.provides
    assert CELLS not in reference.provides
    assert ERRORS not in reference.provides


def test_welch_in_one_batch_is_that_of_scipy(cells: Screen) -> None:
    one = replace(cells, obs=cells.obs.drop(columns="batch"), _effects={})
    split = split_screen(one, "cells")[0]
    reference = reference_of(one, split, own_targets=True)
    values = normalise(one.responses.toarray(), "counts").astype(float)
    control = values[split.test[one.is_control[split.test]]]
    for i, condition in enumerate(reference.conditions):
        code = one.conditions.index(condition)
        treated = values[split.test[one.condition_codes[split.test] == code]]
        test = stats.ttest_ind(treated, control, equal_var=False)
        np.testing.assert_allclose(reference.degrees[i], test.df, rtol=1e-3)
        t = reference.observed[i] / reference.standard_errors[i]
        np.testing.assert_allclose(t, test.statistic, rtol=1e-3, atol=1e-3)
        expected = stats.false_discovery_control(test.pvalue) <= 0.05
        assert (reference.changed[i] == expected).mean() > 0.99


def test_two_batches_have_fewer_degrees_than_rows(cells: Screen) -> None:
    split = split_screen(cells, "cells")[0]
    reference = reference_of(cells, split)
    assert (reference.degrees > 10).all()
    assert (reference.degrees < len(split.test)).all()
    untouched = [condition.names == ("k6",) for condition in reference.conditions]
    assert reference.changed[untouched].sum() <= 2
    assert reference.changed[np.logical_not(untouched)].sum(1).min() >= 5


def test_constant_features_are_never_significant() -> None:
    values, errors = np.array([[0.0, 5.0, 1.0]]), np.array([[0.0, 0.1, np.nan]])
    found = significant(values, errors, np.full((1, 3), 9.0), np.array([[True, True, False]]), 0.05)
    assert found.tolist() == [[False, True, False]]


def test_a_fold_that_cannot_be_measured_says_why(cells: Screen) -> None:
    perturbed = np.flatnonzero(~cells.is_control)
    split = Split("mine", "one", 0, np.arange(60), perturbed)
    with pytest.raises(UserError, match="control rows in the same batches"):
        reference_of(cells, split)
