"""The focus of a learner on one context of a screen: do data of other cell lines or batches help to predict it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from semimech.audit.focus.contexts import Contexts, Nearness, contexts_of
from semimech.audit.focus.found import Focus
from semimech.audit.focus.gains import gains, mean_of_known
from semimech.audit.focus.learner import Learner
from semimech.audit.focus.readings import ERROR
from semimech.audit.focus.surface import Protocol, Surface, measure
from semimech.audit.focus.theory import theory_of
from semimech.data.screen import Screen
from semimech.support.errors import UserError, listed
from semimech.support.progress import Monitor, Steps, silent

LEVELS = (0.35, 0.5, 0.65)
MOST_FEATURES = 20


@dataclass(frozen=True, eq=False)
class ContextFocus:
    """What was measured: the focus, the features it is the mean of, the other contexts from near to far."""

    focus: Focus
    features: tuple[str, ...]
    contexts: pd.DataFrame


def context_focus(
    screen: Screen,
    target: str,
    learner: Learner,
    *,
    by: str | None = None,
    nearness: Nearness = "effects",
    features: Sequence[str] = (),
    levels: Sequence[float] = LEVELS,
    largest: int = 5000,
    folder: Path | None = None,
    monitor: Monitor = silent,
    **protocol: Any,
) -> ContextFocus:
    """Predict half of the conditions of the context `target` from the other half and N conditions of other contexts.

    The nearest context comes first, whole. The learner predicts effects on one feature at a time from what was done
    (`likeness` of doses and of declared targets) and is told nothing of contexts; scores are means over `features`,
    by default the 20 of largest variance outside the target. Thresholds are quantiles `levels` of the target's effects;
    values are in units of their standard deviation outside. `step` is by default one context (its median size); the
    other keywords are of `Protocol`. With `folder`, finished repeats are kept there.

    Raises UserError as `contexts_of` does, for an unknown feature, and more than `largest` conditions outside.
    """
    contexts = contexts_of(screen, target, by=by, nearness=nearness)
    table = contexts.table()
    outside = int(table["conditions"].sum())
    if outside > largest:
        raise UserError(
            f"{outside:,} conditions are outside {target}, more than {largest:,}: choose contexts with --keep, or "
            "raise --outsiders (memory grows with its square)."
        )
    chosen = _features(contexts, features)
    plan = {"step": int(table["conditions"].median()), **protocol}
    steps = Steps(monitor, len(chosen))
    surfaces = []
    for number, feature in enumerate(chosen):
        pool = contexts.pool(feature)
        thresholds = tuple(float(one) for one in np.quantile(pool.values[pool.in_series], sorted(levels)))
        kept = folder / f"feature-{number:03d}" if folder else None
        surfaces.append(measure(pool, learner, Protocol(thresholds, **plan), folder=kept, monitor=steps.begin(feature)))
    surface = averaged(surfaces, np.array(sorted(levels)))
    found = Focus(
        surface, gains(surface), theory_of(surface), "conditions", _notes(contexts, table, chosen), leading=ERROR
    )
    return ContextFocus(found, chosen, table)


def averaged(surfaces: Sequence[Surface], levels: np.ndarray) -> Surface:
    """The mean over features of surfaces with the same divisions; `levels` stand for the thresholds of each."""
    parts = {
        field.name: mean_of_known(np.stack([getattr(one, field.name) for one in surfaces]), axis=0)
        for field in fields(Surface)
        if field.name.startswith(("outer", "inner"))
    }
    first = surfaces[0]
    return Surface(first.learner, levels, first.counts, first.sizes, **parts)


def _features(contexts: Contexts, asked: Sequence[str]) -> tuple[str, ...]:
    unknown = [name for name in asked if name not in contexts.features]
    if unknown:
        raise UserError(f"The screen has no feature {unknown[0]}: it has {listed(contexts.features)}.")
    if asked:
        return tuple(asked)
    variance = contexts.values[~contexts.in_series].var(axis=0)
    best = np.sort(np.argsort(-variance, kind="stable")[:MOST_FEATURES])
    return tuple(contexts.features[row] for row in best)


def _notes(contexts: Contexts, table: pd.DataFrame, features: Sequence[str]) -> tuple[str, ...]:
    near = [f"{row['context']} ({row['nearness']:.2f})" for row in table.to_dict("records")]
    said = [
        f"Contexts from near to far: {listed(near, 8)}.",
        f"Scores are means over {len(features)} features: {listed(features, 8)}.",
    ]
    if contexts.dropped:
        said.append(f"{len(contexts.dropped):,} conditions have no effect: {listed(contexts.dropped, 3)}.")
    return tuple(said)
