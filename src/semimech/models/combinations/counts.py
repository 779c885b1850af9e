"""What a change of expression rates does to the mean of log1p counts, for cells as the controls are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TARGET = 1e4  # counts to which a cell is normalised
LIBRARIES = 6  # library sizes that stand for those of the controls
FURTHEST, STEP = 6.0, 0.25  # of the grid of log-rates around a feature's own
NODES = np.arange(-26.0, 4.01, 0.5)
LEAST_RATE = 1e-9


@dataclass(frozen=True, eq=False)
class CountCurves:
    """For each feature the mean of log(1 + 1e4 x / L) over control cells as a function of its change of log-rate.

    log_rates: of the controls (features,). values: features x grid from -FURTHEST to FURTHEST in steps of STEP.
    """

    log_rates: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, rates: np.ndarray, dispersion: np.ndarray, libraries: np.ndarray) -> CountCurves:
        """From the controls' rates and phi of each feature (features,) and library sizes of control cells."""
        shares = (np.arange(LIBRARIES) + 0.5) / LIBRARIES
        sizes = np.quantile(libraries, shares)
        logs = np.log(np.maximum(rates, LEAST_RATE))
        grid = np.arange(-FURTHEST, FURTHEST + STEP / 2, STEP)
        values = np.zeros((len(rates), len(grid)))
        for size in sizes:
            mean = size * np.exp(logs[:, None] + grid)
            values += mean_log1p(mean, dispersion[:, None], TARGET / size) / LIBRARIES
        return cls(logs, values)

    def effects(self, changes: np.ndarray) -> np.ndarray:
        """Effects (conditions x features) of changes of log-rates, after which rates are made to sum to 1 again."""
        rate = np.exp(self.log_rates)
        total = np.log((rate * np.exp(changes)).sum(1, keepdims=True) / rate.sum())
        place = np.clip((changes - total + FURTHEST) / STEP, 0, self.values.shape[1] - 1 - 1e-9)
        below = place.astype(int)
        column = np.arange(len(rate))
        low, high = self.values[column, below], self.values[column, below + 1]
        resting = self.values[:, round(FURTHEST / STEP)]
        return low + (place - below) * (high - low) - resting


def mean_log1p(mean: np.ndarray, dispersion: np.ndarray, factor: float) -> np.ndarray:
    """E[log(1 + a x)] of a negative binomial x with the given mean and phi (arrays of one shape), a the factor.

    log(1 + a x) = int_0^inf (1 - e^(-a x t)) e^-t / t dt, and E[e^(-s x)] = (1 + phi mu (1 - e^-s))^(-1 / phi), so
    one integral does it, by the trapezoid rule in log t: exact to about 1e-6 for the means of counts.
    """
    size = 1 / np.maximum(dispersion, 1e-6)
    total = np.zeros(np.broadcast(mean, dispersion).shape)
    for node in NODES:
        lost = -np.expm1(-factor * np.exp(node))
        total -= np.expm1(-size * np.log1p(mean / size * lost)) * np.exp(-np.exp(node))
    return total * (NODES[1] - NODES[0])
