"""Options from the outside, such as a section of a TOML file, put into a frozen dataclass of options."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from semimech.support.errors import UserError

T = TypeVar("T")


def with_options(defaults: T, options: Mapping[str, Any], owner: str) -> T:
    """A copy of the dataclass with the options set, each of the kind of its default; `owner` is named in errors.

    Raises UserError for an unknown option, or a value of another kind than the default's.
    """
    fields = [field.name for field in dataclasses.fields(defaults)]  # type: ignore[arg-type]
    unknown = sorted(set(options) - set(fields))
    if unknown:
        near = get_close_matches(unknown[0], fields, 1)
        remedy = f"did you mean {near[0]}?" if near else f"use {', '.join(fields) or 'none, it has none'}."
        raise UserError(f"The {owner} has no option '{unknown[0]}': {remedy}")
    values = {name: _fitting(f"{name} of the {owner}", options[name], getattr(defaults, name)) for name in options}
    return dataclasses.replace(defaults, **values)  # type: ignore[type-var]


def _fitting(what: str, value: Any, default: Any) -> Any:
    """The value as the default's type has it; UserError where it is of another kind."""
    if isinstance(default, tuple):
        each = value if isinstance(value, list | tuple) else [value]
        return tuple(_fitting(what, one, default[0]) for one in each) if default else tuple(each)
    kinds: dict[type, tuple[Any, str]] = {
        bool: (bool, "true or false"),
        int: (int, "a whole number"),
        float: ((int, float), "a number"),
        dict: (dict, "a table"),
    }
    allowed, words = kinds.get(type(default), (type(default), "text"))
    if default is not None and (not isinstance(value, allowed) or isinstance(value, bool) != isinstance(default, bool)):
        raise UserError(f"The option {what} is {value!r}: give {words}.")
    return float(value) if isinstance(default, float) else value


def require_within(owner: str, limits: Mapping[str, tuple[float, float, float]]) -> None:
    """Raise UserError for the first option of `owner` outside its bounds: {name: (value, low, high)}, both allowed."""
    for name, (value, low, high) in limits.items():
        if not low <= value <= high:
            span = f"of at least {low:g}" if high == float("inf") else f"from {low:g} to {high:g}"
            raise UserError(f"The option {name} of the {owner} is {value:g}: give a number {span}.")


def require_one_of(owner: str, name: str, value: str, known: Collection[str]) -> None:
    """Raise UserError where an option names something that is not known, with the nearest that is."""
    if value not in known:
        near = get_close_matches(value, list(known), 1)
        remedy = f"did you mean {near[0]}?" if near else f"use one of {', '.join(known)}."
        raise UserError(f"The option {name} of the {owner} is '{value}': {remedy}")
