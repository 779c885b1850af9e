"""The planned screen as a simulation: what `semimech simulate` reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from semimech.design.planner.plan import Plan
from semimech.support.files import read_toml

LAYOUT, NETWORK = "layout.csv", "network.csv"
GENES, TARGETS = 30, 3  # genes that are only read, and how many of them each perturbed gene regulates
LEAST_EFFICIENCY = 0.01


def simulation_of(plan: Plan) -> dict[str, Any]:
    """The declaration of a simulation with the plan's layout.

    Like the declared simulation (`like` of the section [simulation]) in all but its sampling; else knock-downs of genes
    of a random network, with the expected efficiencies and factors of batches as wide as the components say.
    """
    path = plan.request.like
    if path is not None:
        return _like(read_toml(path, "simulation file"), path.parent)
    arms = plan.request.arms
    families = []
    for efficiency in np.unique(arms.efficiency):
        nodes = [name for name, share in zip(arms.names, arms.efficiency, strict=True) if share == efficiency]
        share = max(float(efficiency), LEAST_EFFICIENCY)
        families.append({"kind": "knock-down", "nodes": nodes, "efficiency": share})
    spread = float(np.sqrt(plan.request.components.value("batch")))
    return {
        "name": plan.request.name,
        "seed": 0,
        "topology": {"kind": "file", "file": NETWORK},
        "perturbations": families,
        "sampling": {"layout": LAYOUT},
        "measurement": {"batch_spread": min(spread, 5.0)},
    }


def _like(content: Mapping[str, Any], folder: Any) -> dict[str, Any]:
    sampling = {key: value for key, value in content.get("sampling", {}).items() if key == "times"}
    found = {**content, "sampling": {**sampling, "layout": LAYOUT}}
    topology = content.get("topology", {})
    if topology.get("file"):
        found["topology"] = {**topology, "file": str((folder / topology["file"]).resolve())}
    return found


def random_network(plan: Plan) -> pd.DataFrame:
    """Edges source, target, weight: every perturbed gene regulates three genes that are only read."""
    random = np.random.default_rng(0)
    names = plan.request.arms.names
    genes = [name for k in range(GENES + len(names)) if (name := f"gene {k + 1}") not in set(names)][:GENES]
    rows = [
        (name, genes[target], random.choice((-1, 1)) * random.uniform(0.5, 1.5))
        for name in names
        for target in random.choice(len(genes), TARGETS, replace=False)
    ]
    return pd.DataFrame(rows, columns=["source", "target", "weight"])
