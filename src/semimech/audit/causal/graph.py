"""A causal graph as data: variables, what each depends on, and which of them the table measures."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from semimech.support.errors import UserError, listed
from semimech.support.files import read_toml


@dataclass(frozen=True)
class Variable:
    """A variable of the graph: its name, what it means, its direct causes, and whether the table measures it."""

    name: str
    meaning: str = ""
    causes: tuple[str, ...] = ()
    observed: bool = True


@dataclass(frozen=True)
class CausalGraph:
    """A directed acyclic graph of variables.

    Raises UserError for a name given twice, a cause that is no variable, and a cycle.

    >>> CausalGraph((Variable("C"), Variable("A", causes=("C",)))).descendants({"C"})
    frozenset({'A'})
    """

    variables: tuple[Variable, ...]

    def __post_init__(self) -> None:
        names = [variable.name for variable in self.variables]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice or not names:
            what = f"names {listed(twice)} twice" if twice else "has no variable"
            raise UserError(f"The causal graph {what}: give each variable one entry.")
        for variable in self.variables:
            self.require(variable.causes, f"as a cause of {variable.name}")
        try:
            TopologicalSorter(self.parents).prepare()
        except CycleError as error:
            raise UserError(
                f"The causal graph has a cycle ({' -> '.join(error.args[1])}): a variable cannot cause itself; "
                "take one of these arrows out."
            ) from None

    @cached_property
    def parents(self) -> Mapping[str, frozenset[str]]:
        """The direct causes of each variable."""
        return {variable.name: frozenset(variable.causes) for variable in self.variables}

    @cached_property
    def children(self) -> Mapping[str, frozenset[str]]:
        """The direct effects of each variable."""
        return {
            name: frozenset(other for other, causes in self.parents.items() if name in causes) for name in self.parents
        }

    @cached_property
    def observed(self) -> frozenset[str]:
        """The variables that the table measures."""
        return frozenset(variable.name for variable in self.variables if variable.observed)

    def ancestors(self, names: Iterable[str]) -> frozenset[str]:
        """All causes of the variables, direct or not, without the variables themselves unless one causes another."""
        return _reached(names, self.parents)

    def descendants(self, names: Iterable[str]) -> frozenset[str]:
        """All effects of the variables, direct or not."""
        return _reached(names, self.children)

    def without(self, arrows: Collection[tuple[str, str]]) -> CausalGraph:
        """The graph without these arrows (cause, effect)."""
        return CausalGraph(
            tuple(
                Variable(
                    one.name,
                    one.meaning,
                    tuple(cause for cause in one.causes if (cause, one.name) not in arrows),
                    one.observed,
                )
                for one in self.variables
            )
        )

    def require(self, names: Iterable[str], role: str) -> None:
        """Raise UserError for the first name that is no variable; `role` says where it was named."""
        for name in names:
            if name not in self.parents:
                near = get_close_matches(name, self.parents, 1)
                remedy = f"did you mean {near[0]}?" if near else f"the variables are {listed(self.parents, 12)}."
                raise UserError(f"The causal graph has no variable {name}, named {role}: {remedy}")


def _reached(names: Iterable[str], steps: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found: set[str] = set()
    left = [step for name in names for step in steps[name]]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left.extend(steps[name])
    return frozenset(found)


BIOACTIVITY = CausalGraph(
    (
        Variable("S", "series: which compounds were selected for making and testing"),
        Variable("K", "target"),
        Variable("C", "structure", ("S",)),
        Variable("E", "assay context: laboratory, ATP, readout, date", ("S",)),
        Variable("M", "mechanism: pocket, binding mode, artefact", ("C",), observed=False),
        Variable("A", "activity", ("C", "M", "K", "E")),
        Variable("Y", "label: activity at or below the threshold", ("A",)),
    )
)
"""The graph of a table of bioactivities (arXiv 2602.23303): the mechanism is hidden and modifies the effect of the
structure; series and assay are common causes of what is tested and what is measured."""

_KEYS = {"meaning": str, "causes": list, "observed": bool}


def read_graph(path: Path) -> CausalGraph:
    """The causal graph of a TOML file: a section [variables.NAME] with `meaning`, `causes` and `observed` for each.

    Raises UserError for a file that is not TOML, an unknown key, a value of the wrong kind, and what is no graph.
    """
    content = read_toml(path, "causal graph")
    entries = content.pop("variables", None)
    if content or not isinstance(entries, dict) or not entries:
        raise UserError(f'{path} must hold sections such as [variables.A] with causes = ["C", "M"], and nothing else.')
    return CausalGraph(tuple(_variable(path, name, entry) for name, entry in entries.items()))


def _variable(path: Path, name: str, entry: Any) -> Variable:
    where = f"{path}, [variables.{name}]"
    if not isinstance(entry, dict):
        raise UserError(f"{where} is not a section: give meaning, causes and observed.")
    for key, value in entry.items():
        if key not in _KEYS:
            raise UserError(f"{where} has an unknown key '{key}': use {', '.join(_KEYS)}.")
        listed_names = not isinstance(value, list) or all(isinstance(one, str) for one in value)
        if not isinstance(value, _KEYS[key]) or not listed_names:
            raise UserError(f"{where}: {key} is {value!r}: give text, a list of names, or true or false.")
    return Variable(name, entry.get("meaning", ""), tuple(entry.get("causes", ())), entry.get("observed", True))


def as_toml(graph: CausalGraph) -> str:
    """The graph as the text of a TOML file that `read_graph` reads."""
    # JSON's strings and lists of strings are TOML's too.
    return "\n".join(
        f"[variables.{json.dumps(one.name)}]\nmeaning = {json.dumps(one.meaning)}\n"
        f"causes = {json.dumps(one.causes)}\nobserved = {json.dumps(one.observed)}\n"
        for one in graph.variables
    )
