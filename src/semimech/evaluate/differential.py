"""Which features change: Welch's t-test on effects, with Benjamini and Hochberg's false discovery rate."""

from __future__ import annotations

import numpy as np
from scipy import stats

from semimech.data.effects import Effects, group_moments
from semimech.data.screen import Screen


def welch_degrees(screen: Screen, rows: np.ndarray, effects: Effects) -> np.ndarray:
    """Welch-Satterthwaite degrees of freedom of the effects of `rows` (conditions x features).

    nu = s^4 / (a^2 / (n_p - 1) + sum_b c_b^2 / (n_0b - 1)), where s^2 = a + sum_b c_b is the squared standard error
    of the effect: a from its own rows, c_b from the control rows of batch b. NaN where there is no standard error.
    Welch 1947, doi:10.1093/biomet/34.1-2.28.
    """
    total = effects.standard_errors.astype(np.float64) ** 2
    own_freedom = np.maximum(effects.counts - 1, 1)[:, None]
    if screen.scale == "log-ratio":
        return np.where(np.isfinite(total), own_freedom, np.nan)
    batches = screen.batches
    n_batches = int(batches.max()) + 1
    rows = np.asarray(rows)
    _, variance, n = group_moments(screen, rows[screen.is_control[rows]], batches, n_batches)
    share = _batch_shares(screen, rows, effects, n)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.where(n[:, None] > 0, variance / n[:, None], 0)
        control = share**2 @ error
        spread = share**4 @ (error**2 / np.maximum(n - 1, 1)[:, None])
        own = np.maximum(total - control, 0)
        return np.where(total > 0, total**2 / (own**2 / own_freedom + spread), own_freedom + 0.0 * total)


def _batch_shares(screen: Screen, rows: np.ndarray, effects: Effects, controls: np.ndarray) -> np.ndarray:
    """The share of each batch among the measured rows of each condition (conditions x batches)."""
    index = {condition: i for i, condition in enumerate(effects.conditions)}
    place = np.array([index.get(condition, -1) for condition in screen.conditions])[screen.condition_codes[rows]]
    used = (place >= 0) & (controls[screen.batches[rows]] > 0) & ~screen.is_control[rows]
    share = np.zeros((len(effects), len(controls)))
    np.add.at(share, (place[used], screen.batches[rows[used]]), 1.0)
    return share / np.maximum(share.sum(1, keepdims=True), 1)


def significant(
    values: np.ndarray, standard_errors: np.ndarray, degrees: np.ndarray, counted: np.ndarray, rate: float
) -> np.ndarray:
    """True where an effect differs from zero at the false discovery rate (conditions x features).

    Two-sided p of t = value / standard error; within each condition over the counted features, the largest k with
    p_(k) <= rate * k / n. Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where(standard_errors > 0, np.abs(values) / standard_errors, 0.0)
    p = np.where(counted & np.isfinite(t), 2 * stats.t.sf(t, degrees), np.inf)
    p = np.where(np.isnan(p), np.inf, p)
    ordered = np.sort(p, axis=1)
    rank = np.arange(1, p.shape[1] + 1)
    passes = ordered <= rate * rank / np.maximum(counted.sum(1, keepdims=True), 1)
    last = np.where(passes.any(1), p.shape[1] - 1 - passes[:, ::-1].argmax(1), -1)
    threshold = np.where(last >= 0, ordered[np.arange(len(p)), last], -np.inf)
    return p <= threshold[:, None]
