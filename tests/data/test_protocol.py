"""Protocols: matched controls, times, TOML, and one clear sentence for each mistake."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semimech.data.protocol import Phase, Protocol, encode, protocols_from, read_protocols
from semimech.support.errors import UserError

TOML = """
[[protocol.differentiating.phases]]
duration = 24
medium = "E8"
doses = { STAT1 = 1, JAK2 = 0.5 }

[[protocol.differentiating.phases]]
duration = 72.5
medium = "RPMI"
doses = { STAT1 = 1 }

[[protocol.short.phases]]
duration = 6
medium = "E8"
"""
PHASES = st.builds(
    Phase,
    st.floats(0, 100),
    st.sampled_from(["a", "b"]),
    st.dictionaries(st.sampled_from(["p", "q"]), st.floats(-2, 2)).map(lambda doses: tuple(doses.items())),
)
PROTOCOLS = st.builds(Protocol, st.lists(PHASES, min_size=1, max_size=4).map(tuple))


@given(PROTOCOLS)
def test_the_matched_control_differs_in_doses_only(protocol: Protocol) -> None:
    control = protocol.control()
    assert control.is_control
    assert control.control() == control
    assert [(p.duration, p.medium) for p in control.phases] == [(p.duration, p.medium) for p in protocol.phases]


@given(PROTOCOLS, st.floats(0, 1))
def test_what_was_done_until_a_time_ends_there(protocol: Protocol, share: float) -> None:
    time = share * protocol.duration
    cut = protocol.until(time)
    assert cut.duration == pytest.approx(time)
    assert cut.phases[:-1] == protocol.phases[: len(cut.phases) - 1]
    assert cut.control() == protocol.control().until(time)


def test_the_phase_in_force() -> None:
    protocol = Protocol((Phase(1, "a"), Phase(0, "b"), Phase(2, "c")))
    assert [protocol.at(time).medium for time in (0, 0.5, 1, 2, 3)] == ["a", "a", "c", "c", "c"]


def test_protocols_are_joined() -> None:
    first, second = Protocol((Phase(1, "a"),), "one"), Protocol((Phase(2, "b", (("p", 1),)),), "two")
    assert first + second == Protocol((*first.phases, *second.phases), "one then two")
    assert (first + second).media == ("a", "b")
    assert (first + second).perturbations == ("p",)


def test_toml(tmp_path: Path) -> None:
    path = tmp_path / "protocols.toml"
    path.write_text(TOML, encoding="utf-8")
    protocols = read_protocols(path)
    assert list(protocols) == ["differentiating", "short"]
    assert protocols["differentiating"].phases[0] == Phase(24, "E8", (("JAK2", 0.5), ("STAT1", 1)))
    words = encode(list(protocols.values()), ["JAK2", "STAT1"], ["E8", "RPMI"])
    np.testing.assert_array_equal(words.durations, [[24, 72.5], [6, 0]])
    np.testing.assert_array_equal(words.doses[0], [[0.5, 1], [0, 1]])
    np.testing.assert_array_equal(words.media, [[0, 1], [0, 0]])


WRONG_PHASES = {
    "negative duration": ({"duration": -1}, "lasts -1 h"),
    "infinite duration": ({"duration": float("inf")}, "lasts inf h"),
    "no duration": ({"medium": "a"}, "no duration in hours"),
    "unknown key": ({"duration": 1, "dose": 1}, "unknown key 'dose'"),
    "medium is no text": ({"duration": 1, "medium": 3}, "medium that is no text"),
    "doses are no table": ({"duration": 1, "doses": ["p"]}, "doses that are no table"),
    "dose is no number": ({"duration": 1, "doses": {"p": "high"}}, "doses that are no table"),
    "dose is not finite": ({"duration": 1, "doses": {"p": float("nan")}}, "dose of p in a phase is nan"),
}


@pytest.mark.parametrize(("phase", "words"), WRONG_PHASES.values(), ids=WRONG_PHASES)
def test_a_wrong_phase_is_named(phase: dict, words: str) -> None:
    with pytest.raises(UserError, match=words) as error:
        protocols_from({"A": {"phases": [{"duration": 1}, phase]}}, "file.toml")
    assert "file.toml, protocol A, phase 2" in str(error.value)


@pytest.mark.parametrize("section", [{}, {"phases": []}, {"phases": 3}, {"phases": [3]}, {"phases": [{}], "x": 1}, 3])
def test_a_protocol_without_phases_is_named(section: object) -> None:
    with pytest.raises(UserError, match=r"protocol A, needs its phases"):
        protocols_from({"A": section}, "file.toml")


@pytest.mark.parametrize(("text", "words"), [("x = 1", "no protocol file"), ("[", "not valid TOML")])
def test_a_wrong_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "p.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=words):
        read_protocols(path)
    with pytest.raises(UserError, match="There is no protocol file"):
        read_protocols(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("time", [-0.1, 3.1, float("nan")])
def test_times_outside_are_refused(time: float) -> None:
    protocol = Protocol((Phase(1), Phase(2)), "short")
    for ask in (protocol.at, protocol.until, lambda t: protocol.check_times([0, t])):
        with pytest.raises(UserError, match="outside the protocol short, which lasts from 0 to 3 h"):
            ask(time)


def test_unknown_names_are_refused() -> None:
    protocol = Protocol((Phase(1, "RPMI", (("STAT1", 1),)),), "A")
    protocol.check_names(["STAT1"], ["RPMI"])
    with pytest.raises(UserError, match="unknown perturbation 'STAT1': did you mean STAT2"):
        protocol.check_names(["STAT2"], None)
    with pytest.raises(UserError, match="unknown medium 'RPMI': use one of E8"):
        encode([protocol], ["STAT1"], ["E8"])
    with pytest.raises(UserError, match="names p twice"):
        Phase(1, "", (("p", 1), ("p", 2)))
    with pytest.raises(UserError, match="has no phase"):
        Protocol(())
