import numpy as np
import pytest

from semimech.data.condition import Condition
from semimech.data.network import Network
from semimech.data.protocol import Phase, Protocol
from semimech.simulate.arms import Stage, alternatives, declared_arms, designed_arms, in_words
from semimech.simulate.perturbations import Family, actions_of
from semimech.support.errors import UserError

NETWORK = Network.from_matrix(np.ones((10, 10)) - np.eye(10), tuple("ABCDEFGHIJ"))


def acting(*families):
    return {a.perturbation.name: a for a in actions_of(families, NETWORK, np.random.default_rng(0))}


def test_a_design_gives_its_perturbations_in_the_perturbed_phases():
    stages = (Stage(24, "E8", False), Stage(48, "RPMI"))
    control, one = designed_arms(stages, (Condition((("A", 1.0),)),), ())
    assert control.protocol.is_control
    assert one.protocol.phases == (Phase(24, "E8"), Phase(48, "RPMI", (("A", 1.0),)))
    assert one.times == (72.0,)
    assert one.condition(24) == Condition()  # nothing has been given yet
    assert one.condition(25) == Condition((("A", 1.0),))


def test_declared_protocols_bring_their_matched_controls():
    first = Protocol((Phase(24, "E8", (("A", 1.0),)),), "A early")
    second = Protocol((Phase(24, "E8", (("B", 2.0),)),), "B early")
    arms = declared_arms({"one": first, "two": second}, (12, 24))
    assert [arm.protocol.is_control for arm in arms] == [True, False, False]
    assert [arm.context for arm in arms] == ["", "", ""]
    assert arms[0].protocol.phases == (Phase(24, "E8"),)


def test_the_same_perturbations_in_another_order_are_contexts_of_their_own():
    a, b = (("A", 1.0),), (("B", 1.0),)
    arms = declared_arms(
        {n: Protocol((Phase(12, "", x), Phase(12, "", y)), n) for n, x, y in (("A then B", a, b), ("B then A", b, a))},
        (),
    )
    assert [(arm.context, arm.protocol.is_control) for arm in arms] == [
        ("A>B", True),
        ("B>A", True),
        ("A>B", False),
        ("B>A", False),
    ]


def test_protocols_that_the_order_does_not_tell_apart_are_contexts_by_their_names():
    a = (("A", 1.0),)
    arms = declared_arms({n: Protocol((Phase(t, "", a),), n) for n, t in (("short", 12), ("long", 24))}, ())
    assert [arm.context for arm in arms] == ["short", "long", "short", "long"]


def test_what_came_first_is_said_once_there_is_a_second():
    a, b = ("A", 1.0), ("B", 1.0)
    phases = (Phase(12, "", (a,)), Phase(12, "", (a, b)), Phase(12, "", (b, ("C", 1.0))))
    arm = declared_arms({"x": Protocol(phases)}, ())[-1]
    assert [arm.order(time) for time in (12, 24, 36)] == ["", "A>B", "A>B>C"]


def test_each_guide_edits_for_itself_and_drugs_reach_every_cell():
    known = acting(
        Family(nodes=("A",), efficiency=0.8),
        Family(nodes=("B",), efficiency=0.5),
        Family("drug", name="x", targets={"C": -1}),
    )
    arm = designed_arms((Stage(48),), (Condition((("A", 1.0), ("B", 1.0), ("x", 3.0))),), ())[1]
    shares = {way.edited: way.share for way in alternatives(arm, known)}
    assert shares == pytest.approx({("A", "B"): 0.4, ("A",): 0.4, ("B",): 0.1, (): 0.1})
    unedited = next(way for way in alternatives(arm, known) if not way.edited)
    assert unedited.history.phases == (Phase(48, "", (("x", 3.0),)),)


def test_too_many_partial_edits_together_are_refused():
    known = acting(Family(nodes=tuple("ABCDEFGHI"), efficiency=0.8))
    arm = designed_arms((Stage(),), (Condition(tuple((name, 1.0) for name in "ABCDEFGHI")),), ())[1]
    with pytest.raises(UserError, match="has 9 perturbations with an efficiency below 1"):
        alternatives(arm, known)


def test_times_outside_are_refused():
    with pytest.raises(UserError, match="80 h is outside"):
        designed_arms((Stage(72),), (), (24, 80))


def test_histories_in_words():
    protocol = Protocol((Phase(24, "E8"), Phase(48, "", (("A", 1.0), ("x", 0.5)))))
    assert in_words(protocol) == "24 h E8, then 48 h with A+x=0.5"
