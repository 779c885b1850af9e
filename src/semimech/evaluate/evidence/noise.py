"""How far observed effects are from the true ones: the noise of effects, from rows of like conditions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from semimech.data.covariance import shrunk
from semimech.data.effects import Effects, group_moments
from semimech.data.screen import Screen, normalise

LEAST_FREEDOM = 10  # fewer rows beyond the first of their condition say too little of the noise


@dataclass(frozen=True, eq=False)
class Noise:
    """Errors of effects, matrix-normal: cov(error_cf, error_dg) = between_cd * within_fg.

    between: conditions x conditions, 1 / rows of a condition and what conditions share through their controls.
    within: covariance of one row among the nodes (nodes x nodes), pooled over conditions, its correlations shrunk
    towards 0 as far as their own uncertainty asks. freedom: degrees of freedom behind it.
    """

    between: np.ndarray
    within: np.ndarray
    freedom: int


def noise_of(screen: Screen, rows: np.ndarray, effects: Effects, columns: np.ndarray) -> Noise | None:
    """Noise of effects measured from `rows`, among the features `columns`; None where hardly a condition has two rows.

    Correlations: Schaefer and Strimmer 2005, doi:10.2202/1544-6115.1175.
    """
    rows = np.sort(np.asarray(rows))
    batches, centres, controls = _reference(screen, rows)
    rows = rows[(controls[batches[rows]] > 0) | (screen.scale == "log-ratio")]
    number = {condition: i for i, condition in enumerate(effects.conditions)}
    of_condition = np.array([number.get(condition, -1) for condition in screen.conditions])
    # Control rows scatter about the mean of their batch: one group for each batch.
    groups = np.where(screen.is_control, len(effects) + batches, of_condition[screen.condition_codes])
    rows = rows[groups[rows] >= 0]
    means, _, sizes = group_moments(screen, rows, groups, len(effects) + len(centres), centres, batches)
    freedom = int(np.maximum(sizes - 1, 0).sum())
    if freedom < LEAST_FREEDOM:
        return None
    scatter = np.zeros((len(columns), len(columns)))
    for numbers, block in screen.blocks(rows):
        values = normalise(block, screen.scale).astype(np.float64)
        left = (values - centres[batches[numbers]] - means[groups[numbers]])[:, columns]
        scatter += left.T @ left
    between = np.diag(1.0 / effects.counts)
    if screen.scale != "log-ratio":
        treated = rows[~screen.is_control[rows]]
        share = np.zeros((len(effects), len(centres)))
        np.add.at(share, (groups[treated], batches[treated]), 1.0)
        share /= effects.counts[:, None]
        between += (share / np.maximum(controls, 1)) @ share.T
    return Noise(between, shrunk(scatter / freedom, freedom), freedom)


def _reference(screen: Screen, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(batch of each row, mean of the control rows of each batch, their number); log-ratios need no reference."""
    if screen.scale == "log-ratio":
        return np.zeros(screen.shape[0], int), np.zeros((1, screen.shape[1])), np.zeros(1)
    batches = screen.batches
    centres, _, controls = group_moments(screen, rows[screen.is_control[rows]], batches, int(batches.max()) + 1)
    return batches, centres, controls
