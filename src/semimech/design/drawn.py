"""Screens drawn straight from the law of the error analysis: what a layout gives, with every component known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Kind, Perturbation
from semimech.data.scale import Scale
from semimech.data.screen import Screen
from semimech.design.components import Components
from semimech.design.layout import Layout
from semimech.support.errors import UserError


def draw_screen(
    layout: Layout,
    components: Components,
    effects: np.ndarray | None = None,
    *,
    features: int = 100,
    scale: Scale = "log-normalised",
    kind: Kind = "unknown",
    seed: int = 0,
) -> Screen:
    """A screen with this layout: level + batch + [edited] effect + [perturbed] (perturbation x batch + guide) + cell.

    All are normal. Components are the pooled ones, the same for every feature, so that features are repeats of each
    other. effects: of edited cells (arms x features), else drawn with the component `perturbation`. obs has the batch,
    the guide, and whether the cell is really edited. Raises UserError for components that are unknown, and for counts
    as the scale, which the law does not have.
    """
    if scale == "counts":
        raise UserError("The law of the error analysis gives no counts: ask for log-normalised or log-ratio.")
    random = np.random.default_rng(seed)
    arms, batches = len(layout.arms), len(layout.batches)

    def drawn(name: str, *shape: int) -> np.ndarray:
        return np.sqrt(components.value(name)) * random.standard_normal((*shape, features))

    level = np.zeros(features) if scale == "log-ratio" else 5 + random.standard_normal(features)
    effect = drawn("perturbation", arms) if effects is None else np.asarray(effects, float)
    table = _rows(layout)
    batch, arm, guide = (table[name].to_numpy() for name in ("batch", "arm", "guide"))
    values = level + drawn("batch", batches)[batch] + drawn("cell", len(table))
    change = drawn("interaction", batches, arms)[batch, arm]
    change += drawn("guide", arms, int(layout.guides_of_arm.max()))[arm, guide]
    values[arm >= 0] += change[arm >= 0]
    edited = (arm >= 0) & (random.random(len(table)) < components.value("efficiency"))
    values[edited] += effect[arm[edited]]
    return Screen(
        values.astype(np.float32),
        sp.csr_array(np.equal.outer(arm, np.arange(arms)).astype(np.float32)),
        tuple(Perturbation(name, kind) for name in layout.arms),
        pd.DataFrame(index=[f"feature {number + 1}" for number in range(features)]),
        _obs(layout, batch, arm, guide, edited),
        scale,
        "drawn",
    )


def _rows(layout: Layout) -> pd.DataFrame:
    """The numbers of the batch, the arm (-1 of controls) and the guide of every cell."""
    place = np.nonzero(layout.dealt)
    treated = np.repeat(np.stack(place, 1), layout.dealt[place], 0)
    batch = np.repeat(np.arange(len(layout.batches)), layout.controls)
    controls = np.stack([batch, np.full(len(batch), -1), np.zeros(len(batch), int)], 1)
    return pd.DataFrame(np.concatenate([treated, controls]), columns=["batch", "arm", "guide"])


def _obs(layout: Layout, batch: np.ndarray, arm: np.ndarray, guide: np.ndarray, edited: np.ndarray) -> pd.DataFrame:
    names = layout.arms
    columns = {
        "batch": np.array(layout.batches, object)[batch],
        "guide": [f"{names[a]} guide {g + 1}" if a >= 0 else "control" for a, g in zip(arm, guide)],
        "edited": edited,
    }
    return pd.DataFrame(columns, index=[f"cell {number + 1}" for number in range(len(batch))])
