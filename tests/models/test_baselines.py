"""Each baseline against a slow or closed-form version of itself."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression
from sklearn.linear_model import Ridge as SklearnRidge

from semimech.data.condition import Condition, Perturbation
from semimech.data.effects import effects_of
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen, normalise
from semimech.data.splits import Split, split_screen
from semimech.models.base import Estimator, Fitted
from semimech.models.baselines import (
    BASELINES,
    Additive,
    ConditionMean,
    Kernel2,
    MeanResponse,
    Nearest,
    NoChange,
    Observational,
    Ridge,
    ShrunkConditionMean,
)
from semimech.models.baselines.lookup import shrunk
from semimech.models.baselines.means import best_factor
from semimech.support.errors import UserError

GENES = tuple(f"g{i}" for i in range(8))


def table_screen(noise: float = 0.1, n: int = 40, additive: bool = True) -> Screen:
    """One row per condition: effects linear in tanh of four signed doses, plus noise, plus an input column."""
    random = np.random.default_rng(3)
    design = random.choice([0.0, -0.5, -1.0], size=(n, 4), p=[0.5, 0.3, 0.2])
    design[:8] = np.vstack([-np.eye(4), -0.5 * np.eye(4)])
    inputs = np.tanh(design)
    responses = inputs @ random.normal(size=(4, 7))
    if not additive:
        responses += (inputs[:, [0]] * inputs[:, [1]]) * random.normal(size=7) * 3
    responses = np.column_stack([responses + noise * random.normal(size=responses.shape), inputs[:, 0]])
    roles = pd.DataFrame({"role": ["molecule"] * 7 + ["input"]}, index=list(GENES))
    drugs = tuple(Perturbation(name, "drug") for name in "ABCD")
    return Screen(responses, sp.csr_array(design), drugs, roles, pd.DataFrame(index=map(str, range(n))), "log-ratio")


def cell_screen(strength: float = 1.0, kind: str = "knock-out") -> Screen:
    """Log-normalised cells in two batches; gene 1 follows gene 0; knock-outs of genes 0-3 and one of no gene."""
    random = np.random.default_rng(5)
    per = 30
    base = 2 + random.normal(size=(per * 6, 8)) * 0.5
    base[:, 1] += 0.8 * (base[:, 0] - 2)
    label = np.repeat(np.arange(6) - 1, per)
    batch = np.tile(["one", "two"], per * 3)
    base[batch == "two"] += np.linspace(0, 3, 8)
    for j in range(5):
        base[label == j] += strength * random.normal(size=8)
    treated = np.flatnonzero(label >= 0)
    design = sp.csr_array((np.ones(treated.size), (treated, label[treated])), shape=(len(label), 5))
    knocked = tuple(Perturbation(f"k{j}", kind, {f"g{j}": -1}) for j in range(4))  # type: ignore[arg-type]
    return Screen(
        base,
        design,
        (*knocked, Perturbation("other", kind)),  # type: ignore[arg-type]
        pd.DataFrame(index=list(GENES)),
        pd.DataFrame({"batch": batch}, index=map(str, range(len(label)))),
        "log-normalised",
    )


def fit(estimator: Estimator, screen: Screen, split: Split) -> tuple[Fitted, np.ndarray]:
    fitted = estimator.fit(screen, split)
    return fitted, fitted.predict(effects_of(screen, split.test).conditions).mean


def part(screen: Screen, name: str = "conditions") -> Split:
    return split_screen(screen, name)[0]


@pytest.mark.parametrize("estimator", BASELINES, ids=lambda estimator: estimator.name)
@pytest.mark.parametrize("make", [table_screen, cell_screen])
def test_every_baseline_obeys_the_protocol(estimator: Estimator, make) -> None:
    screen = make()
    split = part(screen)
    assert isinstance(estimator, Estimator)
    assert estimator.is_baseline
    fitted = estimator.fit(screen, split)
    assert isinstance(fitted, Fitted)
    assert fitted.network() is None
    asked = effects_of(screen, split.test).conditions
    prediction = fitted.predict(asked)
    assert prediction.conditions == asked
    assert prediction.features == screen.feature_names
    assert prediction.mean.shape == (len(asked), 8)
    assert np.isfinite(prediction.mean).all()
    assert all(prediction.rests_on)
    assert fitted.predict(()).mean.shape == (0, 8)


@pytest.mark.parametrize("estimator", BASELINES, ids=lambda estimator: estimator.name)
def test_nothing_but_training_rows_is_used(estimator: Estimator) -> None:
    screen = cell_screen()
    split = part(screen)
    spoilt = screen.responses.copy()
    spoilt[split.test] = 1e3
    asked = effects_of(screen, split.test).conditions
    clean = estimator.fit(screen, split).predict(asked).mean
    np.testing.assert_array_equal(estimator.fit(replace(screen, responses=spoilt, _effects={}), split).predict(
        asked).mean, clean)  # fmt: skip


def test_names_are_unique() -> None:
    assert len({estimator.name for estimator in BASELINES}) == len(BASELINES)


def test_scored_entries_leave_out_inputs_and_own_targets() -> None:
    assert scored_entries(table_screen(), [Condition((("A", -1.0),))]).tolist() == [[True] * 7 + [False]]
    screen = cell_screen()
    pair = Condition((("k0", 1.0), ("k2", 1.0)))
    assert np.flatnonzero(~scored_entries(screen, [pair])[0]).tolist() == [0, 2]
    assert scored_entries(screen, [pair], own_targets=True).all()


@pytest.mark.parametrize(("kind", "left_out"), [("unknown", [3]), ("knock-out", [1, 3]), ("drug", [])])
def test_a_feature_of_the_perturbations_own_name_is_not_scored(kind, left_out: list[int]) -> None:
    screen = cell_screen()
    named = replace(screen, perturbations=(*screen.perturbations[:4], Perturbation("g3", kind, {"g1": -1})))
    assert np.flatnonzero(~scored_entries(named, [Condition((("g3", 1.0),))])[0]).tolist() == left_out
    assert scored_entries(named, [Condition((("g3", 1.0),))], own_targets=True).all()


def test_no_change_is_zero() -> None:
    _, mean = fit(NoChange(), table_screen(), part(table_screen()))
    assert not mean.any()


def test_mean_response_leaves_out_own_targets() -> None:
    screen = cell_screen()
    split = part(screen, "cells")
    _, mean = fit(MeanResponse(), screen, split)
    effects = effects_of(screen, split.train)
    for gene in range(8):
        others = [
            effects.values[i, gene]
            for i, condition in enumerate(effects.conditions)
            if condition.names != (f"k{gene}",) or gene > 3
        ]
        np.testing.assert_allclose(mean[:, gene], np.mean(others), rtol=1e-5)


def test_the_shrunken_mean_abstains_where_responses_are_noise() -> None:
    noise = table_screen()
    noise = replace(noise, responses=np.random.default_rng(0).normal(size=noise.shape))
    split = part(noise)
    _, shrunken = fit(MeanResponse(shrink=True), noise, split)
    _, plain = fit(MeanResponse(), noise, split)
    assert np.abs(shrunken).max() < 0.5 * np.abs(plain).max()
    effects = effects_of(noise, split.train)
    assert best_factor(noise, [2.0 * effects.values], [effects]) == pytest.approx(0.5, rel=1e-5)
    assert best_factor(noise, [-effects.values], [effects]) == 0
    assert best_factor(noise, [], []) == 1


def test_condition_mean_is_its_own_training_effect_or_no_change() -> None:
    screen = cell_screen()
    split = part(screen, "cells")
    _, mean = fit(ConditionMean(), screen, split)
    np.testing.assert_allclose(mean, effects_of(screen, split.train).values)
    split = part(screen)
    fitted, mean = fit(ConditionMean(), screen, split)
    assert not mean.any()
    words = fitted.predict(effects_of(screen, split.test).conditions).rests_on
    assert set(words) == {"no change: the condition is not in training"}


def test_empirical_bayes_follows_its_equation_gene_by_gene() -> None:
    effects = effects_of(cell_screen(0.3), np.arange(180))
    centre = effects.values.mean(0)
    expected = np.empty_like(effects.values, dtype=float)
    for gene in range(8):
        e, s = effects.values[:, gene].astype(float), effects.standard_errors[:, gene].astype(float)
        tau = max(0.0, np.mean((e - centre[gene]) ** 2) - np.mean(s**2))
        expected[:, gene] = centre[gene] + (e - centre[gene]) * tau / (tau + s**2)
    np.testing.assert_allclose(shrunk(effects, centre), expected, rtol=1e-5, atol=1e-6)


def test_empirical_bayes_removes_most_of_the_noise_where_nothing_happens() -> None:
    screen = cell_screen(strength=0)
    split = part(screen, "cells")
    (_, plain), (_, better) = fit(ConditionMean(), screen, split), fit(ShrunkConditionMean(), screen, split)
    assert (better**2).sum() < 0.3 * (plain**2).sum()


def test_single_rows_are_not_shrunk_and_it_is_said() -> None:
    screen = table_screen()
    singles = Split("singles", "singles", 0, np.arange(8), np.arange(8))
    fitted, mean = fit(ShrunkConditionMean(), screen, singles)
    np.testing.assert_array_equal(mean, effects_of(screen, np.arange(8)).values)
    assert "not shrunk" in fitted.predict([Condition((("A", -1.0),))]).rests_on[0]


@pytest.mark.parametrize("penalty", [0.01, 1.0, 30.0])
def test_ridge_against_scikit_learn(penalty: float) -> None:
    screen = table_screen()
    every = Split("all", "all", 0, np.arange(40), np.arange(40))
    effects = effects_of(screen, every.train)
    inputs, weights = np.tanh(effects.design), effects.counts / effects.counts.mean()
    other = SklearnRidge(penalty, fit_intercept=False).fit(inputs, effects.values, sample_weight=weights)
    _, mean = fit(Ridge(penalty=penalty), screen, every)
    np.testing.assert_allclose(mean, other.predict(inputs), atol=1e-5)


def test_kernel2_against_scikit_learn() -> None:
    screen = table_screen(additive=False)
    every = Split("all", "all", 0, np.arange(40), np.arange(40))
    effects = effects_of(screen, every.train)
    inputs = np.tanh(effects.design).astype(float)
    gram = (1 + inputs @ inputs.T) ** 2 - 1
    other = KernelRidge(alpha=0.3, kernel="precomputed").fit(gram, effects.values)
    _, mean = fit(Kernel2(weights="equal", penalty=0.3), screen, every)
    np.testing.assert_allclose(mean, other.predict(gram), atol=1e-4)


def test_kernel2_sees_what_is_not_additive() -> None:
    screen = table_screen(noise=0.02, n=80, additive=False)
    split = part(screen)
    truth = effects_of(screen, split.test).values
    errors = [((fit(model, screen, split)[1] - truth) ** 2)[:, :7].sum() for model in (Ridge(), Kernel2())]
    assert errors[1] < 0.2 * errors[0]


@pytest.mark.parametrize("model", [Ridge(), Kernel2()])
def test_ridge_abstains_on_noise(model: Ridge | Kernel2) -> None:
    screen = table_screen(n=30)
    screen = replace(screen, responses=np.random.default_rng(1).normal(size=screen.shape))
    _, mean = fit(model, screen, part(screen))
    assert np.abs(mean).mean() < 0.2  # the responses have mean absolute value .8


def test_ridge_says_when_nothing_can_select_its_penalty() -> None:
    screen = cell_screen()
    split = part(screen, "perturbations")
    fitted, mean = fit(Ridge(), screen, split)
    assert "by default" in fitted.predict(effects_of(screen, split.test).conditions).rests_on[0]
    assert not mean.any()


def test_nearest_averages_ties() -> None:
    screen = cell_screen()
    split = part(screen)
    effects = effects_of(screen, split.train)
    fitted, mean = fit(Nearest(), screen, split)
    np.testing.assert_allclose(mean, np.tile(effects.values.mean(0), (len(mean), 1)), rtol=1e-5)
    known = effects.conditions[1]
    np.testing.assert_allclose(fitted.predict([known]).mean[0], effects.values[1], rtol=1e-6)


def test_additive_sums_the_singles_and_says_what_the_ridge_stood_in_for() -> None:
    screen = table_screen(noise=0)
    split = part(screen, "combinations")
    fitted, _ = fit(Additive(), screen, split)
    singles = {c.names[0]: i for i, c in enumerate(effects_of(screen, split.train).conditions) if c.doses[0][1] == -1}
    values = effects_of(screen, split.train).values
    prediction = fitted.predict([Condition((("A", -1.0), ("B", -1.0))), Condition((("A", -1.0), ("B", -0.75)))])
    np.testing.assert_allclose(prediction.mean[0], values[singles["A"]] + values[singles["B"]], rtol=1e-5)
    assert prediction.rests_on[0] == "the sum of its single effects"
    assert prediction.rests_on[1].endswith("the ridge estimate for B")


def test_observational_slopes_against_regression_on_batch_and_target() -> None:
    screen = cell_screen()
    split = part(screen, "cells")
    fitted, _ = fit(Observational(), screen, split)
    control = split.train[screen.is_control[split.train]]
    values = normalise(np.asarray(screen.responses[control]), screen.scale)
    batch = (screen.obs["batch"].to_numpy()[control] == "two").astype(float)
    shift = -effects_of(screen, split.train).control_mean
    prediction = fitted.predict([Condition((("k0", 1.0),)), Condition((("other", 1.0),))])
    slopes = LinearRegression().fit(np.column_stack([values[:, 0], batch]), values).coef_[:, 0]
    np.testing.assert_allclose(prediction.mean[0], slopes * shift[0], rtol=1e-4, atol=1e-4)
    assert slopes[1] == pytest.approx(0.8, abs=0.3)
    assert not prediction.mean[1].any()
    assert "no change for other" in prediction.rests_on[1]


def test_observational_uses_the_measured_shift_of_a_knock_down() -> None:
    screen = cell_screen(kind="knock-down")
    split = part(screen, "cells")
    effects = effects_of(screen, split.train)
    fitted, _ = fit(Observational(), screen, split)
    for j in range(4):
        own = effects.values[[c.names for c in effects.conditions].index((f"k{j}",)), j]
        assert fitted.predict([Condition(((f"k{j}", 1.0),))]).mean[0, j] == pytest.approx(own, rel=1e-5)
    split = part(screen, "perturbations")
    effects = effects_of(screen, split.train)
    seen = [effects.values[i, int(c.names[0][1])] for i, c in enumerate(effects.conditions) if c.names[0][0] == "k"]
    fitted, _ = fit(Observational(), screen, split)
    missing = next(f"k{j}" for j in range(4) if (f"k{j}",) not in [c.names for c in effects.conditions])
    predicted = fitted.predict([Condition(((missing, 1.0),))]).mean[0, int(missing[1])]
    assert predicted == pytest.approx(np.median(seen), rel=1e-5)


def test_the_shrunken_observational_is_never_worse_in_training() -> None:
    screen = cell_screen()
    split = part(screen, "cells")
    effects = effects_of(screen, split.train)
    counted = scored_entries(screen, effects.conditions)
    errors = [
        ((Observational(shrink=shrink).fit(screen, split).predict(effects.conditions).mean - effects.values) ** 2)[
            counted
        ].sum()
        for shrink in (False, True)
    ]
    assert errors[1] <= errors[0]


def test_options_that_mean_nothing_are_refused() -> None:
    screen = cell_screen()
    split = part(screen, "cells")
    with pytest.raises(UserError, match="weights of the ridge is 'row': did you mean rows"):
        Ridge(weights="row").fit(screen, split)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="penalty is 0"):
        Kernel2(penalty=0.0).fit(screen, split)
    with pytest.raises(UserError, match="toward"):
        ShrunkConditionMean(toward="zero")  # type: ignore[arg-type]
