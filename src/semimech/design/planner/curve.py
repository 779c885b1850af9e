"""What more or less money would buy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from semimech.design.planner.options import best_option
from semimech.design.planner.plan import Plan
from semimech.design.planner.request import Costs, Request
from semimech.design.planner.supply import supply_of
from semimech.support.progress import Monitor, silent

POINTS = 20
BELOW, ABOVE = 0.2, 2.5  # of the plan's cost


def cost_is_cells(request: Request) -> bool:
    """Nothing costs anything, so that cells are what is counted."""
    costs = request.costs
    return not any((costs.batch, costs.lane, costs.each_cell, costs.guide))


def cost_of(plan: Plan) -> float:
    """The plan's cost, or its cells where nothing costs anything."""
    return float(plan.layout.total) if cost_is_cells(plan.request) else plan.cost


def trade_off(plan: Plan, monitor: Monitor = silent) -> pd.DataFrame:
    """Columns cost, power, cells, batches, guides: the best layouts of a row of budgets, with divided cells.

    Where nothing costs anything, cost is the number of cells.
    """
    request = plan.request
    if cost_is_cells(request):
        request = replace(request, costs=Costs(cell=1.0))
    supply = supply_of(request)
    rows: list[dict[str, float]] = []
    budgets = np.sort(np.r_[np.geomspace(BELOW, ABOVE, POINTS), 1.0]) * cost_of(plan)
    for number, budget in enumerate(budgets):
        monitor("trade-off", number, len(budgets))
        one = best_option(supply, float(budget))
        if one is not None and (not rows or one.cost > rows[-1]["cost"]):
            rows.append(
                {"cost": one.cost, "power": one.power, "cells": one.total, "batches": one.batches, "guides": one.guides}
            )
    monitor("trade-off", 1, 1)
    return pd.DataFrame(rows, columns=["cost", "power", "cells", "batches", "guides"])
