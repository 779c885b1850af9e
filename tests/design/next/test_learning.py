"""Learning curves: an order that must pay pays, one that cannot does not, and what is said of it."""

from dataclasses import replace

import numpy as np
import pytest

from semimech.data.condition import Condition
from semimech.design.next.candidates import kind_of, untested_doses, untested_pairs, untested_singles
from semimech.design.next.check import Check, Difference, check_orders, difference
from semimech.design.next.learning import Curves, Division, Measured, learning_curves

NAMES = tuple("abcdefghijklmnop")


def alone(effects: np.ndarray) -> Measured:
    """Singles with the given effects (perturbations x features), described by their group of four."""
    conditions = tuple(Condition(((name, 1.0),)) for name in NAMES)
    groups = {name: np.eye(4)[i // 4] for i, name in enumerate(NAMES)}
    return Measured(conditions, effects, np.ones(16), np.ones(effects.shape, bool), groups)


@pytest.fixture(scope="module")
def grouped() -> Measured:
    """Four groups of perturbations that do the same: one of each tells everything."""
    random = np.random.default_rng(0)
    return alone(random.normal(size=(4, 40))[np.arange(16) // 4] + 0.05 * random.normal(size=(16, 40)))


@pytest.fixture(scope="module")
def unrelated() -> Measured:
    return alone(np.random.default_rng(1).normal(size=(16, 40)))


def test_variance_asks_each_group_once(grouped: Measured) -> None:
    # Two of one group are known, so that what a group shares is; one of every group is held back.
    division = Division(np.arange(2), np.setdiff1d(np.arange(16), [0, 1, 3, 7, 11, 15]), np.array([3, 7, 11, 15]))
    curves = learning_curves(grouped, [division], ("random", "variance", "oracle"), steps=10)
    assert curves.numbers.tolist() == list(range(11))
    assert curves.errors["variance"][0, 3] < 0.1 < curves.errors["random"][0, 3]
    assert curves.errors["oracle"][0, 3] < 0.1
    assert curves.errors["variance"][0, -1] == pytest.approx(curves.errors["random"][0, -1], rel=0.05)


def test_an_order_that_pays_and_none_that_can(grouped: Measured, unrelated: Measured) -> None:
    pays, cannot = (check_orders(each, "singles", repeats=5, steps=4) for each in (grouped, unrelated))
    assert pays.against_random("variance").mean < -0.05
    assert pays.against_random("oracle").mean < -0.05
    assert pays.learns is not None
    assert pays.learns.mean < -0.5
    assert "no order can be expected to help" in cannot.sentence("variance")
    table = pays.table()
    assert set(table["order"]) == {"random", "variance", "disagreement", "diversity", "oracle"}
    assert table.loc[table["measured"] == 0, "difference"].abs().max() < 1e-12


@pytest.mark.parametrize(("way", "word"), [(0.3, "Better"), (0.5, "No better"), (0.7, "Worse")])
def test_what_is_said_of_an_order(way: float, word: str) -> None:
    noise = 0.01 * np.random.default_rng(2).normal(size=8)
    errors = {"random": (1.0, 0.5, 0.2), "variance": (1.0, way, 0.2), "oracle": (1.0, 0.25, 0.2)}
    curves = Curves({name: np.array(each) + noise[:, None] for name, each in errors.items()}, np.arange(3), 0.3)
    noisy = {**curves.errors, "variance": curves.errors["variance"] + noise[::-1, None]}
    told = Check("pairs", 12, replace(curves, errors=noisy)).sentence("variance")
    assert told.startswith(f"{word} than random here: on measured combinations")
    assert "an oracle that sees all measurements reaches -50.0 %" in told


def test_the_same_seed_gives_the_same_curves(grouped: Measured) -> None:
    first, again = (check_orders(grouped, "singles", repeats=2, steps=2, seed=3).table() for _ in range(2))
    assert first.equals(again)


def test_too_few_to_tell(grouped: Measured) -> None:
    found = check_orders(grouped, "pairs", repeats=2)
    assert found.sentence("variance") == (
        "Whether this order is better than random cannot be told from this run: it has 0 measured combinations, and 12 "
        "are needed."
    )
    assert found.table().empty


def test_verdicts_are_read_off_the_interval() -> None:
    for bounds, word in (((-0.2, -0.1), "better"), ((-0.1, 0.1), "no better"), ((0.1, 0.2), "worse")):
        assert Difference(sum(bounds) / 2, *bounds).verdict == f"{word} than random"


def test_interval_of_differences() -> None:
    errors, others = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 2.0])
    plain, divided = difference(errors, others), difference(errors, others, ratio=1 / 3)
    assert plain.mean == 0
    assert plain.upper == pytest.approx(4.302653 / np.sqrt(3) / 2)
    assert divided.upper == pytest.approx(np.sqrt(2) * plain.upper)


def test_candidates_that_follow_from_what_was_measured() -> None:
    measured = [Condition((("a", 1.0),)), Condition((("a", 4.0),)), Condition((("a", 1.0), ("b", 1.0)))]
    usual = {"a": 1.0, "b": 1.0, "c": 1.0}
    assert [c.label for c in untested_pairs(measured, usual)] == ["a+c", "b+c"]
    assert [c.label for c in untested_singles(measured, usual)] == ["b", "c"]
    assert [c.label for c in untested_doses(measured, ["a", "b"])] == ["a=0.5", "a=2", "a=8"]
    timed = [Condition((("a", 1.0),), "day 1"), Condition((("a", 1.0), ("b", 1.0)), "day 2")]
    assert [c.label for c in untested_pairs(timed, {"a": 1.0, "b": 1.0})] == ["a+b (day 1)"]
    assert [c.label for c in untested_singles(timed, {"a": 1.0})] == ["a (day 2)"]
    assert kind_of(untested_pairs(measured, usual), measured) == "pairs"
    assert kind_of(untested_doses(measured, ["a"]), measured) == "doses"
    assert kind_of([Condition((("z", 1.0),))], measured) == "singles"


def test_a_check_without_curves_says_nothing_of_learning() -> None:
    assert Check("pairs", 3, None).learns is None
