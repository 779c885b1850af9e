"""Which entries of the conditions x features table count when models are chosen and judged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from semimech.data.condition import GENETIC, Condition
from semimech.data.screen import Screen


def target_columns(screen: Screen) -> dict[str, np.ndarray]:
    """For each perturbation the columns of its targets that are measured."""
    column = {name: j for j, name in enumerate(screen.feature_names)}
    return {
        perturbation.name: np.array([column[name] for name in perturbation.targets if name in column], int)
        for perturbation in screen.perturbations
    }


def own_columns(screen: Screen) -> dict[str, np.ndarray]:
    """For each perturbation but drugs, the columns whose change is known from what was done.

    These are the targets of a genetic perturbation, and a feature of the perturbation's own name whatever its kind.
    """
    column = {name: j for j, name in enumerate(screen.feature_names)}
    own = {}
    for perturbation in screen.perturbations:
        if perturbation.kind != "drug":
            targets = perturbation.targets if perturbation.kind in GENETIC else ()
            names = dict.fromkeys((perturbation.name, *targets))
            own[perturbation.name] = np.array([column[name] for name in names if name in column], int)
    return own


def scored_entries(screen: Screen, conditions: Sequence[Condition], *, own_targets: bool = False) -> np.ndarray:
    """True for the entries that count (conditions x features, bool).

    Features of role input are what was done, not a response: they never count. What a condition's perturbations
    do to themselves (`own_columns`) does not count either, unless `own_targets`: that a knock-out lowers its own
    gene is known.
    """
    counted = np.tile((screen.features["role"] != "input").to_numpy(), (len(conditions), 1))
    if not own_targets:
        columns = own_columns(screen)
        for row, condition in enumerate(conditions):
            for name in condition.names:
                counted[row, columns.get(name, [])] = False
    return counted
