"""Whether an effect can be told from the data at hand, and by adjusting for what, answered in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import combinations

from semimech.audit.causal.graph import CausalGraph
from semimech.audit.causal.separation import d_separated, open_path
from semimech.support.errors import UserError, listed

ENUMERATED = 12
"""Candidates up to which every least set is listed; beyond, one is given."""


@dataclass(frozen=True)
class Identification:
    """The answer to 'is P(outcome | do(causes)) identified': least sets to adjust for, the open path, the sentence.

    `unmeasured` are causes that the data neither measure nor hold fixed; `path` is one that no measured variable
    closes. Without adjustment (`identified` false) other assumptions than the graph's would be needed.
    """

    identified: bool
    adjust_for: tuple[frozenset[str], ...]
    unmeasured: tuple[str, ...]
    path: tuple[str, ...]
    sentence: str


def identify(
    graph: CausalGraph, causes: Collection[str], outcome: str, *, fixed: Collection[str] = ()
) -> Identification:
    """Whether the joint effect of `causes` on `outcome` follows from the data by adjustment, and for what.

    `fixed` are variables that do not vary in the data at hand (a series fixes its mechanism): they are known, though
    not measured, and are adjusted for in any case. Several causes are set together, so that P(Y | do(C), do(M)) is the
    effect of the structure under one mechanism. Sound and complete for adjustment: Shpitser, VanderWeele and Robins
    (2010, arXiv 1203.3515), in the constructive form of van der Zander, Liśkiewicz and Textor (2014, UAI).

    Raises UserError for names that are no variables, and an outcome that is one of the causes.

    >>> from semimech.audit.causal.graph import BIOACTIVITY
    >>> sorted(map(sorted, identify(BIOACTIVITY, ["C", "M"], "Y", fixed=["M"]).adjust_for))
    [['E'], ['S']]
    """
    graph.require((*causes, outcome, *fixed), "in a question")
    if not causes or outcome in causes:
        raise UserError(f"The effect asked for has no cause other than its outcome {outcome}: name one or more causes.")
    known = graph.observed | frozenset(fixed)
    question = f"P({outcome} | {', '.join(f'do({name})' for name in causes)})"
    unmeasured = tuple(name for name in (*causes, outcome) if name not in known)
    if unmeasured:
        sentence = (
            f"{question} is not identified from these data: {_named(graph, unmeasured)} is neither measured nor held "
            "fixed, so any mixture of its values fits them. It becomes identified in data where it does not vary."
        )
        return Identification(False, (), unmeasured, (), sentence)
    sets = tuple(adjustment_sets(graph, causes, outcome, fixed))
    if sets:
        return Identification(True, sets, (), (), f"{question} is identified: {_advice(graph, sets, fixed)}.")
    cut, allowed = _problem(graph, causes, outcome, fixed)
    path = open_path(cut, causes, {outcome}, allowed) or open_path(cut, causes, {outcome}, fixed) or ()
    sentence = (
        f"{question} is not identified by adjustment: no set of measured variables closes "
        f"{' '.join(path) or 'every path'}; measure what stands on it, or hold it fixed."
    )
    return Identification(False, (), (), path, sentence)


def adjustment_sets(
    graph: CausalGraph, causes: Collection[str], outcome: str, fixed: Collection[str] = ()
) -> Iterator[frozenset[str]]:
    """The least sets of known variables that, adjusted for beside `fixed`, leave only the causal paths open."""
    cut, allowed = _problem(graph, causes, outcome, fixed)
    always = frozenset(fixed) - frozenset(causes) - {outcome}
    if always & _forbidden(graph, causes, outcome) or not d_separated(cut, causes, {outcome}, allowed | always):
        return
    candidates = sorted(allowed - always)
    if len(candidates) > ENUMERATED:
        yield _shrunk(cut, causes, outcome, candidates, always)
        return
    found: list[frozenset[str]] = []
    for size in range(len(candidates) + 1):
        for chosen in map(frozenset, combinations(candidates, size)):
            if not any(least <= chosen for least in found) and d_separated(cut, causes, {outcome}, chosen | always):
                found.append(chosen)
                yield chosen


def _shrunk(
    cut: CausalGraph, causes: Collection[str], outcome: str, candidates: list[str], always: frozenset[str]
) -> frozenset[str]:
    kept = frozenset(candidates)
    for name in candidates:
        if d_separated(cut, causes, {outcome}, (kept - {name}) | always):
            kept -= {name}
    return kept


def _problem(
    graph: CausalGraph, causes: Collection[str], outcome: str, fixed: Collection[str]
) -> tuple[CausalGraph, frozenset[str]]:
    """The graph without the first arrows of the causal paths, and the ancestors that may be adjusted for.

    If any set separates there, so does the set of all allowed ancestors of causes, outcome and fixed variables.
    """
    on_paths = _on_causal_paths(graph, causes, outcome)
    cut = graph.without({(cause, effect) for cause in causes for effect in graph.children[cause] & on_paths})
    near = graph.ancestors((*causes, outcome, *fixed)) | frozenset(fixed)
    known = graph.observed | frozenset(fixed)
    return cut, (near & known) - frozenset(causes) - {outcome} - _forbidden(graph, causes, outcome)


def _on_causal_paths(graph: CausalGraph, causes: Collection[str], outcome: str) -> frozenset[str]:
    """Variables other than the causes on a directed path from a cause to the outcome that meets no other cause."""
    entering = {(parent, cause) for cause in causes for parent in graph.parents[cause]}
    leaving = {(cause, child) for cause in causes for child in graph.children[cause]}
    after = graph.without(entering).descendants(causes)
    return (after & (graph.without(leaving).ancestors([outcome]) | {outcome})) - frozenset(causes)


def _forbidden(graph: CausalGraph, causes: Collection[str], outcome: str) -> frozenset[str]:
    on_paths = _on_causal_paths(graph, causes, outcome)
    return on_paths | graph.descendants(on_paths)


def _named(graph: CausalGraph, names: Collection[str]) -> str:
    meaning = {one.name: one.meaning.partition(":")[0] for one in graph.variables}
    return listed([f"{name} ({meaning[name]})" if meaning[name] else name for name in names])


def _advice(graph: CausalGraph, sets: tuple[frozenset[str], ...], fixed: Collection[str]) -> str:
    where = f", in data that hold {_named(graph, sorted(fixed))} fixed" if fixed else ""
    if sets == (frozenset(),):
        return f"nothing need be adjusted for{where}"
    return "adjust for " + ", or for ".join(_named(graph, sorted(one)) for one in sets) + where
