"""Did the edit happen in every cell that was labelled with it?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from semimech.data.condition import GENETIC
from semimech.data.mixtures import tail_of, two_components
from semimech.data.populations import MIN_CELLS, Population, population_conditions, populations, response_scores
from semimech.data.screen import Screen
from semimech.evaluate.assumptions.verdict import CANNOT, Assumption, Verdict, holm, word
from semimech.support.errors import listed

KINDS = (*GENETIC, "unknown")
SHIFT = 1.0  # sd of the controls: a population moved by less looks like one, however many cells there are
INTERVAL = (0.05, 0.95)
EDITING = Assumption(
    "complete-editing",
    "editing is complete",
    "likelihood ratio of a mixture with cells as the controls are, against one component (resampled)",
    "The mean over the cells of a perturbation is its effect.",
    "Means over labelled cells understate the effect by the edited fraction: divide by it, leave out cells that look "
    "unedited, or fit a mixture; do not read the spread as a second attractor.",
    "An effect may be understated by an unknown fraction of unedited cells: compare with the expression of the target.",
)


class Edited(NamedTuple):
    """Of one perturbation: mean shift from controls in sd of the response score, likelihood ratio, p, and fraction.

    critical: what the ratio must exceed at the level, before Holm's adjustment.
    fraction: the share of labelled cells that differ from controls, with a 90 % interval (lower, upper).
    """

    label: str
    shift: float
    ratio: float
    critical: float
    p: float
    fraction: float
    lower: float
    upper: float


def complete_editing(screen: Screen, level: float, permutations: int, random: np.random.Generator) -> Verdict:
    """No perturbation has cells that respond beside cells that look like controls."""
    conditions = population_conditions(screen, KINDS)
    if not conditions:
        why = f"no genetic perturbation has {MIN_CELLS} cells beside as many controls of its batches"
        return Verdict(EDITING, CANNOT, why)
    samples = permutations, int(2 * len(conditions) / level)
    found = [_edited(part, samples, level, random) for part in populations(screen, conditions, random)]
    clear = [one for one in found if one.shift >= SHIFT]
    if not clear:
        why = (
            f"none of the {len(found):,} perturbations with enough cells moves its cells by {SHIFT:g} sd of the "
            "controls along its response: edited and unedited cells look alike"
        )
        return Verdict(EDITING, CANNOT, why)
    adjusted = holm(np.array([one.p for one in clear]))
    ratios = np.array([one.ratio for one in clear])
    worst = clear[int(np.lexsort((-ratios, adjusted))[0])]
    partial = [one for one, p in zip(clear, adjusted, strict=True) if p <= level]
    verdict = word(float(adjusted.min()), level)
    named = listed(f"{one.label} {one.fraction:.0%}" for one in sorted(partial, key=lambda one: one.fraction))
    why = (
        f"{len(partial):,} of {len(clear):,} perturbations with a clear response have cells that look unedited"
        f"{f' (edited fraction: {named})' if partial else ''}, least p = {adjusted.min():.3g} (Holm)"
    )
    effect = float(np.median([one.fraction for one in partial or clear]))
    return Verdict(
        EDITING,
        verdict,
        why,
        worst.ratio,
        worst.critical,
        float(adjusted.min()),
        effect,
        "edited fraction",
        "fraction of labelled cells that differ from controls, 90 % interval",
        _picture(clear, adjusted <= level),
    )


def _picture(found: list[Edited], clear: np.ndarray) -> pd.DataFrame:
    columns = {name: [getattr(one, name) for one in found] for name in ("fraction", "lower", "upper")}
    table = pd.DataFrame({"name": [one.label for one in found], **columns, "clear": clear})
    return table.rename(columns={"fraction": "value"})


def _edited(population: Population, samples: tuple[int, int], level: float, random: np.random.Generator) -> Edited:
    cells, shape = response_scores(population, random)
    observed = two_components(cells[None], True)
    p, critical = tail_of(float(observed.ratio[0]), cells, shape, True, samples, level, random)
    again = two_components(random.choice(cells, (100, len(cells))), True)
    lower, upper = np.quantile(again.share, INTERVAL)
    return Edited(
        population.condition.label,
        float(cells.mean()),
        float(observed.ratio[0]),
        critical,
        p,
        float(observed.share[0]),
        float(lower),
        float(upper),
    )
