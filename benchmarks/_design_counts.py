"""Screens of counts by the simulator: components of four batches, and the variance of effects in twelve others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from benchmarks._design_grid import measured

from semimech.data.screen import Screen
from semimech.design.components import Components
from semimech.design.contrasts import Reference, contrast_variance
from semimech.design.estimate import components_of
from semimech.design.layout import layout_of
from semimech.simulate.build import simulate_screen

PILOT, GROUPS, BATCHES = 4, 3, 4  # batches of the pilot; groups of batches in which effects are measured again
ARMS, ROWS, CONTROLS, GENES = 10, 30, 100, 200
THINNED = {
    "as simulated": (ROWS, CONTROLS, False),
    "few cells": (8, CONTROLS, False),
    "few controls": (ROWS, 15, False),
    "uneven": (ROWS, CONTROLS, True),
    "controls in half of the batches": (ROWS, -CONTROLS, False),
}


@dataclass(frozen=True)
class Counted:
    """One setting: the spread of batch factors, efficiency, library size; layout and reference; the variances.

    predicted: with the components of the pilot; known: with those of all batches.
    """

    spread: float
    efficiency: float
    library: int
    layout: str
    reference: Reference
    predicted: float
    known: float
    empirical: float

    @property
    def ratio(self) -> float:
        """Empirical over predicted."""
        return self.empirical / self.predicted


def counted(seed: int = 0) -> Iterator[Counted]:
    """All settings, a simulated screen after another."""
    for number, (spread, efficiency, library) in enumerate(product((0.1, 0.3), (1.0, 0.6), (1_500, 6_000))):
        screen = simulate_screen(_declaration(spread, efficiency, library), seed=seed * 100 + number)
        batch = screen.batches
        pilot, known = components_of(screen.take(batch < PILOT)), components_of(screen)
        for layout, reference in product(THINNED, ("same batch", "pooled")):
            kept = _thinned(screen, layout, np.random.default_rng([seed, number, 5]))
            groups = [screen.take(kept & (_group(batch) == group)) for group in range(GROUPS)]
            variances = _compared(groups, (pilot, known), reference)  # type: ignore[arg-type]
            yield Counted(spread, efficiency, library, layout, reference, *variances)  # type: ignore[arg-type]


def _declaration(spread: float, efficiency: float, library: int) -> dict[str, Any]:
    return {
        "topology": {"nodes": GENES, "regulators": 20},
        "perturbations": [{"kind": "knock-down", "count": ARMS, "strength": 0.8, "efficiency": efficiency}],
        "sampling": {"batches": PILOT + GROUPS * BATCHES, "rows": ROWS, "control_rows": CONTROLS},
        "measurement": {"scale": "counts", "library_size": library, "batch_spread": spread},
    }


def _group(batch: np.ndarray) -> np.ndarray:
    """The group that a batch is of, -1 of the pilot's."""
    return np.where(batch < PILOT, -1, (batch - PILOT) // BATCHES)


def _thinned(screen: Screen, layout: str, random: np.random.Generator) -> np.ndarray:
    """Rows that are kept: the same numbers in the same places of every group of batches."""
    rows, controls, uneven = THINNED[layout]
    numbers = random.integers(4, rows + 1, (BATCHES, ARMS)) if uneven else np.full((BATCHES, ARMS), rows)
    kept = np.zeros(screen.shape[0], bool)
    conditions = np.unique(screen.condition_codes[~screen.is_control])
    for code in range(PILOT, PILOT + GROUPS * BATCHES):
        place = (code - PILOT) % BATCHES
        here = screen.batches == code
        for arm, condition in enumerate(conditions):
            kept[np.flatnonzero(here & (screen.condition_codes == condition))[: numbers[place, arm]]] = True
        count = abs(controls) if controls > 0 or place < BATCHES // 2 else 0
        kept[np.flatnonzero(here & screen.is_control)[:count]] = True
    return kept


def _compared(
    groups: list[Screen], components: tuple[Components, Components], reference: Reference
) -> tuple[float, float, float]:
    """Mean variance of an effect over arms and genes: by the theory with either, and between groups of batches."""
    layout = layout_of(groups[0])
    effects = np.array([measured(group, reference, layout) for group in groups])
    by_pilot, known = (contrast_variance(layout, one.declare(guide=0.0), reference).mean() for one in components)
    return float(by_pilot), float(known), float(effects.var(0, ddof=1).mean())
