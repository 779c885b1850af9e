"""Which estimator of effects the cells held out of training favour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from semimech.data.effects import Effects, effects_of
from semimech.data.inner import inner_splits
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.effects.methods import Method, estimate
from semimech.models.effects.noise import Noise

LEAST_SHARE = 0.02
ENOUGH = 2_000_000  # entries of held-out tables


def products(
    screen: Screen, split: Split, methods: Sequence[Method], noise: Noise, folds: int, seed: int
) -> np.ndarray:
    """G_ij = sum (x_i - y)' V^-1 (x_j - y) over folds of the training rows (methods x methods), 0 without any.

    x_i: effects by method i from the rows of the other folds; y: those of the rows held out, against control rows of
    their own, with the covariance V of their `noise` (given for all training rows). Rows are held out within conditions
    and batches. Large tables tell enough with fewer folds.
    """
    found, entries = np.zeros((len(methods), len(methods))), 0
    for inner in inner_splits(screen, split, "rows", folds, seed):
        fit, held = effects_of(screen, inner.train), effects_of(screen, inner.test)
        known, doubt = noise.of_part(screen, inner.train, fit), noise.of_part(screen, inner.test, held)
        values = fit.values.astype(float)
        asked, answered = common(held, fit)
        doubt = doubt.take(asked)
        held = held.take(asked)
        white = np.stack(
            [whitened(screen, held, doubt, estimate(m, values, known)[answered] - held.values) for m in methods]
        )
        found += white @ white.T
        entries += white.shape[1]
        if entries > ENOUGH:
            break
    return found


def common(held: Effects, fit: Effects) -> tuple[np.ndarray, np.ndarray]:
    """Where the conditions that both have stand in each."""
    place = {condition: i for i, condition in enumerate(fit.conditions)}
    both = [(i, place[condition]) for i, condition in enumerate(held.conditions) if condition in place]
    return np.array([i for i, _ in both], int), np.array([j for _, j in both], int)


def whitened(screen: Screen, held: Effects, noise: Noise, wrong: np.ndarray) -> np.ndarray:
    """Errors of the effects of held-out conditions (conditions x features) in units of their noise, in one row.

    Entries that do not count, and features that never vary, are 0.
    """
    counted = scored_entries(screen, held.conditions)
    scale = np.sqrt(noise.variance)
    errors = np.divide(wrong * counted, scale, out=np.zeros_like(wrong), where=scale > 0)
    return np.linalg.solve(np.linalg.cholesky(noise.covariance), errors).ravel()


def best_shares(found: np.ndarray) -> np.ndarray:
    """Shares w of the methods, w >= 0 and sum w = 1, that minimise the error w' G w of their mixture (methods,)."""
    from scipy.optimize import minimize

    n = len(found)
    scaled = found / np.trace(found) * n
    start = np.eye(n)[int(np.diag(scaled).argmin())]
    solved = minimize(
        lambda shares: shares @ scaled @ shares,
        start,
        jac=lambda shares: 2 * scaled @ shares,
        bounds=[(0, 1)] * n,
        constraints={"type": "eq", "fun": lambda shares: shares.sum() - 1, "jac": lambda shares: np.ones(n)},
        method="SLSQP",
    )
    shares = np.where(solved.x < LEAST_SHARE, 0.0, solved.x)
    return shares / shares.sum()
