"""What was done to the cells: perturbations, and conditions made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np

from semimech.support.errors import UserError, listed

Kind = Literal["drug", "knock-out", "knock-down", "activation", "unknown"]
GENETIC: tuple[Kind, ...] = ("knock-out", "knock-down", "activation")


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
    text: str, known: Sequence[str], default_dose: Mapping[str, float] | None = None, context: str = ""
) -> Condition:
    """Read `aMEK+aAKT` or `aMEK=-0.8+aAKT` into a condition.

    Names are taken from `known`; a name without a dose gets its entry of `default_dose`, else 1.
    Raises UserError for unknown names (with the nearest known ones), repeated names and doses that are no numbers.
    """
    doses: dict[str, float] = {}
    for part in _parts(text, known):
        name, dose = _dose(part, known, text)
        if name in doses:
            raise UserError(f"'{text}' names {name} twice: give one dose for each perturbation.")
        doses[name] = (default_dose or {}).get(name, 1.0) if dose is None else dose
    if not any(doses.values()):
        raise UserError(f"'{text}' gives no perturbation: write for example {known[0]}, or {'+'.join(known[:2])}.")
    return Condition(tuple(doses.items()), context)


def _parts(text: str, known: Sequence[str]) -> list[str]:
    """Split at '+', except inside a known name that itself has one."""
    if text in known:
        return [text]
    return [part.strip() for part in text.split("+") if part.strip()]


def _dose(part: str, known: Sequence[str], text: str) -> tuple[str, float | None]:
    if part in known:
        return part, None
    name, equals, number = part.rpartition("=")
    name = name.strip() if equals else part
    if name not in known:
        from difflib import get_close_matches

        near = get_close_matches(name, list(known), 3, 0.5) or list(known)[:5]
        raise UserError(
            f"'{name}' in '{text}' is not a perturbation that was learnt from: did you mean {listed(near)}? "
            "Known ones are listed in the run's perturbations.csv; a new one needs --annotations FILE."
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
