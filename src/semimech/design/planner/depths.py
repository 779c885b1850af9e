"""How deeply to sequence: fewer cells with more reads each, or more cells with fewer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from semimech.design.components import COLUMNS, NAMES
from semimech.design.depth import at_depth
from semimech.design.planner.feasible import chosen_option
from semimech.design.planner.options import Option
from semimech.design.planner.request import Request
from semimech.design.planner.supply import Supply, supply_of
from semimech.support.errors import UserError


def best_depth(request: Request) -> tuple[float, Supply, Option]:
    """(depth beside the pilot's, supply and option at it): the cheapest with the power asked for, or the least loss.

    Raises the UserError of the first depth where none is feasible.
    """
    found: list[tuple[float, Supply, Option]] = []
    refused: list[UserError] = []
    for depth in request.costs.depths:
        supply = supply_of(sequenced(request, float(depth)))
        try:
            found.append((float(depth), supply, chosen_option(supply)))
        except UserError as error:
            refused.append(error)
    if not found:
        raise refused[0]
    cheap = request.target.power > 0 and request.target.spend == "enough"
    return min(found, key=lambda one: one[2].cost if cheap else one[2].loss)


def sequenced(request: Request, depth: float) -> Request:
    """The request at a multiple of the pilot's depth, its components still on the effect scale of the pilot.

    Effects grow with the depth on the scale of log1p; all variances are divided by the square of that, so that the
    target effect stays what it is.
    """
    costs = replace(request.costs, reads=request.costs.reads * depth, depths=(1.0,))
    if depth == 1:
        return replace(request, costs=costs)
    known = request.components.depths
    deeper = at_depth(request.components, depth)
    growth = float(np.interp(np.log(depth), np.log(known["depth"].to_numpy(float)), known["effect"].to_numpy(float)))
    pooled = deeper.pooled.copy()
    pooled[list(COLUMNS[1:])] /= growth**2
    arrays = {name: getattr(deeper, name) / growth**2 for name in NAMES}
    return replace(request, costs=costs, components=replace(deeper, pooled=pooled, **arrays))
