"""The focus on one context of a screen: others help first and then hurt, or never hurt; order, leakage, mistakes."""

from dataclasses import replace

import numpy as np
import pytest

from semimech.audit.focus import Kernel, Neighbours
from semimech.audit.focus.contexts import contexts_of, likeness
from semimech.audit.focus.division import divide
from semimech.audit.focus.gains import Gains
from semimech.audit.focus.of_screen import ContextFocus, averaged, context_focus
from semimech.audit.focus.surface import Protocol, measure
from semimech.data.screen import Screen
from semimech.simulate.contexts import simulate_contexts
from semimech.support.errors import UserError

LEARNER = Kernel(noise=(0.3,))


def error(found: ContextFocus) -> Gains:
    return next(one for one in found.focus.gains if one.reading == "squared error")


@pytest.fixture(scope="module")
def apart() -> Screen:
    return simulate_contexts([0.1, 0.2, 0.3, 0.6, 0.8, 1, 1, 1])


def test_more_contexts_help_first_and_then_hurt(apart: Screen) -> None:
    found = context_focus(apart, "line 0", LEARNER, repeats=8)
    gained = error(found)
    assert gained.transfer.low > 0
    assert gained.focus.low > 0
    assert 0 < gained.best <= 200  # the five lines that have something of its law
    assert found.focus.sentences()[0].startswith("The nearest outsiders help and the others undo it: squared error")
    assert set(found.contexts["context"][:3]) == {"line 1", "line 2", "line 3"}


def test_more_contexts_of_one_law_never_hurt() -> None:
    found = context_focus(simulate_contexts([0] * 8), "line 0", LEARNER, repeats=8)
    gained = error(found)
    assert gained.pooling.low > 0
    assert gained.focus.high < 0.05 * gained.none.mean
    assert found.focus.theory is not None
    assert found.focus.theory.best == float("inf")
    assert "more data never harm" in found.focus.sentences()[1]


def test_the_order_of_contexts_sees_no_test_half(apart: Screen) -> None:
    contexts = contexts_of(apart, "line 0")
    division = divide(contexts.pool("G1"), 0, ordering="mean", seed=0)
    order = contexts.context[division.outside]
    assert list(dict.fromkeys(order))[:3] == sorted(dict.fromkeys(order))[:3]  # whole contexts, near ones first
    rows = np.flatnonzero(apart.obs["context"] == "line 0")
    responses = apart.responses.copy()
    held = {apart.conditions[apart.condition_codes[row]] for row in rows[np.isin(rows // 2, division.test)]}
    hidden = [row for row in rows if apart.conditions[apart.condition_codes[row]] in held]
    responses[hidden] = np.random.default_rng(0).normal(size=responses[hidden].shape)
    other = contexts_of(replace(apart, responses=responses, _effects={}), "line 0")
    assert (divide(other.pool("G1"), 0, ordering="mean", seed=0).outside == division.outside).all()


def test_likeness_is_a_kernel() -> None:
    what = np.random.default_rng(0).normal(size=(30, 4))
    found = likeness(what)
    assert np.allclose(np.diag(found), 1)
    assert np.linalg.eigvalsh(found).min() > -1e-9
    one, two = likeness(np.array([[1.0, 0.0], [np.e, 0.0]]))[0]
    assert (one, two) == pytest.approx((1, np.exp(-0.5)))


def test_a_single_feature_is_the_core_itself(apart: Screen) -> None:
    found = context_focus(apart, "line 0", Neighbours(), features=["G2"], repeats=3, levels=(0.5,))
    pool = contexts_of(apart, "line 0").pool("G2")
    middle = float(np.quantile(pool.values[pool.in_series], 0.5))
    alone = measure(pool, Neighbours(), Protocol((middle,), step=40, repeats=3))
    assert np.array_equal(found.focus.surface.outer, alone.outer, equal_nan=True)
    assert np.array_equal(averaged([alone, alone], np.array([0.5])).inner, alone.inner, equal_nan=True)


def test_untreated_rows_and_batches_may_say_what_is_near(apart: Screen) -> None:
    """Levels of untreated rows are added to all rows of a line; line 7 is made the double of line 0."""
    line = apart.obs["context"].str[-1].astype(int).to_numpy()
    level = np.random.default_rng(0).uniform(2, 8, (9, apart.shape[1]))
    level[7] = level[0]
    values = np.vstack([apart.responses + level[line], level]).astype(np.float32)
    design = np.vstack([apart.design.toarray(), np.zeros((9, apart.design.shape[1]))])
    obs = apart.obs.rename(columns={"context": "batch"}).reset_index(drop=True)
    for number in range(9):
        obs.loc[len(apart.obs) + number] = f"line {number}"
    obs.index = [f"row {number}" for number in range(len(obs))]
    screen = Screen(values, design, apart.perturbations, apart.features, obs, "log-normalised")
    assert contexts_of(screen, "line 0", nearness="untreated").table()["context"][0] == "line 7"
    assert contexts_of(screen, "line 0").table()["context"][0] in ("line 1", "line 2")


def test_mistakes_are_one_sentence(apart: Screen) -> None:
    cases = (
        ({"target": "line 99"}, "No row has context = line 99: the values are line 0"),
        ({"by": "nothing"}, "There is no column 'nothing'"),
        ({"features": ["G99"]}, "no feature G99"),
        ({"nearness": "untreated"}, "Log-ratios do not tell what untreated cells are like"),
        ({"largest": 100}, "320 conditions are outside line 0, more than 100"),
    )
    for given, sentence in cases:
        with pytest.raises(UserError, match=sentence):
            context_focus(apart, **{"target": "line 0", "learner": Kernel(), **given})
    few = apart.take(np.flatnonzero((apart.obs["context"] != "line 0") | (np.arange(apart.shape[0]) < 20)))
    with pytest.raises(UserError, match="line 0 has 10 conditions with effects, the other contexts 320"):
        contexts_of(few, "line 0")
    with pytest.raises(UserError, match="one context and one batch: say --by COLUMN"):
        contexts_of(apart.take(np.flatnonzero(apart.obs["context"] == "line 0")), "line 0")
    with pytest.raises(UserError, match="between 0"):
        simulate_contexts([2.0])
