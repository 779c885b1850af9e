"""Where untreated cells are at each time: their course, counted from time 0."""

from __future__ import annotations

import numpy as np
import pandas as pd

from semimech.data.effects import group_moments
from semimech.data.screen import Screen


def control_course(screen: Screen, rows: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(start, course): mean of the control rows at time 0 or before, and what they have moved by since then.

    start: (features,); course: times x features; NaN where there are no control rows, on the scale of effects. Within
    the batches that have controls at both times, weighed by rows; over all batches where no batch has both.
    """
    nothing = np.full((len(times), screen.shape[1]), np.nan)
    rows = rows[screen.is_control[rows]]
    if "time" not in screen.obs or not rows.size:
        return nothing[0] if len(nothing) else np.empty(0), nothing
    hours = np.minimum(pd.to_numeric(screen.obs["time"], errors="coerce").to_numpy(float), np.inf)
    hours = np.where(hours <= 0, 0.0, hours)
    batch = screen.obs["batch"].astype(str) if "batch" in screen.obs else pd.Series("", index=screen.obs.index)
    keys = pd.MultiIndex.from_arrays([batch.to_numpy(object), hours])
    codes, groups = pd.factorize(keys)
    mean, _, size = group_moments(screen, rows, codes, len(groups))
    found = {key: (mean[i], size[i]) for i, key in enumerate(groups) if size[i]}
    course = np.stack([_moved(found, time) for time in times]) if len(times) else nothing
    return _pooled(found, 0.0, mean.shape[1]), course


def _moved(found: dict[tuple[str, float], tuple[np.ndarray, float]], time: float) -> np.ndarray:
    both = [batch for batch, hour in found if hour == time and (batch, 0.0) in found]
    if both:
        weights = [1 / (1 / found[batch, time][1] + 1 / found[batch, 0.0][1]) for batch in both]
        moved = [found[batch, time][0] - found[batch, 0.0][0] for batch in both]
        return np.average(moved, axis=0, weights=weights)
    features = len(next(iter(found.values()))[0])
    return _pooled(found, time, features) - _pooled(found, 0.0, features)


def _pooled(found: dict[tuple[str, float], tuple[np.ndarray, float]], time: float, features: int) -> np.ndarray:
    here = [value for (_, hour), value in found.items() if hour == time]
    if not here:
        return np.full(features, np.nan)
    return np.average([mean for mean, _ in here], axis=0, weights=[size for _, size in here])
