"""Whole cells: the exact layouts against all of them, the fast ones against the exact ones, and limits kept."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from semimech.design.components import declared
from semimech.design.contrasts import contrast_variance
from semimech.design.layout import Layout
from semimech.design.planner.allocate import allocated, heuristic
from semimech.design.planner.continuous import best_shares
from semimech.design.planner.exact import exact_layout, is_small
from semimech.design.planner.program import Program


def program(weight, room, total=None, interaction=0.1, limit=None, worst=False, control=1.0):
    weight, room = np.array(weight, float), np.array(room)
    total = int(room.sum()) if total is None else total
    ones = np.ones(len(weight))
    return Program(weight, ones * 1.2, control, interaction, ones * 0.05, room, total, limit or len(weight), worst)


def test_the_variance_is_that_of_the_contrast():
    random = np.random.default_rng(0)
    cells, controls = random.integers(0, 9, (5, 3)) + np.eye(5, 3, dtype=int), np.array([4, 7, 2])
    one = replace(program(np.ones(5), [99] * 3), spread=np.full(5, 1.0), constant=np.zeros(5))
    layout = Layout(("a", "b", "c"), tuple("vwxyz"), cells.T, controls)
    expected = contrast_variance(layout, declared(cell=1.0, interaction=0.1))
    np.testing.assert_allclose(one.variances(cells, controls), expected)


def brute_force(one):
    """The least loss of all layouts of whole cells, one after the other."""
    best = np.inf
    places = (one.arms + 1) * one.batches
    for numbers in product(range(int(one.room.max()) + 1), repeat=places):
        table = np.array(numbers).reshape(one.arms + 1, one.batches)
        if one.keeps_limits(table[:-1], table[-1]):
            best = min(best, one.loss(table[:-1], table[-1]))
    return best


@pytest.mark.parametrize("worst", [False, True])
@pytest.mark.parametrize(("weight", "room", "total"), [((1, 3), (4, 3), 7), ((1, 1), (4, 4), 6), ((5, 1, 1), (9,), 8)])
def test_exact_layouts_are_the_best_of_all(weight, room, total, worst):
    one = program(weight, room, total, worst=worst)
    cells, controls = exact_layout(one)
    assert one.keeps_limits(cells, controls)
    assert one.loss(cells, controls) == pytest.approx(brute_force(one))


def test_no_layout_is_found_where_there_is_none():
    assert exact_layout(program((1, 1, 1), (3,))) is None
    with pytest.raises(ValueError, match="no layout"):
        allocated(program((1, 1, 1), (3,)))


@pytest.mark.parametrize("seed", range(6))
def test_fast_layouts_are_near_the_exact_ones(seed):
    random = np.random.default_rng(seed)
    room = random.integers(6, 10, 2)
    one = program(random.choice([1.0, 2.0, 5.0], 3), room, int(room.sum()) - seed % 3, worst=seed % 2 == 1)
    assert is_small(one)
    best, fast = one.loss(*exact_layout(one)), heuristic(one)
    assert one.keeps_limits(*fast)
    assert best <= one.loss(*fast) * (1 + 1e-12)
    assert one.loss(*fast) <= 1.03 * best


@pytest.mark.parametrize("worst", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_limits_are_kept(seed, worst):
    random = np.random.default_rng(seed)
    arms, batches = int(random.integers(3, 40)), int(random.integers(2, 7))
    limit = int(random.integers(-(-arms // batches), arms + 1))
    room = random.integers(limit + 1, 6 * limit + 8, batches)
    one = program(random.uniform(0.3, 4, arms), room, None, 0.02, limit, worst)
    assert one.keeps_limits(*heuristic(one))


@pytest.mark.parametrize("total", [43, 44, 50])
def test_barely_enough_cells_are_a_cell_for_each_arm(total):
    one = program(np.ones(40), [20] * 3, total)
    assert one.keeps_limits(*heuristic(one))


def test_arms_alike_have_sqrt_k_times_as_many_controls():
    one = program(np.ones(100), [1100] * 4)
    one = replace(one, spread=np.ones(100))
    shares = best_shares(one, 4400.0, 4)
    np.testing.assert_allclose(shares.cells, 40.0)
    assert shares.controls == pytest.approx(400.0)
    cells, controls = heuristic(one)
    np.testing.assert_array_equal(cells, 10)
    np.testing.assert_array_equal(controls, 100)
    assert one.loss(cells, controls) == pytest.approx(shares.loss)


def test_divided_cells_are_a_bound_of_whole_ones_and_their_loss_is_stationary():
    random = np.random.default_rng(3)
    for worst in (False, True):
        one = program(random.uniform(0.5, 4, 30), [400] * 5, worst=worst)
        shares = best_shares(one, 2000.0, 5)
        assert shares.cells.sum() + shares.controls == pytest.approx(2000.0)
        spread = np.tile(shares.cells[:, None] / 5, 5)
        assert one.loss(spread, np.full(5, shares.controls / 5)) == pytest.approx(shares.loss)
        for _ in range(20):
            moved = np.r_[shares.cells, shares.controls] * np.exp(0.05 * random.standard_normal(31))
            moved *= 2000 / moved.sum()
            assert one.loss(np.tile(moved[:-1, None] / 5, 5), np.full(5, moved[-1] / 5)) >= shares.loss * (1 - 1e-7)
        whole = one.loss(*heuristic(one))
        assert shares.loss <= whole * (1 + 1e-9)
        assert whole <= 1.03 * shares.loss
