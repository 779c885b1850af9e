"""Conditions that may be measured next: all pairs, singles or doses that follow from what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Literal

import numpy as np

from semimech.data.condition import Condition

Kind = Literal["pairs", "singles", "doses"]


def untested_pairs(conditions: Sequence[Condition], usual: Mapping[str, float]) -> tuple[Condition, ...]:
    """Every pair of the perturbations of `usual` at their usual doses that is not among the conditions, in order."""
    pairs = (Condition(((a, usual[a]), (b, usual[b]))) for a, b in combinations(sorted(usual), 2))
    measured = set(conditions)
    return tuple(pair for pair in in_contexts(pairs, conditions) if pair not in measured)


def untested_singles(conditions: Sequence[Condition], usual: Mapping[str, float]) -> tuple[Condition, ...]:
    """Every perturbation of `usual` that was never given alone, at its usual dose."""
    alone = {(condition.names[0], condition.context) for condition in conditions if len(condition.names) == 1}
    singles = (Condition(((name, usual[name]),)) for name in sorted(usual))
    return tuple(c for c in in_contexts(singles, conditions) if (c.names[0], c.context) not in alone)


def untested_doses(conditions: Sequence[Condition], scalable: Sequence[str]) -> tuple[Condition, ...]:
    """New doses of perturbations given alone: half the lowest, twice the highest, geometric means of neighbours.

    scalable: perturbations whose dose can be chosen (a knock-out's cannot).
    """
    found = []
    for name in sorted(scalable):
        seen = sorted({c.doses[0][1] for c in conditions if c.names == (name,)}, key=abs)
        if not seen:
            continue
        between = [float(np.sign(a) * np.sqrt(a * b)) for a, b in pairwise(seen) if a * b > 0]
        found += [Condition(((name, float(f"{dose:.6g}")),)) for dose in (seen[0] / 2, *between, seen[-1] * 2)]
    return in_contexts(found, conditions)


def in_contexts(asked: Iterable[Condition], conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """Those asked for without a context in each context of the conditions that were measured."""
    contexts = sorted({condition.context for condition in conditions}) or [""]
    return tuple(
        replace(one, context=context) for one in asked for context in ([one.context] if one.context else contexts)
    )


def kind_of(candidates: Sequence[Condition], conditions: Sequence[Condition]) -> Kind:
    """What most candidates are: combinations, new perturbations, or new doses of those given alone."""
    known = {name for condition in conditions for name in condition.names}
    kinds: list[Kind] = []
    for candidate in candidates:
        if candidate.is_combination:
            kinds.append("pairs")
        else:
            kinds.append("doses" if known.issuperset(candidate.names) else "singles")
    return max(dict.fromkeys(kinds), key=kinds.count)
