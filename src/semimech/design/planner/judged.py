"""A layout judged: the variance of every effect by its sources, standard errors and power."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from semimech.design.contrasts import Reference, contrast_of
from semimech.design.layout import Layout
from semimech.design.planner.finding import overall, powers_of
from semimech.design.planner.lanes import lane_factor
from semimech.design.planner.program import Program
from semimech.design.planner.supply import Supply

SOURCES = ("cells of the perturbation", "control cells", "interaction with the batch", "guides", "batches", "lanes")


@dataclass(frozen=True, eq=False)
class Judged:
    """variance: of each arm's effect by source (K x SOURCES), infinite where nothing is measured; power: (K,).

    level: of a single test. overall: the power that the target speaks of. loss: what the plan makes small.
    """

    variance: pd.DataFrame
    power: np.ndarray
    level: float
    overall: float
    loss: float

    @property
    def total(self) -> np.ndarray:
        """Variance of each arm's effect (K,)."""
        return self.variance.to_numpy().sum(1)

    def shares(self, weight: np.ndarray) -> pd.Series:
        """The weighted mean share of each source in the variance; the weights are those of the loss."""
        parts = weight @ self.variance.to_numpy()
        return pd.Series(parts / parts.sum(), index=list(SOURCES))


def judged(supply: Supply, program: Program, layout: Layout, reference: Reference = "same batch") -> Judged:
    """The variances of a layout, effects measured against these controls and weighted as `effects_of` does."""
    request, contrast = supply.request, contrast_of(layout, reference)
    lanes = supply.lanes(layout.cells.sum(1) + layout.controls)
    parts = (
        contrast.own * program.spread,
        contrast.control * program.control,
        contrast.spread * program.interaction,
        contrast.guides * request.components.value("guide"),
        contrast.shift * (request.components.value("batch") if (contrast.shift > 1e-12).any() else 0.0),
        lane_factor(layout, lanes) * request.lanes.variance,
    )
    table = pd.DataFrame(np.nan_to_num(np.stack(parts, 1), nan=0.0), index=list(layout.arms), columns=list(SOURCES))
    total = table.to_numpy().sum(1)
    powers, level = powers_of(request.target, request.arms, total)
    return Judged(table, powers, level, overall(request.target, request.arms, powers), program.total_of(total))
