"""The arms of a simulated experiment: protocols, their matched controls, and what unedited cells go through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from semimech.data.condition import Condition
from semimech.data.protocol import Phase, Protocol
from semimech.simulate.perturbations import Action
from semimech.support.errors import UserError

MOST_PARTIAL = 8


@dataclass(frozen=True)
class Stage:
    """A phase of the protocol of every condition of a design; in TOML a section [[phase]].

    duration: hours. medium: its name. perturbed: the condition's perturbations are given in it.
    """

    duration: float = 72.0
    medium: str = ""
    perturbed: bool = True


@dataclass(frozen=True)
class Arm:
    """What is done to some of the cells, and the times (hours) at which some of them are sampled.

    context: what tells it from another arm with the same perturbations, else ''; its controls have the same.
    """

    protocol: Protocol
    times: tuple[float, ...]
    context: str = ""

    def condition(self, time: float) -> Condition:
        """What has been given by then, in the greatest dose of any phase; a control where nothing has."""
        doses: dict[str, float] = {}
        for phase in self.protocol.until(time).phases:
            for name, dose in phase.doses:
                doses[name] = max(doses.get(name, 0.0), dose, key=abs)
        return Condition(tuple(doses.items()))

    @property
    def label(self) -> str:
        """What is given until its end, in its context: `A+B`, or `control`."""
        return Condition(self.condition(self.protocol.duration).doses, self.context).label

    def order(self, time: float) -> str:
        """`A>B+C`: what was given first and what later, by then; '' where everything was given at once."""
        steps: list[str] = []
        seen: set[str] = set()
        for phase in self.protocol.until(time).phases:
            new = [name for name, _ in phase.doses if name not in seen]
            seen.update(new)
            steps += ["+".join(new)] if new else []
        return ">".join(steps) if len(steps) > 1 else ""


@dataclass(frozen=True)
class Alternative:
    """One way in which a labelled cell may have been edited: the names, its share at first, what it went through."""

    edited: tuple[str, ...]
    share: float
    history: Protocol


def designed_arms(stages: Sequence[Stage], conditions: Sequence[Condition], times: Sequence[float]) -> tuple[Arm, ...]:
    """An arm for the controls, then one for each condition, all with the same phases."""
    arms = []
    for condition in (Condition(), *conditions):
        phases = (Phase(s.duration, s.medium, condition.doses if s.perturbed else ()) for s in stages)
        arms.append(_arm(Protocol(tuple(phases), condition.label), times))
    return tuple(arms)


def declared_arms(protocols: Mapping[str, Protocol], times: Sequence[float]) -> tuple[Arm, ...]:
    """An arm for each protocol and for each distinct matched control.

    Where two protocols give the same perturbations, each is a context of its own, named by the order if that tells
    them apart, else by the protocol.
    """
    treated = [_arm(protocol, times) for protocol in protocols.values() if not protocol.is_control]
    given = [arm.condition(arm.protocol.duration) for arm in treated]
    if len(set(given)) < len(given):
        orders = [arm.order(arm.protocol.duration) or arm.protocol.name for arm in treated]
        told = len(set(zip(given, orders, strict=True))) == len(given)
        contexts = orders if told else [arm.protocol.name for arm in treated]
        treated = [replace(arm, context=context) for arm, context in zip(treated, contexts, strict=True)]
    controls = [_arm(protocol, times) for protocol in protocols.values() if protocol.is_control]
    controls += [replace(arm, protocol=arm.protocol.control()) for arm in treated]
    distinct = {(arm.protocol.phases, arm.context): arm for arm in controls}
    return (*distinct.values(), *treated)


def _arm(protocol: Protocol, times: Sequence[float]) -> Arm:
    protocol.check_times(times)
    return Arm(protocol, tuple(times) or (protocol.duration,))


def alternatives(arm: Arm, actions: Mapping[str, Action]) -> tuple[Alternative, ...]:
    """What the cells labelled with this arm may really have gone through; each guide edits for itself."""
    given = arm.protocol.perturbations
    partial = [name for name in given if actions[name].family.efficiency < 1]
    if len(partial) > MOST_PARTIAL:
        raise UserError(
            f"The condition {arm.protocol.name} has {len(partial)} perturbations with an efficiency below 1: give at "
            f"most {MOST_PARTIAL} together."
        )
    found = []
    for edits in product((True, False), repeat=len(partial)):
        missed = {name for name, edit in zip(partial, edits, strict=True) if not edit}
        share = 1.0
        for name, edit in zip(partial, edits, strict=True):
            efficiency = actions[name].family.efficiency
            share *= efficiency if edit else 1 - efficiency
        edited = tuple(name for name in given if name not in missed and actions[name].is_genetic)
        found.append(Alternative(edited, share, _without(arm.protocol, missed)))
    return tuple(found)


def _without(protocol: Protocol, missed: set[str]) -> Protocol:
    phases = (replace(p, doses=tuple(dose for dose in p.doses if dose[0] not in missed)) for p in protocol.phases)
    return Protocol(tuple(phases))


def in_words(protocol: Protocol) -> str:
    """`24 h E8, then 48 h RPMI with STAT1`: what was done, for people."""
    parts = []
    for phase in protocol.phases:
        given = Condition(phase.doses)
        medium = f" {phase.medium}" if phase.medium else ""
        parts.append(f"{phase.duration:g} h{medium}{'' if given.is_control else f' with {given.label}'}")
    return ", then ".join(parts)
