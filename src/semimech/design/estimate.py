"""Variance components of a screen by the method of moments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from semimech.data.screen import Screen
from semimech.design.components import COLUMNS, NAMES, Components
from semimech.design.count_law import count_law_of
from semimech.design.editing import efficiencies_of, pooled_efficiency
from semimech.design.groups import differences_of, groups_of
from semimech.design.intervals import Square
from semimech.design.squares import (
    Unidentified,
    batch_square,
    cell_square,
    guide_square,
    interaction_square,
    perturbation_square,
)
from semimech.support.errors import UserError

GUIDE_COLUMNS = ("guide", "guide_id", "guide_identity", "guide_ids", "grna", "sgrna", "sgrna_id")


def components_of(screen: Screen, guide: str | None = None, *, seed: int = 0) -> Components:
    """Components of the controls and the 200 largest perturbations, in one reading block by block.

    Each is a mean square of group means less what the components below it give to it, with unequal numbers of cells
    (Henderson 1953, doi:10.2307/3001853); 95 % intervals by chi square, pooled ones with as many degrees of freedom as
    the scatter over perturbations (over batches and features, for `batch`) shows. `guide` names the column
    of obs with the guide of each cell; `seed` draws the cells whose edited share is told (`efficiencies_of`). What the
    design cannot tell is NaN with its reason in `unidentified`. Raises UserError for a column that is not there.
    """
    if seed < 0:
        raise UserError(f"The seed is {seed}: give a whole number of at least 0.")
    groups = groups_of(screen, guide)
    differences = differences_of(groups)
    found: dict[str, Square] = {}
    reasons: dict[str, str] = {}

    def told(name: str, square: Callable[[], Square]) -> np.ndarray:
        try:
            found[name] = square()
        except Unidentified as why:
            reasons[name] = str(why)
            return np.zeros(screen.shape[1])
        return found[name].value

    told("cell", lambda: cell_square(groups))
    guides = told("guide", lambda: guide_square(groups))
    batch = told("batch", lambda: batch_square(groups))
    level = batch if "batch" in found else np.full_like(batch, np.nan)
    interaction = told("interaction", lambda: interaction_square(groups, differences, level, guides))
    effects = differences if screen.is_control.any() or screen.scale == "log-ratio" else []
    told("perturbation", lambda: perturbation_square(effects, interaction, guides))
    if "cell" in found:
        freedom = float(np.median(found["cell"].freedom))
        found = {name: one if name == "cell" else replace(one, noise_freedom=freedom) for name, one in found.items()}
    near = [str(name) for name in screen.obs.columns if str(name).lower() in GUIDE_COLUMNS]
    if guide is None and near:
        reasons["guide"] += f"; obs has {near[0]}: say --guide {near[0]}"
    known = _with_depths(_components(screen, found, reasons), screen)
    try:
        table = efficiencies_of(screen, seed)
    except Unidentified as why:
        return replace(known, unidentified={**reasons, "efficiency": str(why)})
    efficiency, *bounds = pooled_efficiency(table)
    return replace(known, efficiency=efficiency, efficiency_bounds=(bounds[0], bounds[1]), efficiencies=table)


def _with_depths(components: Components, screen: Screen) -> Components:
    law = count_law_of(screen)
    if law is None or "cell" in components.unidentified:
        return components
    return replace(components, counting=law.counting_share(), depths=law.by_depth(components.value("cell")))


def _components(screen: Screen, found: Mapping[str, Square], reasons: Mapping[str, str]) -> Components:
    unknown = np.full(screen.shape[1], np.nan)
    arrays: dict[str, Any] = {name: found[name].value if name in found else unknown for name in NAMES}
    pooled = [(name, *(found[name].pooled() if name in found else (np.nan,) * 3)) for name in NAMES]
    return Components(
        screen.feature_names,
        **arrays,
        efficiency=float("nan"),
        pooled=pd.DataFrame(pooled, columns=list(COLUMNS)),
        unidentified=reasons,
        intervals={name: square.bounds() for name, square in found.items()},
    )
