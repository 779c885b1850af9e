"""Does each perturbation lead its cells to one place?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from semimech.data.mixtures import (
    shrunken_response,
    tail_of,
    transported,
    two_components,
    two_means,
)
from semimech.data.populations import MIN_CELLS, Population, population_conditions, populations
from semimech.data.screen import Screen
from semimech.evaluate.assumptions.verdict import CANNOT, HOLDS, VIOLATED, Assumption, Verdict, holm
from semimech.support.errors import listed

COMPONENTS = 10
DISTINCT = 2.0  # Ashman's D of two modes that can be told apart
LEAST_SHARE = 0.1  # of the cells in the smaller mode
ATTRACTOR = Assumption(
    "one-attractor",
    "each condition has one attractor",
    "likelihood ratio of two modes across the response, against the shape of the controls there (resampled)",
    "Means of conditions, and models with one steady state, describe the cells.",
    "The mean of a condition lies between its modes, where no cell is: model the distribution, switch the contraction "
    "guard off and integrate from declared starts, and judge by distances between distributions.",
    "A mean may hide two states: measure single cells, and look for fixed points of a fitted model from many starts.",
)


class Modes(NamedTuple):
    """Of one condition: likelihood ratio, p, Ashman's D, share of the smaller mode, and scores.

    critical: what the ratio must exceed at the level, before Holm's adjustment.
    """

    label: str
    ratio: float
    critical: float
    p: float
    separation: float
    smaller: float
    cells: np.ndarray
    controls: np.ndarray


def one_attractor(screen: Screen, level: float, permutations: int, random: np.random.Generator) -> Verdict:
    """No condition's cells fall into two groups across its response; along it they may, if editing is partial."""
    conditions = population_conditions(screen)
    if not conditions:
        return Verdict(
            ATTRACTOR, CANNOT, f"no single perturbation has {MIN_CELLS} cells beside as many controls of its batches"
        )
    samples = permutations, int(2 * len(conditions) / level)
    found = [_modes(part, samples, level, random) for part in populations(screen, conditions, random)]
    # Two modes that cannot be told apart are a skewed one: they are no finding, whatever the likelihood.
    distinct = np.array([one.separation >= DISTINCT and one.smaller >= LEAST_SHARE for one in found])
    adjusted = holm(np.where(distinct, [one.p for one in found], 1.0))
    ratios = np.array([one.ratio for one in found])
    worst = found[int(np.lexsort((-ratios, adjusted))[0])]
    split = [one.label for one, p in zip(found, adjusted, strict=True) if p <= level]
    why = (
        f"the cells of {len(split):,} of {len(found):,} conditions fall into two groups across their response"
        f"{f' ({listed(split)})' if split else ''}, least p = {adjusted.min():.3g} (Holm)"
    )
    return Verdict(
        ATTRACTOR,
        VIOLATED if split else HOLDS,
        why,
        worst.ratio,
        worst.critical,
        float(adjusted.min()),
        worst.separation,
        "Ashman's D, distance of two modes in sd",
        f"cells of {worst.label} across its response (sd of the controls)",
        pd.DataFrame(
            {
                "group": [worst.label] * len(worst.cells) + ["controls"] * len(worst.controls),
                "value": np.concatenate([worst.cells, worst.controls]),
            }
        ),
    )


def _modes(population: Population, samples: tuple[int, int], level: float, random: np.random.Generator) -> Modes:
    cells, controls, shape = _across(population, random)
    observed = two_components(cells[None], False)
    mean, sd, share = observed.mean[0], observed.sd[0], float(observed.share[0])
    separation = float(abs(mean[1] - mean[0]) / np.sqrt((sd**2).mean()))
    ratio, smaller = float(observed.ratio[0]), min(share, 1 - share)
    p, critical = tail_of(ratio, cells, shape, False, samples, level, random)
    return Modes(population.condition.label, ratio, critical, p, separation, smaller, cells, controls)


def _across(population: Population, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Half of the cells, and of the controls, along the direction that splits the other half of the cells in two.

    The third array holds those controls transported to the cells, feature by feature. The mean response is taken out
    first: cells that were not edited lie along it, whatever their share. Directions are in sd of the controls: where
    controls spread widely by themselves, a wide spread of the cells says nothing.
    """
    cells, controls = random.permutation(population.cells), random.permutation(population.controls)
    half, other = len(cells) // 2, len(controls) // 2
    response = shrunken_response(cells[:half], controls[:other])
    response = response / max(np.linalg.norm(response), 1e-12)
    learn, base = (part - np.outer(part @ response, response) for part in (cells[:half], controls[:other]))
    spread = np.concatenate([learn - learn.mean(0), base - base.mean(0)])
    axes = np.linalg.svd(spread, full_matrices=False)[2][:COMPONENTS].T
    axes = axes / np.maximum((base @ axes).std(0), 1e-9)
    learnt = learn @ axes
    direction = axes @ two_means(learnt - learnt.mean(0), random)
    judged = cells[half:], controls[other:], transported(cells[half:], controls[other:], random)
    along = [part @ (direction - response * (response @ direction)) for part in judged]
    sd = max(along[1].std(), 1e-12)
    first, second, third = ((part - part.mean()) / sd for part in along)
    return first, second, third
