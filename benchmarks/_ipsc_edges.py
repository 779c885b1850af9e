"""Edges of iPSC from correlations, knock-outs and slopes, and how well they agree with a reference."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from benchmarks._ipsc_means import Means, rms

from semimech.data.screen import Screen
from semimech.evaluate.recovery import average_precision, precision_recall

DRAWS = 500


def edges(screen: Screen, means: Means) -> Mapping[str, np.ndarray]:
    """Scores of edges (source x target); NaN where nothing is said."""
    moved = means.values - means.values.mean(0)
    scores = {
        "correlation of the means of conditions, less that of the day": absolute(moved.reshape(-1, moved.shape[2]))
    }
    cells = np.concatenate([block for _, block in screen.blocks()]).astype(float)
    codes = pd.factorize(screen.obs["time"])[0]
    centre = np.stack([cells[codes == code].mean(0) for code in range(codes.max() + 1)])
    scores["correlation of cells, less the mean of the day"] = absolute(cells - centre[codes])
    count = len(means.names)
    others = (means.values.sum(0) - means.values) / (count - 1)
    error = np.sqrt(means.squared + (means.squared.sum(0) - means.squared) / (count - 1) ** 2)
    clear = np.abs(means.values - others) / error
    at = [screen.feature_names.index(name) for name in means.names]
    for day, hours in enumerate(means.days):
        table_ = np.full((screen.shape[1],) * 2, np.nan)
        table_[at] = clear[:, day]
        scores[f"z of the knock-out against the others, day {hours:g}"] = table_
    scores["slope of the change in a day on the mean before, by ridge"] = lagged(moved)
    return scores


def lagged(moved: np.ndarray) -> np.ndarray:
    """|slope| x sd of the source / sd of the target (source x target); the ridge by leaving out one transition."""
    before, change = (part.reshape(-1, moved.shape[2]) for part in (moved[:, :-1], np.diff(moved, axis=1)))
    before, change = before / before.std(0), change / change.std(0)
    gram = before @ before.T
    left: dict[float, float] = {}
    for ridge in np.geomspace(1, 1e4, 9) * np.trace(gram) / 1e3:
        solver = np.linalg.inv(gram + ridge * np.eye(len(gram)))
        left[ridge] = rms((solver @ change) / solver.diagonal()[:, None])
    best = min(left, key=lambda ridge: left[ridge])
    return np.abs(before.T @ np.linalg.solve(gram + best * np.eye(len(gram)), change))


def absolute(rows: np.ndarray) -> np.ndarray:
    return np.abs(np.corrcoef(rows.T))


def scored(known: np.ndarray, score: np.ndarray, asked: np.ndarray) -> list[str]:
    """Number of factors, base rate, area with its interval over factors."""
    factors = np.flatnonzero(asked.any(1))

    def area(which: np.ndarray) -> float:
        mask = asked[which]
        return float(average_precision(*precision_recall(score[which][mask], known[which][mask])))

    random = np.random.default_rng(0)
    draws = [random.choice(factors, len(factors)) for _ in range(DRAWS)]
    drawn = [area(which) for which in draws if known[which][asked[which]].any()]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return [str(len(factors)), f"{known[asked].mean():.3f}", f"{area(factors):.3f} [{low:.3f}, {high:.3f}]"]
