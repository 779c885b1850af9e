"""Input edges that are declared, and edges fitted again without l1."""

from dataclasses import replace

import numpy as np
import pytest
from tests.models.cellbox.screens import drug_screen

from semimech.data.condition import Condition
from semimech.data.effects import effects_of
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.models.cellbox import CellBox, FittedCellBox
from semimech.models.cellbox.support import on_support
from semimech.models.storage import load_fitted, save_fitted
from semimech.numerics.fields import Blocks
from semimech.simulate.pairs import simulate_pairs
from semimech.support.errors import UserError

TOLD = CellBox(input_edges="declared", sparsity=(2e-3,), steps=200, support_steps=600, members=1, folds=1)


@pytest.fixture(scope="module")
def pairs() -> tuple[Screen, Split]:
    screen = simulate_pairs(0, nodes=12, pairs=40, non_additivity=0.4, degree=2)
    return screen, split_screen(screen, "combinations")[0]


@pytest.fixture(scope="module")
def fitted(pairs) -> FittedCellBox:
    return TOLD.fit(*pairs)


def unexplained(predicted: np.ndarray, observed: np.ndarray) -> float:
    return float(((predicted - observed) ** 2).sum() / ((observed - observed.mean(0)) ** 2).sum())


def test_pairs_from_singles_by_the_law(pairs, fitted) -> None:
    screen, split = pairs
    asked = effects_of(screen, split.test)
    singles = effects_of(screen, split.train)
    assert len(singles) == 12  # no fold can be made: the middle of the grid and all steps
    assert (fitted.penalties, fitted.steps) == ((2e-3, 0.0, 0.0, 1.0), 200)
    added = asked.design @ np.linalg.solve(singles.design, singles.values)
    assert unexplained(fitted.predict(asked.conditions).mean, asked.values) < 0.08
    assert unexplained(added, asked.values) > 0.3


def test_the_drive_is_a_multiple_of_the_declared_targets(pairs, fitted) -> None:
    screen, _ = pairs
    declared = np.array([[p.targets.get(name, 0.0) for p in screen.perturbations] for name in screen.feature_names])
    factor = fitted.drive[0, 0, 0] / declared[0, 0]
    np.testing.assert_allclose(fitted.drive[0], factor * declared, rtol=1e-3, atol=1e-5)
    truth = screen.truth.matrix()[:12, 12:] / np.tanh(1.0)  # doses act through tanh
    assert factor == pytest.approx(truth[0, 0] / declared[0, 0], rel=0.25)


def test_a_drug_never_given_acts_on_its_declared_targets(pairs) -> None:
    screen, _ = pairs
    held = np.array(["drug003" in condition.names for condition in screen.conditions])[screen.condition_codes]
    learnt = np.setdiff1d(pairs[1].train, np.flatnonzero(held))
    split = Split("unseen", "drug003", 0, learnt, np.flatnonzero(held))
    fitted = TOLD.fit(screen, split)
    asked = effects_of(screen, split.test)
    prediction = fitted.predict(asked.conditions)
    assert prediction.rests_on[0] == "no training data with drug003, but its declared targets"
    assert unexplained(prediction.mean, asked.values) < 0.4


def test_fewer_edges_fit_better_when_those_left_are_fitted_again(pairs, fitted) -> None:
    first = replace(TOLD, support_steps=0).fit(*pairs)
    assert 0 < (fitted.internal != 0).sum() < (first.internal != 0).sum()
    seen = effects_of(pairs[0], pairs[1].train)
    errors = [unexplained(each.predict(seen.conditions).mean, seen.values) for each in (fitted, first)]
    assert errors[0] < errors[1]


def test_edges_at_zero_are_locked_and_weak_ones_penalised_most() -> None:
    edges = np.array([[[0.0, 2.0], [-1.0, 0.0]]], np.float32)
    rest = np.ones((1, 2), np.float32)
    blocks = Blocks(edges, edges[:, :, :1], edges[:, :1], rest, rest, rest, None)
    free, weighted = on_support(blocks), on_support(blocks, np.full(1, 0.1, np.float32))
    for block in ("internal", "drive", "readout"):
        np.testing.assert_array_equal(getattr(free, block) > 0, getattr(blocks, block) == 0)
    np.testing.assert_allclose(weighted.internal[0, [0, 1], [1, 0]], [0.1 * 1.5 / 2, 0.1 * 1.5 / 1], rtol=1e-6)
    np.testing.assert_array_equal(weighted.internal == free.internal, edges == 0)
    assert not np.any(weighted.eps)
    assert not np.any(on_support(blocks, tied=True).drive)


def test_saved_and_read_back_it_predicts_the_same(fitted, tmp_path) -> None:
    asked = [Condition((("drug001", 1.0), ("drug002", 1.0)))]
    save_fitted(fitted, tmp_path / "model")
    read = load_fitted(tmp_path / "model")
    assert read.declared
    np.testing.assert_array_equal(read.predict(asked).mean, fitted.predict(asked).mean)


def test_what_cannot_be_is_refused() -> None:
    screen = drug_screen()
    split = split_screen(screen, "combinations")[0]
    with pytest.raises(UserError, match="'dA' has no declared target among the measured molecules"):
        TOLD.fit(screen, split)
    with pytest.raises(UserError, match="input_edges of the CellBox is 'given': use one of learned, declared"):
        CellBox(input_edges="given")
    with pytest.raises(UserError, match="support_steps"):
        CellBox(support_steps=-1)
