"""A Gaussian process over stimuli, inhibitors and times; its variances by the marginal likelihood of what is given."""

from __future__ import annotations

import numpy as np
from benchmarks._hpn_courses import Table
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

FIRST = 5.0  # minutes: times are compared as log(1 + t / FIRST)
LENGTHS = (0.7, 2.0)
PRIOR = (-3.0, 3.0)  # mean and sd of the logarithm of each variance, at 2 % of the weight of a protein


def predict(table: Table, held: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Posterior means of all samples (as `table.values`), every protein with the same kernel."""
    where = np.argwhere(np.ones(held.shape, bool))
    known = (table.measured & ~held).ravel()
    begin = np.flatnonzero(starts)
    kinds = np.r_[where[:, 1], begin]
    inputs = np.concatenate([table.inputs[where[:, 0], where[:, 1]], table.inputs[-1, begin]])
    times = np.r_[table.times[where[:, 2]], np.zeros(len(begin))]
    values = np.concatenate([table.values.reshape(len(where), -1), table.starts[begin]])
    given = np.r_[known, np.ones(len(begin), bool)]
    parts = kernels(inputs, kinds, times, table.stimuli)
    mean = values[given].mean(0)
    centred = values[given] - mean
    inside = np.concatenate([parts[:, given][:, :, given], np.eye(len(centred))[None]])
    variances = np.exp(fitted(inside, centred))
    covariance = np.tensordot(variances, inside, 1)
    across = np.tensordot(variances[:-1], parts[:, :, given], 1)
    return (mean + across @ np.linalg.solve(covariance, centred))[: len(where)].reshape(table.values.shape)


def kernels(inputs: np.ndarray, kinds: np.ndarray, times: np.ndarray, stimuli: int) -> np.ndarray:
    """Covariances of unit variance (parts x samples x samples): what is given, by itself and changing with time."""
    clock = np.log1p(times / FIRST)
    stimulus, compounds = inputs[:, :stimuli], inputs[:, stimuli:]
    which = np.equal.outer(kinds, kinds) * np.outer(kinds > 0, kinds > 0)
    one, same, shared = np.ones(which.shape), stimulus @ stimulus.T, compounds @ compounds.T
    anything = np.outer(stimulus.sum(1), stimulus.sum(1))
    groups = (one, same, anything, which, shared, same * which, same * shared, anything * which)
    distance = np.subtract.outer(clock, clock) ** 2
    changing = [one, *(np.exp(-distance / (2 * length**2)) for length in LENGTHS)]
    return np.stack([group * change for group in groups for change in changing])


def fitted(parts: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Logarithms of the variances at the largest posterior; parts: the last is noise, as `kernels` others."""
    size, proteins = values.shape

    def loss(logs: np.ndarray) -> tuple[float, np.ndarray]:
        covariance = np.tensordot(np.exp(logs), parts, 1) + 1e-8 * np.eye(size)
        factor = cho_factor(covariance, lower=True)
        inverse = cho_solve(factor, np.eye(size))
        solved = inverse @ values
        fit = 0.5 * (values * solved).sum() + proteins * np.log(np.diag(factor[0])).sum()
        slope = 0.5 * np.exp(logs) * np.tensordot(parts, proteins * inverse - solved @ solved.T, ([1, 2], [0, 1]))
        apart = (logs - PRIOR[0]) / PRIOR[1]
        return fit / proteins + 0.01 * apart @ apart, slope / proteins + 0.02 * apart / PRIOR[1]

    start = np.full(len(parts), PRIOR[0])
    return minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=[(-12, 4)] * len(parts), options={"maxiter": 150}
    ).x
