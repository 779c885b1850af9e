"""The estimator of effects: its choice, its answers, what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
from tests.models.effects.screens import counted

from semimech.data.condition import Condition
from semimech.data.effects import effects_of
from semimech.data.splits import Split, split_screen
from semimech.evaluate.reference import reference_of
from semimech.models.effects import EffectEstimator, noise_of
from semimech.models.effects.estimator import _fitted
from semimech.models.effects.methods import METHODS
from semimech.models.effects.validation import best_shares
from semimech.models.intervals import with_intervals
from semimech.models.storage import load_fitted, save_fitted
from semimech.simulate.demo import simulate_demo
from semimech.support.errors import UserError


@pytest.fixture(scope="module")
def programmes():
    """Perturbations that share two programmes."""
    random = np.random.default_rng(5)
    logs = 0.25 * random.normal(size=(16, 2)) @ random.normal(size=(2, 80))
    return counted(np.exp(logs), cells=30, controls=200)[0]


@pytest.fixture(scope="module")
def fitted(programmes):
    return EffectEstimator().fit(programmes, split_screen(programmes, "cells")[0])


def test_the_choice_is_better_than_the_mean_and_plain_shrinkage_on_held_out_cells(programmes, fitted):
    reference = reference_of(programmes, split_screen(programmes, "cells")[0])

    def error(predicted):
        return ((predicted - reference.observed)[reference.scored] ** 2).sum()

    plain = {
        method: EffectEstimator(method).fit(programmes, split_screen(programmes, "cells")[0])
        for method in ("condition-mean", "bayes-zero")
    }
    chosen = error(fitted.predict(reference.conditions).mean)
    for other in plain.values():
        assert chosen < error(other.predict(reference.conditions).mean)
    assert fitted.errors["low-rank"] < fitted.errors["bayes-zero"] < fitted.errors["condition-mean"] == 1
    assert sum(fitted.shares.values()) == pytest.approx(1)
    assert set(fitted.shares) <= set(METHODS)


def test_shares_are_the_best_of_the_simplex():
    random = np.random.default_rng(0)
    wrong = random.normal(size=(6, 50)) * np.array([3, 1, 1.2, 1, 4, 2])[:, None]
    shares = best_shares(wrong @ wrong.T)
    assert shares.min() >= 0
    error = ((shares @ wrong) ** 2).sum()
    others = random.dirichlet(np.full(6, 0.5), 3000)
    assert error <= ((others @ wrong) ** 2).sum(1).min() * 1.01


def test_answers_say_what_they_rest_on(fitted):
    seen, unseen = fitted.conditions[0], Condition((("nothing", 1.0),))
    pair = Condition((fitted.conditions[0].doses[0], fitted.conditions[1].doses[0]))
    elsewhere = replace(seen, context="day 3")
    prediction = fitted.predict([seen, unseen, pair, elsewhere])
    np.testing.assert_allclose(prediction.mean[2], fitted.estimates[0] + fitted.estimates[1])
    np.testing.assert_allclose(prediction.mean[3], fitted.estimates[0])
    assert not prediction.mean[1].any()
    words = ("its own training rows", "no change", "the sum of its single", "other contexts")
    assert all(text in said for text, said in zip(words, prediction.rests_on, strict=True))


def test_it_is_kept_with_its_intervals(programmes, fitted, tmp_path):
    split = split_screen(programmes, "cells")[0]
    whole = with_intervals(EffectEstimator(), fitted, programmes, split)
    save_fitted(whole, tmp_path)
    before, after = (each.predict(fitted.conditions) for each in (whole, load_fitted(tmp_path)))
    np.testing.assert_array_equal(before.upper, after.upper)
    assert before.rests_on == after.rests_on


def test_single_rows_stay_as_measured():
    screen = simulate_demo(replicates=1)
    rows = np.arange(screen.shape[0])
    found = EffectEstimator().fit(screen, Split("all", "all", 0, rows, rows[:0]))
    np.testing.assert_allclose(found.estimates, found.measured)
    assert "too few" in found.told


def test_what_cannot_be_done_is_said(programmes):
    every = np.arange(programmes.shape[0])
    treated = every[~programmes.is_control]
    first = programmes.condition_codes == programmes.condition_codes[treated[0]]
    for rows, words in ((treated, "no control rows"), (every[programmes.is_control | first], "at least two")):
        with pytest.raises(UserError, match=words):
            EffectEstimator().fit(programmes, Split("all", "all", 0, rows, every[:0]))
    for options in ({"method": "magic"}, {"choice": "worst"}, {"folds": 1}):
        with pytest.raises(UserError, match="effects"):
            EffectEstimator(**options)


def test_a_feature_without_noise_is_answered_as_measured(programmes):
    rows = np.arange(programmes.shape[0])
    effects = effects_of(programmes, rows)
    known = noise_of(programmes, rows, effects)
    silent = replace(known, variance=np.where(np.arange(80) == 3, 0.0, known.variance))
    for method in METHODS:
        estimates = _fitted(effects, silent, {method: 1.0}, "as given").estimates
        np.testing.assert_array_equal(estimates[:, 3], effects.values[:, 3].astype(float))
