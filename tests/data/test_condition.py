"""Conditions and their labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semimech.data.condition import Condition, Perturbation, design_matrix, parse_condition
from semimech.support.errors import UserError

KNOWN = ("aMEK", "aAKT", "a+b", "901")
doses = st.floats(-1e3, 1e3).map(lambda x: float(f"{x:.6g}")).filter(bool)


@given(st.dictionaries(st.sampled_from(KNOWN), doses, min_size=1, max_size=1))
def test_a_single_is_parsed_from_its_label(given_doses: dict[str, float]) -> None:
    condition = Condition(tuple(given_doses.items()))
    assert parse_condition(condition.label, KNOWN) == condition


@given(st.dictionaries(st.sampled_from(("aMEK", "aAKT", "901")), doses, min_size=2))
def test_a_combination_is_parsed_from_its_label(given_doses: dict[str, float]) -> None:
    condition = Condition(tuple(given_doses.items()))
    assert parse_condition(condition.label, KNOWN) == condition
    assert condition.is_combination


@given(
    st.dictionaries(st.sampled_from(("CD4+", "a b", "A=1.5", "B", "IL-2 (10 ng)", "x+y=2", "x")), doses, min_size=1),
    st.sampled_from(("", "day 2", "MCF7, day 2 (late)")),
)
def test_every_label_is_read_back(given_doses: dict[str, float], context: str) -> None:
    """Also where names hold what joins names and doses, and with the context behind it."""
    condition = Condition(tuple(given_doses.items()), context)
    assert parse_condition(condition.label, ("x", "a b", "B", "CD4+", "A=1.5", "x+y=2", "IL-2 (10 ng)")) == condition


def test_the_longest_known_name_is_meant() -> None:
    known = ("A", "B", "A+B", "A=1.5", "CD4", "CD4+", "day (x)", "day")
    assert parse_condition("A+B", known).doses == (("A+B", 1.0),)
    assert parse_condition("A=1.5+B", known).doses == (("A=1.5", 1.0), ("B", 1.0))
    assert parse_condition("A=2+B", known).doses == (("A", 2.0), ("B", 1.0))
    assert parse_condition("CD4+ + B", known).doses == (("B", 1.0), ("CD4+", 1.0))
    assert parse_condition("CD4+B", known).doses == (("B", 1.0), ("CD4", 1.0))
    assert parse_condition("day (x)", known).context == ""
    assert parse_condition("day (y)", known) == Condition((("day", 1.0),), "y")


def test_a_written_context_replaces_the_given_one() -> None:
    assert parse_condition("aMEK=-0.8 (day 2)", KNOWN, context="day 1") == Condition((("aMEK", -0.8),), "day 2")
    assert parse_condition("aMEK", KNOWN, context="day 1").context == "day 1"


def test_doses_are_sorted_and_zeros_left_out() -> None:
    condition = Condition((("b", 2.0), ("c", 0.0), ("a", 1.0)), "day 2")
    assert condition.doses == (("a", 1.0), ("b", 2.0))
    assert condition.label == "a+b=2 (day 2)"
    assert Condition().is_control
    assert Condition().label == "control"


def test_default_doses_are_used() -> None:
    assert parse_condition("aMEK", KNOWN, {"aMEK": -0.8}).doses == (("aMEK", -0.8),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("aMEK+aNEK", "did you mean"),
        ("aMEK+aMEK", "twice"),
        ("aMEK=much", "not a dose"),
        ("aMEK=inf", "not finite"),
        ("", "no perturbation"),
        ("aMEK=0", "no perturbation"),
    ],
)
def test_what_cannot_be_parsed_is_said(text: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        parse_condition(text, KNOWN)


def test_perturbations_are_checked() -> None:
    with pytest.raises(UserError, match="empty name"):
        Perturbation("")
    with pytest.raises(UserError, match="unknown kind 'pill'"):
        Perturbation("x", "pill")  # type: ignore[arg-type]


def test_design_matrix_places_doses() -> None:
    conditions = (Condition((("a", 2.0),)), Condition(), Condition((("b", -1.0), ("z", 3.0))))
    np.testing.assert_array_equal(design_matrix(conditions, ("a", "b")), [[2, 0], [0, 0], [0, -1]])
