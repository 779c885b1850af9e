"""The hybrid: what it adds up, how it weighs, and what it says."""

from dataclasses import replace

import numpy as np
import pytest
from tests.models.cellbox.screens import drug_screen
from tests.models.small_cellbox import CONDITIONS, small_cellbox

from semimech.data.effects import effects_of
from semimech.data.inner import inner_effects
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.models.base import Estimator, Fitted
from semimech.models.baselines import Linear, Ridge
from semimech.models.hybrid import FittedHybrid, Hybrid
from semimech.models.storage import load_fitted, save_fitted
from semimech.support.errors import UserError

QUICK = Hybrid(sparsity=(3e-4,), steps=150, members=1, folds=3)
BLOCKS = ("internal", "drive", "readout", "gain")


@pytest.fixture(scope="module")
def drugs() -> tuple[Screen, Split]:
    screen = drug_screen()
    split = split_screen(screen, "combinations")[0]
    pairs = [i for i, condition in enumerate(screen.conditions) if condition.is_combination]
    kept = np.isin(screen.condition_codes, pairs[:4])  # four of the six pairs to learn from
    rows = np.arange(screen.shape[0])
    return screen, replace(
        split, train=rows[np.isin(rows, split.train) | kept], test=np.setdiff1d(split.test, rows[kept])
    )


@pytest.fixture(scope="module")
def fitted(drugs) -> FittedHybrid:
    return QUICK.fit(*drugs)


def missed(fitted: Fitted, screen: Screen, split: Split) -> float:
    reference = effects_of(screen, split.test)
    return float(((fitted.predict(reference.conditions).mean - reference.values) ** 2).sum())


def test_the_mechanistic_part_has_a_share_and_helps_where_pairs_are_not_additive(drugs, fitted) -> None:
    assert isinstance(QUICK, Estimator)
    assert isinstance(fitted, Fitted)
    assert fitted.share > 0
    assert missed(fitted, *drugs) < missed(Ridge().fit(*drugs), *drugs)
    assert len(fitted.network().edges)


def test_it_is_the_ridge_plus_the_share_of_the_mechanism(drugs, fitted) -> None:
    screen, split = drugs
    asked = effects_of(screen, split.test).conditions
    ridge, rest = Ridge().fit(screen, split).predict(asked).mean, fitted.mechanism.predict(asked).mean
    prediction = fitted.predict(asked)
    np.testing.assert_allclose(prediction.mean, ridge + fitted.share * rest, atol=1e-6)
    assert f"{fitted.share:g} of the mechanistic one, by inner folds" in prediction.rests_on[0]


def test_the_share_is_the_best_over_the_folds(drugs) -> None:
    """Held-out parts that are .7 of what the mechanism predicts are best met by .75 of it."""
    screen, split = drugs
    pairs = inner_effects(screen, split, 3)
    predicted = [np.ones_like(held.values) for _, held in pairs]
    left = [(fit, replace(held, values=0.7 * np.ones_like(held.values))) for fit, held in pairs]
    assert QUICK._weighed(screen, left, predicted) == (0.75, "by inner folds")


def test_without_folds_the_ridge_alone_answers_and_says_so() -> None:
    screen = drug_screen()
    doses = screen.design.toarray()
    screen = screen.take(np.flatnonzero((doses == 0.5).sum(1) == 0))  # one dose of each drug
    split = split_screen(screen, "combinations")[0]
    assert inner_effects(screen, split) == []
    fitted = QUICK.fit(screen, split)
    asked = effects_of(screen, split.test).conditions
    prediction = fitted.predict(asked)
    np.testing.assert_allclose(prediction.mean, Ridge().fit(screen, split).predict(asked).mean)
    assert prediction.rests_on[0].startswith("the additive part alone, as nothing in training can weigh")
    assert "by replicates" in prediction.rests_on[0]
    assert fitted.network() is None


def test_a_mechanism_without_a_share_says_nothing_of_the_spread() -> None:
    one = small_cellbox()
    parts = {name: np.concatenate([getattr(one, name), 0.5 * getattr(one, name)]) for name in BLOCKS}
    ridge = Linear(one.nodes.features, ("drug",), np.zeros(4), np.ones((1, 4)), "ridge")
    both = FittedHybrid(ridge, replace(one, **parts), 0.5, "as given")
    np.testing.assert_allclose(both.predict(CONDITIONS).spread, 0.5 * both.mechanism.predict(CONDITIONS).spread)
    assert replace(both, share=0.0).predict(CONDITIONS).spread is None
    assert replace(both, mechanism=one).predict(CONDITIONS).spread is None


def test_saved_and_read_back_it_predicts_the_same(drugs, fitted, tmp_path) -> None:
    asked = effects_of(drugs[0], drugs[1].test).conditions
    save_fitted(fitted, tmp_path / "model")
    np.testing.assert_array_equal(load_fitted(tmp_path / "model").predict(asked).mean, fitted.predict(asked).mean)


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(UserError, match="shares"):
        Hybrid(shares=(-0.5, 1.0))
    with pytest.raises(UserError, match="sparsity"):
        Hybrid(sparsity=())
