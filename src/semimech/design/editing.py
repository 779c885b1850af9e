"""The share of labelled cells that are really edited, where edited and unedited cells can be told apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from semimech.data.condition import GENETIC
from semimech.data.mixtures import two_components
from semimech.data.populations import MIN_CELLS, Population, population_conditions, populations, response_scores
from semimech.data.screen import Screen
from semimech.design.squares import Unidentified

KINDS = (*GENETIC, "unknown")
LEAST_GAP = 2.0  # sd of the controls between the means of edited and unedited cells: nearer ones are one population
LEAST_SHIFT = 1.0  # sd of the controls, of the whole perturbation: a few far cells are no edited fraction
RESAMPLES = 100
COLUMNS = ("perturbation", "efficiency", "lower", "upper")


def efficiencies_of(screen: Screen, seed: int = 0) -> pd.DataFrame:
    """Edited share of each perturbation with a clear response (perturbation, efficiency, lower, upper; 95 %).

    The cells' scores along the response, in sd of the controls, are (1 - eps) N(0, 1) + eps N(m, s), by EM; intervals
    over resamples of cells. Perturbations with m < 2, or a mean of all cells below 1, are left out: their mixture
    cannot be told from the shape of one population.
    Raises Unidentified where none is left.
    """
    random = np.random.default_rng([seed, 6_271])
    conditions = population_conditions(screen, KINDS)
    if not conditions:
        raise Unidentified(f"no genetic perturbation has {MIN_CELLS} cells beside as many controls of its batches")
    found = [_edited(part, random) for part in populations(screen, conditions, random)]
    rows = [row for row in found if row is not None]
    if not rows:
        raise Unidentified(
            f"none of the {len(found):,} perturbations with enough cells moves its cells far enough from the controls: "
            "edited and unedited cells look alike"
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def pooled_efficiency(table: pd.DataFrame) -> tuple[float, float, float]:
    """Mean over perturbations with its 95 % interval.

    By their scatter, but no narrower than that of one perturbation is on average: the scores of all rest on the same
    controls, whose error does not average out.
    """
    shares = table["efficiency"].to_numpy(float)
    mean, count = float(shares.mean()), len(shares)
    below, above = float((shares - table["lower"]).mean()), float((table["upper"] - shares).mean())
    scatter = stats.t.ppf(0.975, count - 1) * shares.std(ddof=1) / np.sqrt(count) if count > 1 else 0.0
    return mean, max(mean - max(scatter, below), 0.0), _up_to_one(mean + max(scatter, above))


def _edited(population: Population, random: np.random.Generator) -> tuple[str, float, float, float] | None:
    cells, _ = response_scores(population, random)
    observed = two_components(cells[None], True)
    if observed.mean[0, 1] < LEAST_GAP or cells.mean() < LEAST_SHIFT:
        return None
    again = two_components(random.choice(cells, (RESAMPLES, len(cells))), True)
    lower, upper = np.quantile(again.share, (0.025, 0.975))
    return population.condition.label, float(observed.share[0]), float(lower), _up_to_one(float(upper))


def _up_to_one(bound: float) -> float:
    """No number of cells shows that every cell is edited, nor resamples of cells that all look so that one is not."""
    return 1.0 if bound > 0.99 else bound
