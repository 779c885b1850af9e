"""Intervals of whole models: what they are measured on, when there are none, and that they are kept."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.models.small_cellbox import small_cellbox

from semimech.data.condition import Condition, Perturbation
from semimech.data.effects import effects_of
from semimech.data.inner import inner_splits, questions_of
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.models.base import Estimator, Fitted, Informed
from semimech.models.baselines import MeanResponse, PathwayKernel, Ridge
from semimech.models.conformal import conformal
from semimech.models.intervals import WithIntervals, with_intervals
from semimech.models.scm import LinearSCM
from semimech.models.storage import load_fitted, save_fitted
from semimech.simulate.demo import simulate_demo
from semimech.support.errors import UserError

RIDGE = Ridge()
SINGLE, PAIR = Condition((("drugA", 0.5),)), Condition((("drugA", 1.5), ("drugB", 1.5)))


@pytest.fixture(scope="module")
def demo() -> Screen:
    return simulate_demo()


def whole(screen: Screen) -> Split:
    return Split("all", "all", 0, np.arange(screen.shape[0]), np.arange(0))


def calibrated(screen: Screen, split: Split, estimator: Estimator = RIDGE, level: float = 0.9) -> WithIntervals:
    return with_intervals(estimator, estimator.fit(screen, split), screen, split, level=level)


def test_what_a_condition_asks() -> None:
    a, b, c = (Condition(((name, 1.0),)) for name in "abc")
    ab, bc, ad = (Condition(tuple((name, 1.0) for name in pair)) for pair in ("ab", "bc", "ad"))
    twice = Condition((("a", 2.0),))
    asked = (a, twice, ab, bc, ad, Condition((("a", 1.0),), "elsewhere"))
    assert questions_of(asked, (a, b, c)) == [
        "rows", "conditions", "partners", "partners", "perturbations", "conditions"
    ]  # fmt: skip
    assert questions_of((bc,), (a, b, c, ab)) == ["partners"]
    assert questions_of((bc,), (a, b, c, ab, Condition((("a", 1.0), ("c", 1.0))))) == ["conditions"]


def test_partners_are_held_out_in_all_their_combinations(demo: Screen) -> None:
    split = whole(demo)
    found = inner_splits(demo, split, "partners", 8, 0)
    assert len(found) == 8
    for inner in found:
        assert not set(inner.train) & set(inner.test)
        learnt, held = (effects_of(demo, rows).conditions for rows in (inner.train, inner.test))
        assert set(questions_of(held, learnt)) == {"partners"}
        assert len(held) == 7


@pytest.mark.parametrize("name", ["conditions", "leave-one-out", "leave-one-out-complete"])
def test_they_hold_about_what_they_say(name: str) -> None:
    """A coarse check on three screens."""
    inside, counted = np.zeros(2), 0
    for seed in range(3):
        screen = simulate_demo(seed)
        for split in split_screen(screen, name)[:2]:
            test = effects_of(screen, split.test)
            scored = scored_entries(screen, test.conditions)
            fitted = calibrated(screen, split)
            for number, level in enumerate((0.5, 0.9)):
                prediction = fitted.at(level).predict(test.conditions)
                held = (test.values >= prediction.lower) & (test.values <= prediction.upper)
                inside[number] += held[scored].sum()
            counted += scored.sum()
    np.testing.assert_allclose(inside / counted, [0.5, 0.9], atol=0.06)


def test_widths_grow_with_the_level_and_the_words_say_it(demo: Screen) -> None:
    fitted = calibrated(demo, whole(demo))
    widths = []
    for level in (0.5, 0.8, 0.9, 0.95):
        prediction = fitted.at(level).predict([SINGLE, PAIR])
        assert prediction.lower is not None
        assert prediction.upper is not None
        np.testing.assert_allclose((prediction.lower + prediction.upper) / 2, prediction.mean, atol=1e-6)
        widths.append(prediction.upper - prediction.lower)
    assert (np.diff(widths, axis=0) > 0).all()
    assert prediction.level == 0.95
    assert re.fullmatch(
        r"95 % interval from 4\d training conditions whose rows were held out", prediction.interval_from[1]
    )


def test_an_unseen_perturbation_is_wider(demo: Screen) -> None:
    split = split_screen(demo, "leave-one-out-complete")[0]
    rows = Split("all", "all", 0, split.train, np.arange(0))
    fitted = calibrated(demo, rows)
    prediction = fitted.predict([Condition((("drugB", 1.5), ("drugC", 1.5))), SINGLE])
    width = (prediction.upper - prediction.lower).mean(1)
    assert width[1] > 1.2 * width[0]
    assert "perturbations held out with all their conditions" in prediction.interval_from[1]


def test_first_combinations_are_widened_and_it_is_said(demo: Screen) -> None:
    split = split_screen(demo, "combinations")[0]
    fitted = calibrated(demo, split, MeanResponse())
    pair, single = PAIR, Condition((("drugA", 0.7),))
    prediction = fitted.predict([pair, single])
    width = prediction.upper - prediction.lower
    np.testing.assert_allclose(width[0], np.sqrt(2) * width[1], rtol=1e-4)
    assert "widened for a first combination, which none of them asks" in prediction.interval_from[0]
    assert "widened" not in prediction.interval_from[1]


def test_a_single_network_does_not_tell_how_far_it_is_from_a_first_combination() -> None:
    errors = np.random.default_rng(0).normal(size=(9, 4))
    measured = conformal(errors, np.full((9, 4), np.nan), np.zeros(4), np.zeros((9, 4)), np.arange(9))
    assert measured is not None
    singles = Condition((("drug", 1.0),)), Condition((("KO", 1.0),))
    asked = [Condition((("drug", 0.7),)), Condition((("KO", 1.0), ("drug", 1.0)))]
    prediction = WithIntervals(small_cellbox(), {"conditions": measured}, singles).predict(asked)
    assert prediction.spread is None
    assert "widened for a first combination" in prediction.interval_from[1]
    width = prediction.upper - prediction.lower
    np.testing.assert_allclose(width[1], np.sqrt(2) * width[0], rtol=1e-4)


def test_new_contexts_and_larger_doses_are_widened(demo: Screen) -> None:
    fitted = calibrated(demo, whole(demo), MeanResponse())
    asked = [Condition((("drugA", 1.0),)), Condition((("drugA", 1.0),), "other cells"), Condition((("drugA", 9.0),))]
    prediction = fitted.predict(asked)
    width = prediction.upper - prediction.lower
    np.testing.assert_allclose(width[1:], np.sqrt(2) * np.stack([width[0]] * 2), rtol=1e-4)
    assert "a context never seen" in prediction.interval_from[1]
    assert "a dose of drugA beyond those seen" in prediction.interval_from[2]


def test_without_inner_folds_there_is_no_interval(demo: Screen) -> None:
    few = np.flatnonzero(demo.design[:, [0]].toarray().ravel() == 1.5)[:1]
    prediction = calibrated(demo, Split("few", "few", 0, few, np.arange(0))).predict([SINGLE, PAIR])
    assert prediction.lower is None
    assert prediction.upper is None
    assert set(prediction.interval_from) == {"no interval: nothing like it could be held out of training"}


def test_test_rows_are_not_looked_at(demo: Screen) -> None:
    split = split_screen(demo, "conditions")[0]
    spoilt = demo.responses.copy()
    spoilt[split.test] = 99
    one, other = (
        calibrated(screen, split).predict([PAIR]) for screen in (demo, replace(demo, responses=spoilt, _effects={}))
    )
    np.testing.assert_array_equal(one.upper, other.upper)


def test_refits_at_the_settings_of_a_fit_are_those_of_whole_fits() -> None:
    """With nothing left to choose, a refit is a fit to the rest."""
    screen = simulate_demo(1)
    split = split_screen(screen, "conditions")[0]
    estimator = PathwayKernel()
    fitted = estimator.fit(screen, split)
    inner, alike = inner_splits(screen, split, "conditions", 3, 0), 0
    for each, found in zip(inner, estimator.refits(screen, split, fitted, inner, seed=0, monitor=print), strict=True):
        held = effects_of(screen, each.test).conditions
        again = estimator.fit(screen, each)
        if (again.mixture, again.penalty) == (fitted.mixture, fitted.penalty):
            np.testing.assert_allclose(found, again.predict(held).mean)
            alike += 1
        assert found.shape == (len(held), screen.shape[1])
    assert alike


def test_saved_and_told_of_new_perturbations(demo: Screen, tmp_path: Path) -> None:
    kept = calibrated(demo, whole(demo), PathwayKernel(), level=0.8)
    save_fitted(kept, tmp_path)
    loaded = load_fitted(tmp_path)
    assert isinstance(kept, Informed)
    assert isinstance(loaded, Informed)
    new, condition = Perturbation("new", "drug", {"M01": -1.0}), Condition((("new", 1.0),))
    one, other = (model.knowing([new]).predict([PAIR, condition]) for model in (kept, loaded))
    np.testing.assert_array_equal(one.upper, other.upper)
    assert one.interval_from == other.interval_from
    assert other.level == 0.8
    assert other.interval_from[1].startswith("80 % interval from")


def test_models_that_cannot_be_told_are_not_informed(demo: Screen) -> None:
    fitted = calibrated(demo, split_screen(demo, "conditions")[0])
    assert isinstance(fitted, Fitted)
    assert not isinstance(fitted, Informed)
    assert fitted.network() is None
    assert isinstance(LinearSCM().fit(demo, whole(demo)), Informed)


def test_a_level_that_is_no_share(demo: Screen) -> None:
    fitted = calibrated(demo, split_screen(demo, "conditions")[0])
    with pytest.raises(UserError, match="level of the intervals is 90: give a number between 0 and 1"):
        fitted.at(90)
