"""What was done to cells in the order in which it was done: phases of time, medium and perturbations with doses.

After Kovacevic et al. 2025, arXiv:2501.19178: an experiment is a word of operators, its prediction their composition.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from semimech.support.errors import UserError
from semimech.support.files import read_toml

KEYS = ("duration", "medium", "doses")


@dataclass(frozen=True)
class Phase:
    """A time in one medium under constant perturbations.

    duration: hours, not negative. doses: (perturbation, signed dose) pairs, kept sorted by name and without zeros; a
    phase without doses is a control phase. Raises UserError for durations and doses that are no such numbers.
    """

    duration: float
    medium: str = ""
    doses: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.duration < float("inf"):
            raise UserError(f"A phase lasts {self.duration:g} h: give a duration of 0 hours or more.")
        names = [name for name, _ in self.doses]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise UserError(f"A phase names {twice} twice: give one dose for each perturbation.")
        for name, dose in self.doses:
            if not np.isfinite(dose):
                raise UserError(f"The dose of {name} in a phase is {dose}: give a finite number.")
        object.__setattr__(self, "duration", float(self.duration))
        object.__setattr__(self, "doses", tuple(sorted((name, float(dose)) for name, dose in self.doses if dose != 0)))

    def control(self) -> Phase:
        """The same time in the same medium, without perturbations."""
        return replace(self, doses=())


@dataclass(frozen=True)
class Protocol:
    """A word of phases, first to last; its prediction is the composition of their flows on the starting cells.

    x(T) = F_K(... F_2(F_1(x0))), F_k the flow of phase k for its duration; times are hours since the first phase
    began. Raises UserError where there is no phase.

    >>> knockout = Protocol((Phase(24, "E8", (("STAT1", 1),)), Phase(72, "RPMI", (("STAT1", 1),))), "knock-out")
    >>> knockout.duration, knockout.at(30).medium
    (96.0, 'RPMI')
    >>> knockout.control() == Protocol((Phase(24, "E8"), Phase(72, "RPMI")), "control of knock-out")
    True
    """

    phases: tuple[Phase, ...]
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "phases", tuple(self.phases))
        if not self.phases:
            raise UserError(f"The protocol {self.name or 'without a name'} has no phase: give at least one.")

    def __add__(self, other: Protocol) -> Protocol:
        """First this protocol, then the other."""
        return Protocol(self.phases + other.phases, " then ".join(filter(None, (self.name, other.name))))

    @property
    def durations(self) -> np.ndarray:
        """Hours of each phase (phases,)."""
        return np.array([phase.duration for phase in self.phases])

    @property
    def duration(self) -> float:
        """Hours from the beginning to the end."""
        return float(self.durations.sum())

    @property
    def perturbations(self) -> tuple[str, ...]:
        """The perturbations given in any phase, in order of appearance."""
        return tuple(dict.fromkeys(name for phase in self.phases for name, _ in phase.doses))

    @property
    def media(self) -> tuple[str, ...]:
        """The media of the phases, in order of appearance."""
        return tuple(dict.fromkeys(phase.medium for phase in self.phases))

    @property
    def is_control(self) -> bool:
        """Nothing is given in any phase."""
        return not self.perturbations

    def control(self) -> Protocol:
        """The matched control: the same word without its perturbations."""
        name = f"control of {self.name}" if self.name and not self.is_control else self.name
        return Protocol(tuple(phase.control() for phase in self.phases), name)

    def at(self, time: float) -> Phase:
        """The phase that is in force at `time`; where two meet, the later; UserError outside the protocol."""
        self.check_times((time,))
        ends = np.cumsum(self.durations)
        return self.phases[min(int(np.searchsorted(ends, time, "right")), len(self.phases) - 1)]

    def until(self, time: float) -> Protocol:
        """What has been done to cells sampled at `time`: the word cut there; UserError outside the protocol."""
        self.check_times((time,))
        kept, begin = [], 0.0
        for phase in self.phases:
            kept.append(replace(phase, duration=min(phase.duration, time - begin)))
            begin += phase.duration
            if begin >= time:
                break
        return replace(self, phases=tuple(kept))

    def check_times(self, times: Iterable[float]) -> None:
        """Raise UserError for a time before the beginning or after the end."""
        for time in times:
            # The sum of many durations may miss a time written as one number by rounding.
            if not 0 <= time <= self.duration * (1 + 1e-9):
                raise UserError(
                    f"The time {time:g} h is outside the protocol{f' {self.name}' if self.name else ''}, which lasts "
                    f"from 0 to {self.duration:g} h: correct the time or lengthen a phase."
                )

    def check_names(self, perturbations: Collection[str] | None = None, media: Collection[str] | None = None) -> None:
        """Raise UserError for a perturbation or medium that is not among the known ones (None: not checked)."""
        self._check("perturbation", self.perturbations, perturbations)
        self._check("medium", self.media, media)

    def _check(self, what: str, used: Iterable[str], known: Collection[str] | None) -> None:
        if known is None:
            return
        for name in used:
            if name not in known:
                near = get_close_matches(name, list(known), 1)
                names = ", ".join(sorted(filter(None, known)))  # the medium without a name has none to be given
                hint = f"did you mean {near[0]}?" if near else f"use one of {names or 'none'}."
                raise UserError(f"The protocol {self.name} has the unknown {what} '{name}': {hint}")


class Words(NamedTuple):
    """Protocols as arrays of one shape, the shorter ones ended by phases of 0 h, which change nothing.

    durations: protocols x phases, hours. doses: protocols x phases x perturbations. media: protocols x phases,
    numbers into the list of media.
    """

    durations: np.ndarray
    doses: np.ndarray
    media: np.ndarray


def encode(protocols: Sequence[Protocol], perturbations: Sequence[str], media: Sequence[str] = ("",)) -> Words:
    """The protocols as arrays (float32); UserError for a perturbation or medium that is not listed."""
    longest = max((len(protocol.phases) for protocol in protocols), default=0)
    durations = np.zeros((len(protocols), longest), np.float32)
    doses = np.zeros((len(protocols), longest, len(perturbations)), np.float32)
    numbers = np.zeros((len(protocols), longest), np.int32)
    column = {name: j for j, name in enumerate(perturbations)}
    medium = {name: j for j, name in enumerate(media)}
    for i, protocol in enumerate(protocols):
        protocol.check_names(perturbations, media)
        for k, phase in enumerate(protocol.phases):
            durations[i, k], numbers[i, k] = phase.duration, medium[phase.medium]
            for name, dose in phase.doses:
                doses[i, k, column[name]] = dose
    return Words(durations, doses, numbers)


def read_protocols(path: Path | str) -> dict[str, Protocol]:
    """Protocols by name from the sections [[protocol.NAME.phases]] of a TOML file; UserError where it is wrong."""
    path = Path(path).expanduser()
    content = read_toml(path, "protocol file")
    if set(content) != {"protocol"} or not isinstance(content["protocol"], dict):
        raise UserError(f"{path.name} is no protocol file: write sections [[protocol.NAME.phases]] and nothing else.")
    return protocols_from(content["protocol"], path.name)


def protocols_from(sections: Mapping[str, Any], source: str) -> dict[str, Protocol]:
    """Protocols from parsed TOML {name: {'phases': [{duration, medium, doses}, ...]}}; `source` is named in errors."""
    return {name: _protocol(name, section, f"{source}, protocol {name}") for name, section in sections.items()}


def _protocol(name: str, section: Any, place: str) -> Protocol:
    phases = section.get("phases") if isinstance(section, dict) and set(section) == {"phases"} else None
    if not isinstance(phases, list) or not phases or not all(isinstance(phase, dict) for phase in phases):
        raise UserError(f"{place}, needs its phases and nothing else: write [[protocol.{name}.phases]] for each.")
    return Protocol(tuple(_phase(phase, f"{place}, phase {k + 1}") for k, phase in enumerate(phases)), name)


def _phase(section: dict[str, Any], place: str) -> Phase:
    unknown = sorted(set(section) - set(KEYS))
    if unknown:
        raise UserError(f"{place}, has the unknown key '{unknown[0]}': use {', '.join(KEYS)}.")
    duration, medium, doses = section.get("duration"), section.get("medium", ""), section.get("doses", {})
    if isinstance(duration, bool) or not isinstance(duration, int | float):
        raise UserError(f"{place}, has no duration in hours: write duration = 24.")
    if not isinstance(medium, str):
        raise UserError(f'{place}, has a medium that is no text: write medium = "name".')
    if not isinstance(doses, dict) or not all(_is_number(dose) for dose in doses.values()):
        raise UserError(f"{place}, has doses that are no table of numbers: write doses = {{ NAME = 1 }}.")
    try:
        return Phase(duration, medium, tuple(doses.items()))
    except UserError as error:
        raise UserError(f"{place}: {error}") from None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
