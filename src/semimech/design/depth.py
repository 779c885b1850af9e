"""The components of a screen if it were sequenced more deeply, or less."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from semimech.design.components import COLUMNS, NAMES, Components
from semimech.support.errors import UserError


def at_depth(components: Components, multiple: float) -> Components:
    """The components at `multiple` times the depth of the data they are of.

    The variance of a cell changes by the negative-binomial law; effects grow on the effect scale with the depth, and
    the other components with their square. Raises UserError for data that are no counts, and beyond 0.1 to 10 times.
    """
    if not len(components.depths):
        raise UserError("What another depth would give is known of counts alone: leave the depth as it is.")
    known = components.depths["depth"].to_numpy(float)
    if not known[0] <= multiple <= known[-1]:
        raise UserError(f"The depth is {multiple:g} times that of the data: give {known[0]:g} to {known[-1]:g} times.")
    cell, effect = (
        float(np.interp(np.log(multiple), np.log(known), components.depths[column].to_numpy(float)))
        for column in ("cell", "effect")
    )
    factors = dict.fromkeys(NAMES, effect**2) | {"cell": cell / components.value("cell")}
    pooled = components.pooled.copy()
    by_row = pooled["component"].map(factors).to_numpy(float)
    pooled[list(COLUMNS[1:])] = pooled[list(COLUMNS[1:])].mul(by_row, axis=0)
    arrays: dict[str, Any] = {name: getattr(components, name) * factor for name, factor in factors.items()}
    bounds = {name: bound * factors[name] for name, bound in components.intervals.items()}
    nothing = components.depths.iloc[:0]
    return replace(components, **arrays, pooled=pooled, intervals=bounds, depths=nothing)
