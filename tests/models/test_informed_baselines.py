"""The informed baselines against explicit ridge regressions and a slow imputation."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge as SklearnRidge
from tests.models.informed_screens import informed_screen

from semimech.data.condition import Condition, Perturbation
from semimech.data.effects import effects_of
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.models.base import Informed
from semimech.models.baselines import MeanDrug, PathwayKernel, Ridge, TargetImputation
from semimech.models.baselines.informed import learnt
from semimech.models.knowledge import Knowledge
from semimech.models.registry import BASELINES, suits

INFORMED = (MeanDrug(), PathwayKernel(), TargetImputation())


def without(screen: Screen, name: str) -> Split:
    return next(s for s in split_screen(screen, "leave-one-out-complete") if s.fold == f"without {name}")


def error(screen: Screen, split: Split, fitted: object) -> float:
    held = effects_of(screen, split.test)
    return float(((fitted.predict(held.conditions).mean - held.values) ** 2).mean())  # type: ignore[attr-defined]


@pytest.mark.parametrize("estimator", [MeanDrug(), PathwayKernel()])
def test_is_ridge_on_the_columns(estimator: MeanDrug | PathwayKernel) -> None:
    screen = informed_screen()
    split = without(screen, "B")
    fitted = estimator.fit(screen, split)
    effects, held = effects_of(screen, split.train), effects_of(screen, split.test)
    knowledge = Knowledge.of(screen)
    columns = knowledge.columns(fitted.mixture)
    slow = SklearnRidge(alpha=fitted.penalty, fit_intercept=False)
    slow.fit(knowledge.strengths(effects.conditions) @ columns, effects.values)
    expected = slow.predict(knowledge.strengths(held.conditions) @ columns)
    np.testing.assert_allclose(fitted.predict(held.conditions).mean, expected, atol=1e-5)


def test_without_anything_shared_it_is_the_ridge() -> None:
    screen = informed_screen()
    split = without(screen, "B")
    fitted = PathwayKernel().fit(screen, split)
    effects = effects_of(screen, split.train)
    alone = learnt(fitted.knowledge, effects, (0.0, 0.0), 0.5, "rows", "")
    expected = Ridge(penalty=0.5).fit(screen, split).predict(effects.conditions).mean
    np.testing.assert_allclose(alone.predict(effects.conditions).mean, expected, atol=1e-5)


def test_what_is_shared_helps_with_an_unseen_drug() -> None:
    screen = informed_screen()
    found = np.zeros(4)
    for name in "ABCDE":
        split = without(screen, name)
        found += [error(screen, split, estimator.fit(screen, split)) for estimator in (Ridge(), *INFORMED)]
    ridge, shared, pathway, imputed = found
    assert shared < ridge
    assert pathway < 0.9 * ridge
    assert imputed < 1.05 * pathway


def test_nothing_is_imputed_where_no_unseen_perturbation_is_asked_for() -> None:
    screen = informed_screen()
    fitted = TargetImputation().fit(screen, split_screen(screen, "conditions")[0])
    assert fitted.noise == np.inf
    assert fitted.basis.endswith("no target imputation")


def test_imputation_against_a_slow_one() -> None:
    screen = informed_screen()
    split = without(screen, "F")
    kernel = PathwayKernel().fit(screen, split)
    fitted = replace(kernel, noise=0.5)
    plain = kernel.effects
    own = [kernel.knowledge.targets[i] @ plain[i] for i in range(5)]  # one target each
    values = effects_of(screen, split.train).values.astype(float)
    moments = values.T @ values / len(values)
    extra = 0.5 * (values**2).mean()
    missing = -np.mean(own) - plain[5, 5]
    expected = plain[5] + missing / (moments[5, 5] + extra) * moments[5]
    np.testing.assert_allclose(fitted.effects[5], expected, rtol=1e-6)
    np.testing.assert_allclose(fitted.effects[:5], plain[:5])


@pytest.mark.parametrize("estimator", INFORMED)
def test_test_rows_are_not_looked_at(estimator: MeanDrug) -> None:
    screen = informed_screen()
    split = without(screen, "B")
    spoilt = screen.responses.copy()
    spoilt[split.test] = 99
    conditions = effects_of(screen, split.test).conditions
    found = estimator.fit(screen, split).predict(conditions).mean
    other = estimator.fit(replace(screen, responses=spoilt, _effects={}), split).predict(conditions).mean
    np.testing.assert_array_equal(found, other)


@pytest.mark.parametrize("estimator", INFORMED)
def test_can_be_told_of_new_perturbations(estimator: MeanDrug) -> None:
    screen = informed_screen()
    fitted = estimator.fit(screen, without(screen, "F"))
    assert isinstance(fitted, Informed)
    told = fitted.knowing([Perturbation("G", "drug", {"n1": -1.0}, pathways=("one",))])
    prediction = told.predict([Condition((("G", -1.0),))])
    assert np.abs(prediction.mean).max() > 0
    said = prediction.rests_on[0]
    used = np.isfinite(told.noise), told.mixture[1] > 0, told.mixture[0] > 0
    assert ("its targets n1" in said, "the pathway one" in said, "what all perturbations share" in said) == used
    nothing = replace(told, noise=np.inf, mixture=(0.0, 0.0)).predict(prediction.conditions)
    assert not nothing.mean.any()
    assert "for G, nothing that the model uses is known: it counts as no change" in nothing.rests_on[0]
    assert not fitted.predict([Condition((("G", -1.0),))]).mean.any()
    assert fitted.network() is None


def test_are_fitted_only_where_there_are_annotations() -> None:
    chosen = [e.name for e in BASELINES if suits(e, informed_screen(annotated=False))]
    assert not {e.name for e in INFORMED} & set(chosen)
    assert {e.name for e in INFORMED} <= {e.name for e in BASELINES if suits(e, informed_screen())}
