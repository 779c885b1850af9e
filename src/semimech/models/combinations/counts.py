"""What a change of expression rates does to the mean of log1p counts, for cells as the controls are."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from semimech.numerics.counts import expected_log1p

TARGET = 1e4  # counts to which a cell is normalised
LIBRARIES = 6  # library sizes that stand for those of the controls
FURTHEST, STEP = 6.0, 0.25  # of the grid of log-rates around a feature's own
LEAST_RATE, LEAST_DISPERSION = 1e-9, 1e-6

_expected = jax.jit(expected_log1p)


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
        log_theta = jnp.asarray(-np.log(np.maximum(dispersion, LEAST_DISPERSION)), jnp.float32)
        values = np.zeros((len(rates), len(grid)))
        for size in sizes:
            mean = jnp.asarray((logs[:, None] + grid).T + np.log(size), jnp.float32)
            factor = jnp.full(len(grid), TARGET / size, jnp.float32)
            values += np.asarray(_expected(mean, log_theta, factor), float).T / LIBRARIES
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
