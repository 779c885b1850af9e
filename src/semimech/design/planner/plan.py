"""From a request to a plan: the layout, what it shows, what limits it, and how plain choices compare."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from semimech.design.contrasts import Reference
from semimech.design.layout import Layout
from semimech.design.planner.allocate import allocated
from semimech.design.planner.depths import best_depth
from semimech.design.planner.judged import Judged, judged
from semimech.design.planner.options import Option, option_at, program_of
from semimech.design.planner.plain import plain_layouts
from semimech.design.planner.program import Program
from semimech.design.planner.request import INFINITE, Request
from semimech.design.planner.supply import Supply
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, silent

ROUNDS = 8  # of cells added until whole cells have the power that divided ones had


@dataclass(frozen=True, eq=False)
class Compared:
    """A layout beside the plan: its name, how it is judged, the layout, and the controls it is measured against."""

    name: str
    judged: Judged
    layout: Layout
    reference: Reference = "same batch"


@dataclass(frozen=True, eq=False)
class Plan:
    """A planned screen.

    layout: cells of every perturbation, and controls, in every batch. exact: it is proved to be the best with this many
    batches, guides and cells. judged: the variances and powers of its effects; plain: those of plain layouts with as
    many cells in the same batches. option: the choice with divided cells that it was made from. cost: of the layout.
    depth: of sequencing, beside the pilot's; the request is as it reads at this depth.
    """

    request: Request
    supply: Supply
    option: Option
    program: Program
    layout: Layout
    exact: bool
    judged: Judged
    plain: tuple[Compared, ...]
    cost: float
    depth: float = 1.0

    @property
    def weight(self) -> np.ndarray:
        """Priority / efficiency^2 of the perturbations (K,)."""
        return self.program.weight

    def comparison(self) -> pd.DataFrame:
        """A row for the plan and each plain layout: loss beside the plan's, power, shares of the variance by source."""
        rows = []
        for one in (Compared("planned", self.judged, self.layout), *self.plain):
            scale = one.judged.loss / self.judged.loss
            shares = one.judged.shares(self.weight)
            rows.append({"layout": one.name, "variance": scale, "power": one.judged.overall, **shares.to_dict()})
        return pd.DataFrame(rows)


def plan(request: Request, monitor: Monitor = silent) -> Plan:
    """The layout that serves the request best.

    Numbers of batches, guides and cells are chosen with divided cells (`best_shares`), then whole cells are allocated
    (`allocated`). Raises UserError with the constraint that stands in the way, and the nearest that is feasible.
    """
    monitor("choosing batches", 0, 3)
    depth, supply, option = best_depth(request)
    monitor("allocating cells", 1, 3)
    option, program, layout, exact, found = _with_power(supply, option)
    monitor("comparing", 2, 3)
    plain = tuple(_compared(supply, program, layout))
    cost = supply.cost(layout.cells.sum(1) + layout.controls, option.guides)
    done = Plan(supply.request, supply, option, program, layout, exact, found, plain, cost, depth)
    monitor("comparing", 3, 3)
    return done


def _with_power(supply: Supply, option: Option) -> tuple[Option, Program, Layout, bool, Judged]:
    """The layout of an option; with some cells more where rounding has cost the power that is asked for."""
    request = supply.request
    most = supply.largest(option.batches, option.guides, request.costs.budget or INFINITE)
    for _ in range(ROUNDS):
        program = program_of(supply, option.batches, option.guides, option.total)
        layout, exact = _layout(supply, option, program)
        found = judged(supply, program, layout)
        if found.overall >= request.target.power or option.total >= most:
            break
        missing = max(int(option.total * 0.02 * (request.target.power - found.overall) / 0.01), option.total // 200, 1)
        more = option_at(supply, option.batches, option.guides, INFINITE, min(option.total + missing, most))
        option = more or option
    return option, program, layout, exact, found


def _layout(supply: Supply, option: Option, program: Program) -> tuple[Layout, bool]:
    try:
        cells, controls, exact = allocated(program)
    except ValueError as error:
        raise UserError(
            f"{supply.arms:,} perturbations and their controls do not fit in {option.batches} batches with "
            f"{option.total:,} cells ({error}): allow more cells or perturbations in a batch."
        ) from None
    order = np.argsort(supply.places[: option.batches])
    names = tuple(f"batch {supply.places[k] + 1}" for k in order)
    guides = np.full(supply.arms, option.guides)
    return Layout(names, supply.request.arms.names, cells.T[order], controls[order], guides), exact


def _compared(supply: Supply, program: Program, layout: Layout) -> list[Compared]:
    loads = layout.cells.sum(1) + layout.controls
    alike = replace(program, room=loads, total=int(loads.sum()))
    found = []
    for one in plain_layouts(alike, int(layout.controls.sum())):
        other = Layout(layout.batches, layout.arms, one.cells.T, one.controls, layout.guides)
        found.append(Compared(one.name, judged(supply, program, other, one.reference), other, one.reference))
    return found
