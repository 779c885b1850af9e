"""A CellBox ensemble that chooses by its own disagreement what it is fitted to next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.design.next.learning import Curves, Division, Measured
from semimech.models.base import Prediction
from semimech.models.cellbox import CellBox

REPEATS, BATCH, BATCHES, MEMBERS = 20, 11, 3, 8
ENSEMBLE = CellBox(members=MEMBERS, folds=3)


def cellbox_curves(
    screen: Screen, measured: Measured, divide: Callable[[Measured, np.random.Generator], Division]
) -> Curves:
    """Errors after 0, 1, ... batches, the batch of greatest disagreement beside a random one."""
    errors: dict[str, list[list[float]]] = {"random": [], "disagreement": []}
    for seed in range(REPEATS):
        division = divide(measured, np.random.default_rng([seed, 2]))
        first = _predicted(screen, measured, division.known, seed)
        for order, found in errors.items():
            random = np.random.default_rng([seed, 3])
            known, pool, prediction = division.known, division.pool, first
            found.append([_error(measured, prediction, division.held)])
            for _ in range(BATCHES):
                chosen = random.permutation(len(pool))[:BATCH]
                if order == "disagreement":
                    chosen = np.argsort(-_spread(prediction, pool), kind="stable")[:BATCH]
                known, pool = np.r_[known, pool[chosen]], np.delete(pool, chosen)
                prediction = _predicted(screen, measured, known, seed)
                found[-1].append(_error(measured, prediction, division.held))
        print("CellBox", seed, {order: np.round(found[-1], 4).tolist() for order, found in errors.items()}, flush=True)
    ratio = len(division.held) / (len(division.known) + len(division.pool))
    return Curves({order: np.array(found) for order, found in errors.items()}, BATCH * np.arange(BATCHES + 1), ratio)


def _predicted(screen: Screen, measured: Measured, known: np.ndarray, seed: int) -> Prediction:
    """All conditions as the ensemble predicts them that has learnt the known ones."""
    place = {condition: i for i, condition in enumerate(measured.conditions)}
    number = np.array([place.get(condition, -1) for condition in screen.conditions])[screen.condition_codes]
    learnt = np.isin(number, known) | (number < 0)
    split = Split("next", "known", seed, np.flatnonzero(learnt), np.flatnonzero(~learnt))
    whole = ENSEMBLE.fit(screen, split, seed=seed).predict(measured.conditions)
    kept = np.flatnonzero(screen.features["role"] != "input")
    assert whole.spread is not None
    return replace(whole, mean=whole.mean[:, kept], spread=whole.spread[:, kept])


def _error(measured: Measured, prediction: Prediction, held: np.ndarray) -> float:
    seen = measured.values[held]
    return float(((prediction.mean[held] - seen) ** 2).sum() / (seen**2).sum())


def _spread(prediction: Prediction, pool: np.ndarray) -> np.ndarray:
    assert prediction.spread is not None
    return (prediction.spread[pool].astype(float) ** 2).mean(1)
