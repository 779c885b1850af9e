"""Random requests for plans, and the loss that a layout really has in screens drawn from their law."""

from __future__ import annotations

from typing import Any

import numpy as np
from benchmarks._design_grid import Setting, errors

from semimech.design.contrasts import Reference
from semimech.design.layout import Layout
from semimech.design.planner.plan import Plan

EFFECT = 0.8


def request(number: int) -> dict[str, Any]:
    """The declaration of a small screen, everything in it drawn at random from the number."""
    random = np.random.default_rng([7, number])
    arms, batches = int(random.integers(3, 25)), int(random.integers(2, 7))
    cells = [int(size) for size in random.integers(3 * arms, 8 * arms, batches if random.random() < 0.4 else 1)]
    limit = int(random.integers(-(-arms // 2), arms + 1)) if random.random() < 0.3 else 0
    priorities = [float(one) for one in random.choice([1.0, 2.0, 5.0], arms)] if random.random() < 0.5 else [1.0]
    costs = {"cell": 1.0, "batch": float(random.choice([0, 50, 200])), "guide": 5.0}
    room = sum(cells) * (batches if len(cells) == 1 else 1)
    costs["budget"] = costs["cell"] * room * random.uniform(0.5, 1.0) + costs["batch"] * batches + 5.0 * arms
    return {
        "name": f"setting {number}",
        "components": {
            "cell": 0.5,
            "batch": float(random.choice([0.01, 0.05, 0.2])),
            "interaction": float(random.choice([0.0, 0.01, 0.05])),
            "guide": float(random.choice([0.0, 0.03])),
            "efficiency": float(random.choice([1.0, 1.0, 0.7])),
        },
        "batches": {"number": batches, "cells": cells, "perturbations": limit},
        "costs": costs,
        "perturbations": {
            "names": [f"p{k + 1}" for k in range(arms)],
            "priorities": priorities,
            "guides": [1, 3] if random.random() < 0.5 else [1],
        },
        "target": {"effect": EFFECT, "criterion": str(random.choice(["sum", "sum", "worst"]))},
    }


def empirical(plan: Plan, layout: Layout, reference: Reference, features: int) -> np.ndarray:
    """Variance of every arm's effect (K,) in drawn screens, measured by the package's `effects_of`.

    Every feature is a repeat. Where not all cells are edited, features share which are, so that screens are drawn anew.
    """
    setting = Setting(("", "", ""), layout, plan.request.components)
    repeats = 1 if plan.request.components.efficiency == 1 else 20
    return (errors(setting, reference, features // repeats, repeats) ** 2).mean((0, 2))
