"""Settings of layouts and components, and the variance that effects really have in screens drawn from their law."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from semimech.data.effects import effects_of
from semimech.data.scale import Scale
from semimech.data.screen import Screen
from semimech.design.components import Components, declared
from semimech.design.contrasts import Reference, contrast_variance
from semimech.design.drawn import draw_screen
from semimech.design.layout import Layout

EFFECT = 0.8  # of an edited cell, on every feature
LAWS: dict[str, Components] = {
    "cells alone": declared(cell=0.5),
    "batches": declared(cell=0.5, batch=0.1),
    "batches, interaction": declared(cell=0.5, batch=0.05, interaction=0.02),
    "all, three guides": declared(cell=0.5, batch=0.05, interaction=0.02, guide=0.03),
    "all, 60 % edited": declared(cell=0.5, batch=0.05, interaction=0.01, efficiency=0.6),
}
ALLOCATIONS = ("equal", "uneven", "a third of the controls", "controls in half of the batches", "controls in one batch")


@dataclass(frozen=True, eq=False)
class Setting:
    """One layout and law; `name` says which."""

    name: tuple[str, str, str]
    layout: Layout
    law: Components


def settings() -> Iterator[Setting]:
    """Every combination of numbers of batches and arms, allocation, and law."""
    for (batches, arms), allocation, law in product(((2, 4), (4, 12), (8, 6), (6, 2)), ALLOCATIONS, LAWS):
        guides = 3 if "guides" in law else 1
        layout = layout_for(allocation, batches, arms, guides)
        yield Setting((f"{batches} batches, {arms} arms", allocation, law), layout, LAWS[law])


def layout_for(allocation: str, batches: int, arms: int, guides: int = 1, size: int = 12) -> Layout:
    """About `size` cells of every arm in every batch, controls by the rule of the square root or otherwise."""
    random = np.random.default_rng([batches, arms])
    cells = np.full((batches, arms), size)
    controls = np.full(batches, round(size * np.sqrt(arms)))
    if allocation == "uneven":
        cells = random.integers(2, 2 * size - 1, cells.shape)
        controls = random.integers(controls[0] // 3, 2 * controls[0], batches)
    if allocation == "a third of the controls":
        controls = np.maximum(controls // 3, 2)
    if allocation == "controls in half of the batches":
        controls = np.where(np.arange(batches) < batches / 2, 2 * controls, 0)
    if allocation == "controls in one batch":
        controls = np.where(np.arange(batches) == 0, batches * controls, 0)
    return Layout(
        tuple(f"b{number}" for number in range(batches)),
        tuple(f"p{number}" for number in range(arms)),
        cells,
        controls,
        np.full(arms, guides),
    )


def measured(screen: Screen, reference: Reference, layout: Layout) -> np.ndarray:
    """Effects (arms x features) by the package's own `effects_of`; pooled: as if nobody had noted the batches."""
    if reference == "pooled":
        screen = replace(screen, obs=screen.obs.drop(columns="batch"), _effects={})
    found = effects_of(screen, np.arange(screen.shape[0]))
    place = {condition.names[0]: number for number, condition in enumerate(found.conditions)}
    return found.values[[place[arm] for arm in layout.arms]].astype(float)


def errors(
    setting: Setting, reference: Reference, features: int, repeats: int, seed: int = 0, scale: Scale = "log-normalised"
) -> np.ndarray:
    """Measured less true effects (repeats x arms x features)."""
    scale = "log-ratio" if reference == "none" else scale
    effects = np.full((len(setting.layout.arms), features), EFFECT)
    found = []
    for repeat in range(repeats):
        number = seed * 10_007 + repeat
        screen = draw_screen(setting.layout, setting.law, effects, features=features, scale=scale, seed=number)
        found.append(measured(screen, reference, setting.layout) - setting.law.efficiency * effects)
    return np.array(found)


def predicted(setting: Setting, reference: Reference) -> np.ndarray:
    """The variance that the theory gives every arm."""
    return contrast_variance(setting.layout, setting.law, reference, effect=EFFECT)
