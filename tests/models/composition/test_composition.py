"""Rules of composition: each against its definition, and the one that made the data is the one that is chosen."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.condition import Condition, Perturbation
from semimech.data.effects import effects_of
from semimech.data.readers import read_screen
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.models.base import Estimator, Fitted
from semimech.models.composition import Composition, FittedComposition, Rule
from semimech.models.composition.rules import RULES, candidates, compose
from semimech.models.composition.validation import standard_errors, unperturbed
from semimech.models.storage import load_fitted, save_fitted
from semimech.support.errors import UserError

PARTS = np.array([[1.0, -2.0, 0.5, -0.3], [3.0, 1.0, 0.1, -0.1]])
NOISE = np.full((2, 4), 0.2)
CONTROL = np.array([4.0, 2.0, 1.0, 0.0])
STATE = np.array([9.0, 9.0, 9.0, 9.0])


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (Rule("dominant"), [3, -1, 0.5, -0.3]),
        (Rule("sum"), [4, -1, 0.6, -0.4]),
        (Rule("sum", 2.0), [4, -1, 0.5, 0]),
        (Rule("larger"), [3, -2, 0.5, -0.3]),
        (Rule("mean"), [2, -0.5, 0.3, -0.2]),
        (Rule("dominant and mean"), [2.5, -0.75, 0.4, -0.25]),
        (Rule("fold"), [4 * (1.25 * 1.75 - 1), -2.0, 1.5 * 1.1 - 1, -0.4]),
        (Rule("network"), [9, 9, 9, 9]),
        (Rule("network and mean"), [5.5, 4.25, 4.65, 4.4]),
    ],
)
def test_rules_by_hand(rule: Rule, wanted: list[float]) -> None:
    np.testing.assert_allclose(compose(rule, PARTS, NOISE, CONTROL, STATE), wanted, atol=1e-12)


def test_every_rule_is_a_candidate_and_noise_decides_on_thresholds() -> None:
    assert {rule.name for rule in candidates(True)} == set(RULES)
    assert all(rule.threshold == 0 for rule in candidates(False))
    assert str(Rule("sum", 1.5)) == "sum, parts below 1.5 standard errors left out"


def screen_of(law: str, doses: bool, pairs: bool, noise: float = 0.02) -> Screen:
    """One row for each knock-out of six genes (and at half dose, and in pairs) on ten features, and eight controls."""
    random = np.random.default_rng(4)
    full = random.choice([0.0, -1.0, 1.0], (6, 10), p=[0.4, 0.3, 0.3]) * random.uniform(0.5, 1.5, (6, 10))
    design = [np.zeros(6)] * 8 + list(np.eye(6))
    if doses:
        design += [0.5 * row for row in np.eye(6)]
    every = [(i, j) for i in range(6) for j in range(i)]
    if pairs:
        design += [np.eye(6)[i] + np.eye(6)[j] for i, j in every]
    # With the dominant law half a dose does all that a whole one does; with the sum, half of it.
    half = 1.0 if law == "dominant" else 0.5
    rows = []
    for given in design:
        parts = np.stack([full[i] * (half if given[i] == 0.5 else 1.0) for i in np.flatnonzero(given)] or [full[0] * 0])
        rows.append(compose(Rule(law), parts, parts * 0, parts[0] * 0, parts[0]))  # type: ignore[arg-type]
    values = 5 + np.stack(rows) + noise * random.normal(size=(len(rows), 10))
    return Screen(
        values,
        sp.csr_array(np.stack(design)),
        tuple(Perturbation(f"k{j}", "knock-out") for j in range(6)),
        pd.DataFrame(index=[f"x{j}" for j in range(10)]),
        pd.DataFrame(index=map(str, range(len(rows)))),
        "log-normalised",
    )


def on_training(screen: Screen) -> Split:
    return Split("all", "all", 0, np.arange(screen.shape[0]), np.arange(0))


@pytest.mark.parametrize("law", ["dominant", "sum", "mean", "larger"])
def test_the_law_of_the_combinations_is_found(law: str) -> None:
    screen = screen_of(law, doses=False, pairs=True)
    fitted = Composition().fit(screen, on_training(screen))
    assert fitted.rule.name == law
    assert fitted.told == "combinations in training"
    assert fitted.error < 0.05


@pytest.mark.parametrize("law", ["dominant", "sum"])
def test_without_combinations_half_doses_tell(law: str) -> None:
    screen = screen_of(law, doses=True, pairs=False)
    truth = screen_of(law, doses=True, pairs=True)
    fitted = Composition().fit(screen, on_training(screen))
    assert fitted.rule.name == law
    assert fitted.told == "half and full doses"
    asked = [condition for condition in truth.conditions if condition.is_combination]
    wanted = effects_of(truth, np.arange(truth.shape[0]))
    rows = [wanted.conditions.index(condition) for condition in asked]
    prediction = fitted.predict(asked)
    assert ((prediction.mean - wanted.values[rows]) ** 2).mean() < 0.02
    assert f"by the rule '{law}" in prediction.rests_on[0]


def test_where_nothing_tells_it_is_the_default_and_said() -> None:
    screen = screen_of("sum", doses=False, pairs=False)
    fitted = Composition().fit(screen, on_training(screen))
    assert fitted.rule == Rule("dominant")
    assert "by default" in fitted.predict([Condition((("k0", 1.0), ("k1", 1.0)))]).rests_on[0]
    given = Composition(rule="sum").fit(screen, on_training(screen))
    effects = effects_of(screen, np.arange(screen.shape[0]))
    single = [effects.values[effects.conditions.index(Condition(((name, 1.0),)))] for name in ("k0", "k1")]
    pair = given.predict([Condition((("k0", 1.0), ("k1", 1.0)))])
    np.testing.assert_allclose(pair.mean[0], sum(single) - given.offset, atol=1e-5)
    assert "as given" in pair.rests_on[0]


def test_it_obeys_the_protocol_and_comes_back_from_disk(tmp_path: Path) -> None:
    screen = screen_of("sum", doses=True, pairs=True)
    fitted = Composition().fit(screen, split_screen(screen, "combinations")[0])
    assert isinstance(Composition(), Estimator)
    assert isinstance(fitted, Fitted)
    assert fitted.predict(()).mean.shape == (0, 10)
    save_fitted(fitted, tmp_path)
    loaded = load_fitted(tmp_path)
    assert isinstance(loaded, FittedComposition)
    asked = [Condition((("k0", 1.0), ("k1", 1.0))), Condition((("k2", 1.0),)), Condition((("k0", 1.0), ("k3", 0.3)))]
    one, other = fitted.predict(asked), loaded.predict(asked)
    np.testing.assert_array_equal(one.mean, other.mean)
    assert "linear SCM for k3" in one.rests_on[2]


def test_no_level_falls_below_zero() -> None:
    screen = screen_of("sum", doses=False, pairs=False)
    low = replace(screen, responses=np.maximum(screen.responses - 4.5, 0), _effects={})
    fitted = Composition(rule="sum").fit(low, on_training(low))
    control = effects_of(low, np.arange(low.shape[0])).control_mean
    asked = [Condition(((f"k{i}", 1.0), (f"k{j}", 1.0))) for i in range(6) for j in range(i)]
    assert (fitted.predict(asked).mean + control).min() > -1e-5


def test_few_controls_are_helped_by_the_rows_that_change_nothing() -> None:
    values = 5 + 0.1 * np.random.default_rng(0).normal(size=(33, 30))
    values[3:] -= 2 * np.eye(30)  # each knock-out changes one feature and leaves the others as they were
    screen = Screen(
        values,
        sp.csr_array(np.vstack([np.zeros((3, 30)), np.eye(30)])),
        tuple(Perturbation(f"k{j}", "knock-out") for j in range(30)),
        pd.DataFrame(index=[f"x{j}" for j in range(30)]),
        pd.DataFrame(index=map(str, range(33))),
        "log-normalised",
    )
    effects = effects_of(screen, np.arange(33))
    noise = standard_errors(screen, on_training(screen), effects)
    assert noise.mean() == pytest.approx(0.1, rel=0.4)
    offset = unperturbed(screen, on_training(screen), effects, noise, np.ones(effects.values.shape, bool))
    assert np.abs(effects.control_mean + offset - 5).mean() < 0.5 * np.abs(effects.control_mean - 5).mean()


def test_unknown_rules_are_refused() -> None:
    with pytest.raises(UserError, match="use one of dominant, sum"):
        Composition(rule="product")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="at least 0"):
        Composition(threshold=-1)


def test_dream4_double_knock_outs(data_folder: Path) -> None:
    errors = []
    for name in ("size10_1", "size10_2"):
        screen = read_screen(data_folder / "dream4" / name)
        dual = (screen.obs["table"] == "dualknockouts").to_numpy()
        split = Split("pairs", "pairs", 0, np.flatnonzero(~dual), np.flatnonzero(dual))
        conditions = [screen.conditions[i] for i in screen.condition_codes[dual]]
        levels = (
            Composition().fit(screen, split).predict(conditions).mean + effects_of(screen, split.train).control_mean
        )
        errors.append(((levels - np.asarray(screen.responses)[dual]) ** 2).mean())
    assert np.mean(errors) <= 0.019
