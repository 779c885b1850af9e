"""What models silently assume, tested on a screen: holds, violated, or cannot be tested with this design."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from semimech.data.screen import Screen
from semimech.evaluate.assumptions.attractors import ATTRACTOR, one_attractor
from semimech.evaluate.assumptions.batches import BATCHES, shifted_batches
from semimech.evaluate.assumptions.controls import MEDIUM, STEADY, neutral_medium, steady_controls
from semimech.evaluate.assumptions.editing import EDITING, complete_editing
from semimech.evaluate.assumptions.order import COMMUTING, commuting_perturbations
from semimech.evaluate.assumptions.verdict import CANNOT, HOLDS, VIOLATED, Assumption, Verdict
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, Steps, silent

__all__ = ["ASSUMPTIONS", "CANNOT", "HOLDS", "VIOLATED", "Assumption", "Test", "Verdict", "assumptions_of"]


class Test(NamedTuple):
    """An assumption and how it is tested: run(screen, level, permutations, random)."""

    assumption: Assumption
    run: Callable[[Screen, float, int, np.random.Generator], Verdict]


ASSUMPTIONS: tuple[Test, ...] = (
    Test(STEADY, steady_controls),
    Test(MEDIUM, neutral_medium),
    Test(COMMUTING, commuting_perturbations),
    Test(ATTRACTOR, one_attractor),
    Test(EDITING, complete_editing),
    Test(BATCHES, shifted_batches),
)


def assumptions_of(
    screen: Screen, *, level: float = 0.05, permutations: int = 499, seed: int = 0, monitor: Monitor = silent
) -> tuple[Verdict, ...]:
    """Test the six assumptions, each at `level` for itself; after Kovacevic et al. 2025, arXiv:2501.19178.

    'holds' says that no violation was found, not that there is none: the critical value of each statistic is beside
    it. Raises UserError for a level or a number of permutations with which nothing can be found, or a seed below 0.
    """
    if not 0 < level < 1:
        raise UserError(f"The level is {level:g}: give a share between 0 and 1, such as 0.05.")
    if permutations * level < 1:
        raise UserError(
            f"With {permutations} permutations no p value is below {level:g}: give {1 / level:.0f} or more."
        )
    if seed < 0:
        raise UserError(f"The seed is {seed}: give a whole number of at least 0.")
    steps = Steps(monitor, len(ASSUMPTIONS))
    found = []
    for number, test in enumerate(ASSUMPTIONS):
        steps.begin(test.assumption.sentence)
        found.append(test.run(screen, level, permutations, np.random.default_rng([seed, number])))
    return tuple(found)
