"""A plan in sentences."""

from __future__ import annotations

import numpy as np

from semimech.design.planner.curve import cost_is_cells
from semimech.design.planner.plan import Plan
from semimech.design.planner.tables import USUAL_POWER, arm_table, batch_table

FEW_BATCHES = 4
REMEDIES = {
    "cells of the perturbation": "more cells would help",
    "control cells": "more control cells would help",
    "interaction with the batch": "only more batches reduce it, more cells do not",
    "guides": "only more guides reduce it, more cells do not",
    "batches": "only controls of the same batch cancel it",
    "lanes": "perturbations with more cells in a batch would be spread more evenly over its lanes",
}


def sentences_of(plan: Plan) -> list[str]:
    """What is to be done, what it shows, what limits it, what it costs, and how plain choices compare."""
    return [
        _layout(plan),
        *_depth(plan),
        _controls(plan),
        _power(plan),
        _sources(plan),
        _cost(plan),
        *_plain(plan),
        _optimality(plan),
    ]


def _depth(plan: Plan) -> list[str]:
    depths = plan.request.declaration.get("costs", {}).get("depths", [])
    if not isinstance(depths, list) or len(depths) < 2:
        return []
    reads = f"{plan.request.costs.reads:,.0f} reads of each cell, " if plan.request.costs.reads else ""
    return [
        f"Sequencing: {reads}{plan.depth:g} times the depth of the pilot, the best of {', '.join(map(str, depths))}."
    ]


def _layout(plan: Plan) -> str:
    arms, batches = arm_table(plan), batch_table(plan)
    inside = "all of them" if (arms["batches"] == len(batches)).all() else f"{_span(arms['batches'])} of them"
    guides = f", {plan.option.guides} guides each" if plan.option.guides > 1 else ""
    return (
        f"{len(batches)} batches with {_span(batches['cells'])} cells, {plan.layout.total:,} together; each of "
        f"{len(arms):,} perturbations in {inside}, with {_span(arms['cells'])} cells in all{guides}."
    )


def _controls(plan: Plan) -> str:
    batches = batch_table(plan)
    ratio, root = float(batches["controls_per_arm"].mean()), float(np.sqrt(batches["perturbations"].mean()))
    return (
        f"Every batch needs {_span(batches['controls'])} control cells of its own, {ratio:.1f} times those of a "
        f"perturbation there (square root of the perturbations in a batch: {root:.1f})."
    )


def _power(plan: Plan) -> str:
    arms, target = arm_table(plan), plan.request.target
    mean = "the worst" if target.criterion == "worst" else "the mean"
    level = f"a false discovery rate of {target.fdr:g}" if target.fdr else f"the level {target.level:g}"
    least = arms["least_effect"][np.isfinite(arms["least_effect"])]
    reach = f"effects of {_span(least, '.2f')} are found" if len(least) else "no effect is found"
    few = plan.layout.cells.shape[0] < FEW_BATCHES
    known = (
        " These are z tests, which know the variance; tests that estimate it in so few batches find less."
        if few
        else ""
    )
    return (
        f"An effect of {target.effect:g} is found with power {plan.judged.overall:.2f} ({mean} of {len(arms):,}; "
        f"{_span(arms['power'], '.2f')}) at {level}; with power {target.power or USUAL_POWER:g} {reach}.{known}"
    )


def _sources(plan: Plan) -> str:
    shares = plan.judged.shares(plan.weight)
    parts = [f"{share:.0%} {name}" for name, share in shares.sort_values(ascending=False).items() if share >= 0.005]
    return f"Of the variance of an effect: {', '.join(parts)}; {REMEDIES[str(shares.idxmax())]}."


def _cost(plan: Plan) -> str:
    budget = plan.request.costs.budget
    if cost_is_cells(plan.request):
        return "No costs were given: the limits of the batches alone decide."
    of = f" of the budget of {budget:,.10g}" if budget else ""
    return f"It costs {plan.cost:,.2f}{of}."


def _plain(plan: Plan) -> list[str]:
    table = plan.comparison().iloc[1:]
    what = "variance of the worst effect" if plan.program.worst else "weighted variance"
    rows = [f"{row['layout']} {_times(row['variance'])} (power {row['power']:.2f})" for row in table.to_dict("records")]
    said = [f"With as many cells in the same batches, the {what} is that of the plan times: {', '.join(rows)}."]
    less = table["layout"][table["variance"] < 0.995].tolist()
    if less:
        said.append(
            f"Here {' and '.join(less)} has less variance, because few controls stand in a batch or batches hardly "
            "differ; it rests on the variance of batches being no larger than declared."
        )
    return said


def _times(value: float) -> str:
    return "beyond measure" if not np.isfinite(value) else f"{value:.2f}"


def _optimality(plan: Plan) -> str:
    if plan.exact:
        return "No layout of so many cells, guides and batches is better: all were gone through."
    gap = plan.judged.loss / plan.option.loss - 1
    return (
        f"Found by rounding and exchange; cells that could be divided would have {_percent(gap)} less variance at best."
    )


def _percent(gap: float) -> str:
    return "under 0.1 %" if gap < 0.001 else f"{100 * gap:.1f} %"


def _span(values: object, form: str = ",.0f") -> str:
    low, high = (format(one, form) for one in (np.min(values), np.max(values)))  # type: ignore[call-overload]
    return low if low == high else f"{low} to {high}"
