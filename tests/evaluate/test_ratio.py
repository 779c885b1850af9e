"""Ratios of errors: by hand, and told by their interval."""

import numpy as np
import pytest

from semimech.data.effects import effects_of
from semimech.data.splits import split_screen
from semimech.evaluate.judge import Fold
from semimech.evaluate.ratio import error_ratios, verdict_on
from semimech.evaluate.reference import reference_of
from semimech.models.base import Prediction
from semimech.simulate.demo import simulate_demo


def test_the_ratio_is_that_of_root_mean_square_errors() -> None:
    screen = simulate_demo(2)
    split = split_screen(screen, "conditions")[0]
    reference = reference_of(screen, split)
    effects, random = effects_of(screen, split.test), np.random.default_rng(0)
    noise = {(name, seed): random.standard_normal(effects.values.shape) for name in "ab" for seed in (0, 1)}
    made = {
        key: Prediction(effects.conditions, effects.features, effects.values + (1 if key[0] == "a" else 2) * each)
        for key, each in noise.items()
    }
    found = error_ratios([Fold(reference, made)], "a", "b").iloc[0]
    size = {name: np.stack([noise[name, s][reference.scored] for s in (0, 1)]) for name in "ab"}
    expected = np.sqrt((size["a"] ** 2).mean() / (4 * size["b"] ** 2).mean())
    assert found["ratio"] == pytest.approx(expected, rel=1e-5)
    spread = [np.sqrt((size[name] ** 2).mean(1)).std(ddof=1) for name in "ab"]
    assert found["spread"] == pytest.approx(spread[0] / (2 * spread[1]), rel=1e-4)
    assert found["lower"] < expected < found["upper"] < 1
    assert found["n_conditions"] == len(reference.conditions)


def test_a_ratio_is_told_by_its_interval() -> None:
    assert [verdict_on(1.0, *ends) for ends in ((0.5, 0.9), (0.9, 1.1), (1.2, 1.5))] == [
        "helps",
        "little gain: within noise",
        "does harm",
    ]
    assert verdict_on(float("nan"), float("nan"), float("nan")) == ""
