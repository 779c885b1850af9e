"""The folder of a plan: its tables, and the simulation of the planned screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from semimech.design.planner.lanes import lane_table
from semimech.design.planner.plan import Plan
from semimech.design.planner.simulation import LAYOUT, NETWORK, random_network, simulation_of
from semimech.design.planner.tables import arm_table, batch_table, gene_classes
from semimech.design.planner.words import sentences_of
from semimech.support.files import replacing, write_json, write_text
from semimech.support.toml import to_toml


def write_plan(plan: Plan, curve: pd.DataFrame, folder: Path) -> list[Path]:
    """Write a plan and its trade-off; gives the paths, the layout first.

    layout.csv and lanes.csv (batch, lane, arm, guide, cells), perturbations.csv, batches.csv, comparison.csv,
    curve.csv, genes.csv where there are classes of genes, plan.json, and simulation.toml with the network it needs.
    """
    lanes = batch_table(plan)["lanes"].to_numpy()
    tables = {
        LAYOUT: plan.layout.table(),
        "lanes.csv": lane_table(plan.layout, lanes),
        "perturbations.csv": arm_table(plan),
        "batches.csv": batch_table(plan),
        "comparison.csv": plan.comparison(),
        "curve.csv": curve,
    }
    genes = gene_classes(plan)
    tables |= {"genes.csv": genes} if len(genes) else {}
    tables |= {NETWORK: random_network(plan)} if plan.request.like is None else {}
    for name, table in tables.items():
        with replacing(folder / name) as beside:
            table.to_csv(beside, index=False)
    write_text(folder / "simulation.toml", to_toml(simulation_of(plan)))
    write_json(folder / "plan.json", _summary(plan), default=str)
    return [folder / name for name in (*tables, "simulation.toml", "plan.json")]


def _summary(plan: Plan) -> dict[str, Any]:
    option = plan.option
    return {
        "name": plan.request.name,
        "sentences": sentences_of(plan),
        "batches": option.batches,
        "guides": option.guides,
        "cells": plan.layout.total,
        "cost": plan.cost,
        "power": plan.judged.overall,
        "level": plan.judged.level,
        "exact": plan.exact,
        "declaration": dict(plan.request.declaration),
    }
