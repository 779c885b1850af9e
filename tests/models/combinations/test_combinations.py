"""The model of combinations: better than the sum on counts, honest where nothing can be learnt."""

from dataclasses import replace

import numpy as np
import pytest
from tests.models.effects.screens import counted

from semimech.data.condition import Condition
from semimech.data.effects import effects_of
from semimech.data.splits import Split, split_screen
from semimech.models.baselines import Additive
from semimech.models.combinations import Combinations
from semimech.models.combinations.validation import combination_folds
from semimech.models.intervals import with_intervals
from semimech.models.storage import load_fitted, save_fitted
from semimech.simulate.demo import simulate_demo
from semimech.support.errors import UserError

PAIRS = [(i, j) for i in range(7) for j in range(i)]


@pytest.fixture(scope="module")
def screen():
    random = np.random.default_rng(0)
    alone = 0.6 * random.normal(size=(7, 60))
    together = np.stack([alone[i] + alone[j] for i, j in PAIRS])
    return counted(np.exp(np.vstack([alone, together])), cells=40, controls=300, pairs=PAIRS)[0]


@pytest.fixture(scope="module")
def split(screen):
    """Twelve pairs in training, nine held out."""
    learnt = np.array([not c.is_combination for c in screen.conditions])
    learnt[[screen.conditions.index(c) for c in _pairs(screen)[:12]]] = True
    first = np.arange(screen.shape[0]) % 2 == 0
    mask = np.where(screen.is_control, first, learnt[screen.condition_codes])
    return Split("pairs", "pairs", 0, np.flatnonzero(mask), np.flatnonzero(~mask))


def _pairs(screen):
    return sorted(c for c in screen.conditions if c.is_combination)


@pytest.fixture(scope="module")
def fitted(screen, split):
    return Combinations().fit(screen, split)


def test_rates_that_add_beat_effects_that_add(screen, split, fitted):
    observed = effects_of(screen, split.test)
    sums = Additive().fit(screen, split).predict(observed.conditions).mean
    mine = fitted.predict(observed.conditions)
    assert fitted.settings.scale == "log-rate"
    assert ((mine.mean - observed.values) ** 2).sum() < 0.8 * ((sums - observed.values) ** 2).sum()
    assert "pushed through the counts" in mine.rests_on[0]
    assert "held-out combinations" in mine.rests_on[0]


def test_the_error_that_is_told_is_that_of_the_settings_taken(fitted):
    errors = {"no change": 1.0, "sums": 0.5, "with a bilinear term": 0.4}
    for gate, words in ((0.0, "(error 0.50 of"), (0.5, "(error 0.40 of")):
        told = replace(fitted, errors=errors, settings=replace(fitted.settings, gate=gate))
        assert words in told.predict([Condition()]).rests_on[0]


def test_without_pairs_in_training_it_is_no_worse_than_the_sum(screen):
    split = split_screen(screen, "combinations")[0]
    observed = effects_of(screen, split.test)
    fitted = Combinations().fit(screen, split)
    sums = Additive().fit(screen, split).predict(observed.conditions).mean
    wrong = ((fitted.predict(observed.conditions).mean - observed.values) ** 2).sum()
    assert wrong < ((sums - observed.values) ** 2).sum()
    assert fitted.told == "held-out cells of singles"
    assert fitted.law.bilinear is None


def test_any_number_of_perturbations_and_unknown_ones(fitted):
    known = [f"p{i}" for i in range(4)]
    four = Condition(tuple((name, 1.0) for name in known))
    stranger = Condition((("p0", 1.0), ("stranger", 1.0)))
    prediction = fitted.predict([four, stranger, Condition((("p0", 1.0),)), Condition()])
    assert np.isfinite(prediction.mean).all()
    np.testing.assert_allclose(prediction.mean[1], prediction.mean[2])
    np.testing.assert_allclose(prediction.mean[3], 0, atol=1e-9)
    assert "nothing is known" in prediction.rests_on[1]


def test_folds_hold_out_pairs_whose_perturbations_stay(screen, split):
    folds = combination_folds(screen, split, 4, 0)
    held = [c for fold in folds for c in effects_of(screen, fold.test).conditions]
    assert len(held) == len(set(held)) == 12
    assert all(c.is_combination for c in held)
    for fold in folds:
        assert not set(fold.train) & set(fold.test)
        assert set(fold.train) | set(fold.test) == set(split.train)


def test_it_is_kept_with_its_intervals(screen, split, fitted, tmp_path):
    whole = with_intervals(Combinations(), fitted, screen, split)
    save_fitted(whole, tmp_path)
    asked = effects_of(screen, split.test).conditions
    before, after = (each.predict(asked) for each in (whole, load_fitted(tmp_path)))
    np.testing.assert_array_equal(before.upper, after.upper)
    inside = np.abs(effects_of(screen, split.test).values - before.mean) <= before.upper - before.mean
    assert 0.8 < inside.mean() < 0.99


def test_log_ratios_add_as_they_are_and_have_no_rates():
    screen = simulate_demo(replicates=1)
    split = split_screen(screen, "combinations")[0]
    fitted = Combinations(folds=2).fit(screen, split)
    assert fitted.settings.scale == "effect"
    assert fitted.law.curves is None
    with pytest.raises(UserError, match="log-rates need raw counts"):
        Combinations(scale="log-rate").fit(screen, split)


def test_what_cannot_be_done_is_said(screen):
    treated = np.flatnonzero(~screen.is_control)
    with pytest.raises(UserError, match="no control rows"):
        Combinations().fit(screen, Split("all", "all", 0, treated, treated[:0]))
    for options in ({"scale": "log2"}, {"rank": -1}, {"folds": 1}):
        with pytest.raises(UserError, match="combinations"):
            Combinations(**options)


def test_a_single_replicated_condition_does_not_decide_for_all():
    screen = simulate_demo(replicates=2)
    strong = np.array([len(c.doses) == 1 and c.doses[0][1] == 1.5 for c in screen.conditions])
    rows = np.flatnonzero(strong[screen.condition_codes])
    codes = screen.condition_codes[rows]
    once = np.sort(np.r_[np.unique(codes, return_index=True)[1], len(codes) - 1])
    fitted = Combinations().fit(screen, Split("singles", "all", 0, rows[once], rows[:0]))
    assert fitted.told.startswith("nothing")
    assert fitted.settings.spread > 0
