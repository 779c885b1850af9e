"""Which conditions a simulated screen measures: factorial or Latin-hypercube designs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from math import comb

import numpy as np

from semimech.data.condition import Condition
from semimech.simulate.perturbations import Action
from semimech.simulate.recovery import pushes
from semimech.support.errors import UserError
from semimech.support.options import require_one_of, require_within

SECTION = "section [design]"
LARGEST = 1_000_000


@dataclass(frozen=True)
class Design:
    """Which perturbations are given together; in TOML the section [design]. UserError for options that do not fit.

    kind: factorial, every combination of at most `order` perturbations at every combination of the `doses`; or
    latin-hypercube, `conditions` conditions in each of which 1 to `order` perturbations are given, all equally often,
    the doses of each spread evenly between the lowest and the highest of `doses`.
    conditions: of a factorial design, all singles and as many random combinations as make up this number; 0: all.
    Genetic perturbations have the dose 1, but knock-downs and activations take a dose below 1 where one is given.
    """

    kind: str = "factorial"
    order: int = 1
    doses: tuple[float, ...] = (1.0,)
    conditions: int = 0

    def __post_init__(self) -> None:
        require_one_of(SECTION, "kind", self.kind, ("factorial", "latin-hypercube"))
        low, high = (min(self.doses), max(self.doses)) if self.doses else (0.0, 0.0)
        limits = {
            "order": (self.order, 1.0, 10.0),
            "doses": (low, 1e-9, 1e9),
            "conditions": (self.conditions, 0.0, float(LARGEST)),
        }
        require_within(SECTION, limits)
        if self.kind == "latin-hypercube" and (self.conditions < 1 or low == high):
            raise UserError(f"A latin-hypercube needs conditions, and a lowest and highest of doses: add to {SECTION}.")

    def conditions_of(self, actions: tuple[Action, ...], random: np.random.Generator) -> tuple[Condition, ...]:
        """The perturbed conditions, without the controls."""
        if self.order > len(actions):
            raise UserError(
                f"The option order of the {SECTION} is {self.order}, but there are {len(actions)} perturbations: lower "
                "it."
            )
        return (self._factorial if self.kind == "factorial" else self._hypercube)(actions, random)

    def _factorial(self, actions: tuple[Action, ...], random: np.random.Generator) -> tuple[Condition, ...]:
        size = sum(comb(len(actions), k) * len(self.doses) ** k for k in range(1, self.order + 1))
        if size > LARGEST:
            raise UserError(f"The {SECTION} has up to {size:,} conditions: lower order, or give fewer doses.")
        whole: dict[int, dict[Condition, None]] = {}
        for k in range(1, self.order + 1):
            given = (
                Condition(tuple((a.perturbation.name, d) for a, d in zip(some, doses, strict=True)))
                for some in combinations(actions, k)
                for doses in product(*(dict.fromkeys(map(a.allowed, self.doses)) for a in some))
            )
            whole[k] = dict.fromkeys(given)
        singles = list(whole.pop(1))
        others = [condition for some in whole.values() for condition in some]
        if self.conditions:
            wanted = min(max(self.conditions - len(singles), 0), len(others))
            others = [others[k] for k in sorted(random.choice(len(others), wanted, replace=False))] if wanted else []
        return (*singles, *others)

    def _hypercube(self, actions: tuple[Action, ...], random: np.random.Generator) -> tuple[Condition, ...]:
        low, high = min(self.doses), max(self.doses)
        places = pushes(random, self.conditions, len(actions), self.order)
        conditions = []
        for row in places:
            given = [(actions[j], float(low + (high - low) * row[j])) for j in np.flatnonzero(row)]
            conditions.append(Condition(tuple((action.perturbation.name, action.allowed(d)) for action, d in given)))
        return tuple(dict.fromkeys(conditions))
