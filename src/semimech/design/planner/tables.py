"""The tables of a plan: perturbations, batches, and classes of genes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from semimech.design.contrasts import contrast_of, mixture_variance
from semimech.design.planner.finding import overall, powers_of
from semimech.design.planner.plan import Plan
from semimech.design.power import minimum_detectable_effect

USUAL_POWER = 0.8
CLASSES = ("quiet", "middle", "noisy")


def arm_table(plan: Plan) -> pd.DataFrame:
    """A row for each perturbation: cells, batches, standard error of its measured effect, power, least effect found."""
    arms, total = plan.request.arms, plan.judged.total
    power = plan.request.target.power or USUAL_POWER
    own = contrast_of(plan.layout).own
    mixture = np.array([mixture_variance(plan.request.target.effect, float(share)) for share in arms.efficiency])
    least = minimum_detectable_effect(
        total - own * mixture, power, plan.judged.level, efficiency=arms.efficiency, own=own
    )
    return pd.DataFrame(
        {
            "name": arms.names,
            "priority": arms.priority,
            "efficiency": arms.efficiency,
            "guides": plan.option.guides,
            "cells": plan.layout.cells.sum(0),
            "batches": np.count_nonzero(plan.layout.cells, 0),
            "standard_error": np.sqrt(total),
            "power": plan.judged.power,
            "least_effect": least,
        }
    )


def batch_table(plan: Plan) -> pd.DataFrame:
    """A row for each batch: cells, lanes, perturbations, controls, and these beside a perturbation's mean cells."""
    layout = plan.layout
    loads = layout.cells.sum(1) + layout.controls
    number = np.count_nonzero(layout.cells, 1)
    return pd.DataFrame(
        {
            "batch": layout.batches,
            "cells": loads,
            "lanes": plan.supply.lanes(loads),
            "perturbations": number,
            "controls": layout.controls,
            "controls_per_arm": layout.controls / np.maximum(layout.cells.sum(1) / np.maximum(number, 1), 1e-9),
        }
    )


def gene_classes(plan: Plan) -> pd.DataFrame:
    """Standard error and power for thirds of the genes by the variance of a cell; empty with fewer than three genes."""
    request, contrast = plan.request, contrast_of(plan.layout)
    components, arms = request.components, request.arms
    table = components.table()
    order = np.argsort(table["cell"].to_numpy(), kind="stable")
    columns = ["genes", "number", "cell", "interaction", "standard_error", "power"]
    if len(order) < len(CLASSES) or np.isnan(table["cell"].to_numpy()).any():
        return pd.DataFrame(columns=columns)
    mixture = np.array([mixture_variance(request.target.effect, float(share)) for share in arms.efficiency])
    rows = []
    for name, genes in zip(CLASSES, np.array_split(order, len(CLASSES)), strict=True):
        mean = table.iloc[genes].mean().clip(lower=0).fillna(0.0)
        variance = contrast.variance(*(np.asarray(mean[c]) for c in ("cell", "batch", "interaction", "guide")))
        powers, _ = powers_of(request.target, arms, variance + contrast.own * mixture)
        error = float(np.sqrt(np.average(variance, weights=arms.priority)))
        rows.append((name, len(genes), mean["cell"], mean["interaction"], error, overall(request.target, arms, powers)))
    return pd.DataFrame(rows, columns=columns)
