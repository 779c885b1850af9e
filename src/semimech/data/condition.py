"""What was done to the cells: perturbations, and conditions made of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np

from semimech.support.errors import UserError, listed

Kind = Literal["drug", "knock-out", "knock-down", "activation", "unknown"]
GENETIC: tuple[Kind, ...] = ("knock-out", "knock-down", "activation")
DOSE = re.compile(r"\s*=\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?)(?=\s*(?:\+|$))")


@dataclass(frozen=True)
class Perturbation:
    """Something that can be done to cells.

    `targets` maps a feature name to the sign of the expected direct change (-1, +1); `dose_unit` is the unit of
    the signed doses of the screen's design ("" for a dimensionless strength, where 1 is 'given').
    """

    name: str
    kind: Kind = "unknown"
    targets: Mapping[str, float] = field(default_factory=dict)
    dose_unit: str = ""
    pathways: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.name:
            raise UserError("A perturbation has an empty name: give every perturbation a name.")
        if self.kind not in get_args(Kind):
            raise UserError(
                f"Perturbation {self.name} has the unknown kind '{self.kind}': use one of {', '.join(get_args(Kind))}."
            )
        object.__setattr__(self, "targets", MappingProxyType(dict(self.targets)))
        object.__setattr__(self, "pathways", tuple(self.pathways))


@dataclass(frozen=True, order=True)
class Condition:
    """The perturbations given together, with their signed doses, in one context; no dose at all is a control.

    `doses` are (perturbation, dose) pairs sorted by name; `context` joins the cell line, medium and time where
    the screen has more than one of them.
    """

    doses: tuple[tuple[str, float], ...] = ()
    context: str = ""

    def __post_init__(self) -> None:
        kept = tuple(sorted((name, float(dose)) for name, dose in self.doses if dose != 0))
        object.__setattr__(self, "doses", kept)

    @property
    def names(self) -> tuple[str, ...]:
        """The perturbations given, sorted."""
        return tuple(name for name, _ in self.doses)

    @property
    def is_control(self) -> bool:
        """Nothing was given."""
        return not self.doses

    @property
    def is_combination(self) -> bool:
        """More than one perturbation was given."""
        return len(self.doses) > 1

    @property
    def label(self) -> str:
        """`aAKT=-0.551+aMEK=-0.863 (day 2)`; a dose of 1 is not written."""
        parts = [name if dose == 1 else f"{name}={dose:.6g}" for name, dose in self.doses]
        text = "+".join(parts) or "control"
        return f"{text} ({self.context})" if self.context else text


def parse_condition(
    text: str,
    known: Sequence[str],
    default_dose: Mapping[str, float] | None = None,
    context: str = "",
    new: str = "a new one needs --annotations FILE",
) -> Condition:
    """Read `aMEK+aAKT`, `aMEK=-0.8+aAKT` or `aMEK (day 2)` into a condition: what `Condition.label` writes.

    Names are taken from `known`, the longest that fits first, so that they may themselves hold a '+' or a '='; a name
    without a dose gets its entry of `default_dose`, else 1. A context in the text replaces the argument.
    Raises UserError for unknown names (with the nearest known ones, and what is said of a `new` one), repeated names
    and doses that are no numbers.
    """
    doses: dict[str, float] = {}
    parts, context = _parts_and_context(text.strip(), sorted(known, key=len, reverse=True), context)
    for part in parts:
        name, dose = _dose(part, known, text, new) if isinstance(part, str) else part
        if name in doses:
            raise UserError(f"'{text}' names {name} twice: give one dose for each perturbation.")
        doses[name] = (default_dose or {}).get(name, 1.0) if dose is None else dose
    if not any(doses.values()):
        raise UserError(f"'{text}' gives no perturbation: write for example {known[0]}, or {'+'.join(known[:2])}.")
    return Condition(tuple(doses.items()), context)


def _parts_and_context(
    text: str, names: Sequence[str], context: str
) -> tuple[Sequence[str] | Sequence[tuple[str, float | None]], str]:
    """(names with their doses, context); where the text cannot be read so, its parts between '+', to be explained."""
    found = _matched(text, names)
    if found is not None:
        return found, context
    opened = text.rfind(" (") if text.endswith(")") else -1
    while opened > 0:
        found = _matched(text[:opened], names)
        if found is not None:
            return found, text[opened + 2 : -1]
        opened = text.rfind(" (", 0, opened)
    return [part.strip() for part in text.split("+") if part.strip()], context


def _matched(text: str, names: Sequence[str]) -> list[tuple[str, float | None]] | None:
    """The text as known names (longest first) and doses joined by '+'; None where it is something else."""
    text = text.strip()
    for name in names:
        if not text.startswith(name):
            continue
        written = DOSE.match(text, len(name))
        dose = float(written[1]) if written else None
        rest = text[written.end() if written else len(name) :].lstrip()
        if dose is not None and not np.isfinite(dose):
            continue
        if not rest:
            return [(name, dose)]
        others = _matched(rest[1:], names) if rest[0] == "+" else None
        if others is not None:
            return [(name, dose), *others]
    return None


def _dose(part: str, known: Sequence[str], text: str, new: str) -> tuple[str, float | None]:
    if part in known:
        return part, None
    name, equals, number = part.rpartition("=")
    name = name.strip() if equals else part
    if name not in known:
        from difflib import get_close_matches

        near = get_close_matches(name, list(known), 3, 0.5) or list(known)[:5]
        raise UserError(
            f"'{name}' in '{text}' is not a perturbation that was learnt from: did you mean {listed(near)}? "
            f"Known ones are listed in the run's perturbations.csv; {new}."
        )
    try:
        dose = float(number)
    except ValueError:
        raise UserError(
            f"'{number}' in '{text}' is not a dose: write a number after the '=', as in {name}=-1."
        ) from None
    if not np.isfinite(dose):
        raise UserError(f"The dose of {name} in '{text}' is not finite: write a number such as {name}=-1.")
    return name, dose


def design_matrix(conditions: Iterable[Condition], perturbations: Sequence[str]) -> np.ndarray:
    """Signed doses (conditions x perturbations, float32); perturbations not in the list are left out."""
    conditions = tuple(conditions)
    column = {name: j for j, name in enumerate(perturbations)}
    design = np.zeros((len(conditions), len(perturbations)), np.float32)
    for row, condition in enumerate(conditions):
        for name, dose in condition.doses:
            if name in column:
                design[row, column[name]] = dose
    return design
