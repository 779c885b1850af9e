"""The estimator as a whole: what it learns, says, and refuses."""

from dataclasses import replace

import numpy as np
import pytest
from tests.models.cellbox.screens import drug_screen, knockout_screen

from semimech.data.condition import Condition
from semimech.data.effects import effects_of
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.models.base import Estimator, Fitted
from semimech.models.cellbox import CellBox, CellBoxWithoutNetwork
from semimech.models.cellbox.learning import simplest
from semimech.models.intervals import with_intervals
from semimech.models.storage import load_fitted, save_fitted
from semimech.support.errors import UserError

QUICK = CellBox(sparsity=(3e-4,), input_share=(0.0, 1.0), input_ridge=(0.1,), steps=200, members=6, folds=3)


@pytest.fixture(scope="module")
def drugs() -> tuple[Screen, Split]:
    screen = drug_screen()
    return screen, split_screen(screen, "combinations")[0]


@pytest.fixture(scope="module")
def fitted(drugs):
    return QUICK.fit(*drugs)


def relative_error(fitted: Fitted, screen: Screen, split: Split) -> float:
    reference = effects_of(screen, split.test)
    predicted = fitted.predict(reference.conditions).mean
    return float(((predicted - reference.values) ** 2).sum() / (reference.values**2).sum())


def test_predicts_held_out_pairs(drugs, fitted) -> None:
    assert isinstance(QUICK, Estimator)
    assert isinstance(fitted, Fitted)
    assert relative_error(fitted, *drugs) < 0.05


def test_is_a_contraction_and_says_that_all_converged(fitted) -> None:
    assert (fitted.contraction() <= 0.9 + 1e-5).all()
    prediction = fitted.predict([Condition((("dA", 1.5), ("dB", 1.5))), Condition((("dA", 0.5),))])
    assert prediction.status == ("", "")
    assert prediction.rests_on == ("its single perturbations in training", "the same condition in training")


def test_interval_holds_most_of_the_held_out_values(drugs, fitted) -> None:
    screen, split = drugs
    reference = effects_of(screen, split.test)
    prediction = with_intervals(QUICK, fitted, screen, split).predict(reference.conditions)
    inside = (reference.values >= prediction.lower) & (reference.values <= prediction.upper)
    assert inside.mean() > 0.8
    assert (prediction.upper > prediction.lower).all()


def test_network_has_names_evidence_and_no_self_loops(fitted) -> None:
    network = fitted.network()
    assert network.nodes[-4:] == ("dA", "dB", "dC", "dD")
    assert network.roles[-4:] == ("input",) * 4
    edges = network.edges
    assert not (edges["source"] == edges["target"]).any()
    assert not edges["source"].eq("growth").any()
    assert edges["stability"].between(0, 1).all()
    assert (edges["lower"] <= edges["upper"]).all()
    assert not edges[edges["source"].str.startswith("d")]["target"].eq("growth").any()
    for drug in ("dA", "dB", "dC", "dD"):
        mine = edges[edges["source"] == drug].set_index("target")["weight"]
        assert mine[drug[1]] < -0.2


def test_same_seed_same_numbers(drugs, fitted) -> None:
    again = QUICK.fit(*drugs)
    np.testing.assert_array_equal(again.internal, fitted.internal)
    other = QUICK.fit(*drugs, seed=1)
    assert (other.internal != fitted.internal).any()


def test_test_rows_are_never_read(drugs) -> None:
    screen, split = drugs
    changed = screen.responses.copy()
    changed[split.test] = 1e3
    quick = replace(QUICK, members=1, steps=30, folds=2)
    fits = [quick.fit(s, split) for s in (screen, replace(screen, responses=changed, _effects={}))]
    np.testing.assert_array_equal(fits[0].internal, fits[1].internal)
    np.testing.assert_array_equal(fits[0].drive, fits[1].drive)


def test_survives_being_saved(fitted, tmp_path) -> None:
    save_fitted(fitted, tmp_path)
    loaded = load_fitted(tmp_path)
    conditions = [Condition((("dA", 1.0), ("dD", 1.0)))]
    np.testing.assert_array_equal(loaded.predict(conditions).mean, fitted.predict(conditions).mean)
    assert loaded.network().edges.equals(fitted.network().edges)


def test_a_drug_never_seen_changes_nothing_and_is_said_so(drugs) -> None:
    screen, _ = drugs
    given = np.asarray(screen.design.todense())[:, 3] != 0
    split = Split("x", "x", 0, np.flatnonzero(~given), np.flatnonzero(given))
    fitted = replace(QUICK, members=1).fit(screen, split)
    prediction = fitted.predict([Condition((("dD", 1.5),))])
    assert (prediction.mean == 0).all()
    assert prediction.rests_on == ("no training data with dD",)


def test_without_internal_edges(drugs) -> None:
    options = {f: getattr(QUICK, f) for f in ("sparsity", "input_share", "input_ridge", "steps", "folds")}
    fitted = CellBoxWithoutNetwork(**options, members=2).fit(*drugs)
    assert (fitted.internal == 0).all()
    assert (fitted.drive != 0).any()


def test_l1_gives_exact_zeros(drugs) -> None:
    sparse = replace(QUICK, sparsity=(3e-2,), members=1).fit(*drugs)
    assert 0 < (sparse.readout != 0).sum() < sparse.readout.size
    assert (sparse.internal != 0).mean() < 0.5


def test_knock_outs_spread_from_their_clamp() -> None:
    screen = knockout_screen()
    split = split_screen(screen, "cells")[0]
    fitted = replace(QUICK, input_mode="auto").fit(screen, split)
    reference = effects_of(screen, split.test)
    prediction = fitted.predict(reference.conditions)
    row = [c.names for c in reference.conditions].index(("A",))
    assert prediction.mean[row, 0] == pytest.approx(fitted.nodes.clamp_levels[0], rel=1e-5)
    assert prediction.mean[row, 4] == pytest.approx(reference.values[row, 4], abs=0.25)
    assert prediction.mean[row, 4] < -0.4


def test_an_unseen_knock_out_rests_on_its_assumed_clamp() -> None:
    screen = knockout_screen()
    given = np.asarray(screen.design.todense())[:, 1] != 0
    split = Split("x", "x", 0, np.flatnonzero(~given), np.flatnonzero(given))
    prediction = replace(QUICK, members=1).fit(screen, split).predict([Condition((("B", 1.0),))])
    assert prediction.rests_on == ("its target clamped at an assumed level for B",)
    assert prediction.mean[0, 1] < -1.2


@pytest.mark.parametrize(
    "form",
    [
        {"envelope": 1},
        {"envelope": 2, "activation": "hill", "power": 2},
        {"activation": "polynomial", "power": 2},
        {"activation": "clipped", "second_order": True},
        {"activation": "linear", "self_loops": True},
        {"dtype": "float64"},
    ],
    ids=str,
)
def test_every_form_fits(drugs, form) -> None:
    quick = replace(QUICK, members=1, folds=1, input_share=(0.0,), **form)
    fitted = quick.fit(*drugs)
    assert relative_error(fitted, *drugs) < 0.5
    assert (fitted.contraction() <= 0.9 + 1e-5).all()
    assert fitted.internal.dtype == form.get("dtype", "float32")


def test_guard_off_is_explicit_and_integrates(drugs) -> None:
    free = replace(QUICK, guard=0.0, members=1, steps=20, folds=1, input_share=(0.0,)).fit(*drugs)
    assert free.guard == 0
    switch = replace(free, internal=free.internal * 0 + 3 * (1 - np.eye(8, dtype=np.float32)))
    status = switch.predict([Condition((("dA", 0.5),))]).status[0]
    assert "branch reached from x = 0" in status
    assert "from 3 starts" in status


def test_choice_has_the_fewest_edges_within_half_a_standard_error() -> None:
    folds = np.array([[1.0, 1.2, 0.8], [1.01, 1.25, 0.76], [2.0, 2.2, 1.9]])
    curves = np.repeat(np.stack([folds + 1, folds], -1), 40, -1)
    setting, step = simplest(curves, np.array([90, 20, 5]))
    assert setting == 1
    assert 40 <= step < 80
    assert simplest(curves, np.array([20, 90, 5]))[0] == 0


def test_settings_that_diverged_are_not_chosen() -> None:
    curves = np.ones((3, 4, 60))
    curves[0], curves[1, 2, 30:] = np.nan, np.nan
    curves[1:, :, 20] = 0.5
    assert simplest(curves, np.array([1, 2, 3])) == (1, 13)  # the first step whose average holds the dip
    with pytest.raises(UserError, match="no finite error at any setting: give a smaller rate"):
        simplest(curves[:1], np.array([1]))


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"guard": 1.0}, "guard"),
        ({"envelope": 3}, "envelope"),
        ({"members": 0}, "members"),
        ({"sparsity": ()}, "sparsity"),
        ({"input_mode": "forced"}, "input_mode of the CellBox is 'forced': did you mean force?"),
        ({"activation": "tan"}, "activation"),
        ({"power": 0}, "power"),
        ({"dtype": "float16"}, "dtype"),
        ({"rate": 0.0}, "rate"),
    ],
)
def test_wrong_options_are_refused(options, word) -> None:
    with pytest.raises(UserError, match=word):
        CellBox(**options)


def test_nothing_to_learn_from_is_refused(drugs) -> None:
    screen, _ = drugs
    with pytest.raises(UserError, match="no perturbed condition"):
        QUICK.fit(screen, Split("x", "x", 0, np.arange(0), np.arange(3)))
