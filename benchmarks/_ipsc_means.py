"""Means of the knock-outs of human iPSC by day, and a Gaussian process over knock-outs and days."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from semimech.data.effects import group_moments
from semimech.data.screen import Screen

LENGTHS = (1.0, 3.0)  # days


class Means(NamedTuple):
    """values, squared: mean of each gene over cells and its squared standard error (knock-outs x days x genes)."""

    values: np.ndarray
    squared: np.ndarray
    days: np.ndarray
    names: tuple[str, ...]


def means_of(screen: Screen) -> Means:
    """Means of all conditions, every knock-out having been measured on every day."""
    conditions = screen.conditions
    mean, variance, size = group_moments(screen, np.arange(screen.shape[0]), screen.condition_codes, len(conditions))
    times = pd.Series(screen.obs["time"].to_numpy(float)).groupby(screen.condition_codes).first().to_numpy()
    names, days = sorted({c.label.split(" ")[0] for c in conditions}), np.unique(times)
    values = np.full((2, len(names), len(days), screen.shape[1]), np.nan)
    for number, condition in enumerate(conditions):
        at = names.index(condition.names[0]), int(np.searchsorted(days, times[number]))
        values[0][at], values[1][at] = mean[number], variance[number] / size[number]
    return Means(values[0], values[1], days, tuple(names))


def rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))


def process(means: Means, given: np.ndarray) -> np.ndarray:
    """Posterior means of all conditions from those of the given days (as `means.values`).

    covariance of a gene = (its variance over conditions, less that of noise) x (one kernel for all genes) + its own
    squared standard errors.
    """
    shape = means.values.shape
    knock_out, day = (part.ravel() for part in np.indices(shape[:2]))
    known = np.isin(day, given)
    values, squared = (part.reshape(len(day), -1)[known] for part in (means.values, means.squared))
    mean = values.mean(0)
    unit = np.maximum(values.var(0) - squared.mean(0), 0.1 * values.var(0)) ** 0.5
    apart = np.abs(np.subtract.outer(means.days[day], means.days[day]))
    changes = [np.ones(apart.shape), *(np.exp(-apart / length) for length in LENGTHS)]
    same = np.equal.outer(knock_out, knock_out)
    parts = np.stack([*changes, *(same * change for change in changes)])
    inside, noise = parts[:, known][:, :, known], (squared / unit**2).T[:, :, None] * np.eye(known.sum())
    scaled = ((values - mean) / unit).T
    variances = np.exp(likeliest(inside, noise, scaled))
    solved = np.linalg.solve(np.tensordot(variances, inside, 1) + noise, scaled[..., None])[..., 0]
    return (mean + unit * (np.tensordot(variances, parts[:, :, known], 1) @ solved.T)).reshape(shape)


def likeliest(parts: np.ndarray, noise: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Logarithms of the variances of the parts at the largest marginal likelihood; values: genes x conditions."""

    def loss(logs: np.ndarray) -> tuple[float, np.ndarray]:
        inverse = np.linalg.inv(np.tensordot(np.exp(logs), parts, 1) + noise)
        solved = np.einsum("gij,gj->gi", inverse, values)
        fit = 0.5 * (values * solved).sum() - 0.5 * np.linalg.slogdet(inverse)[1].sum()
        slope = 0.5 * np.exp(logs) * np.tensordot(parts, inverse.sum(0) - solved.T @ solved, ([1, 2], [0, 1]))
        return fit / len(values), slope / len(values)

    start = np.full(len(parts), np.log(1 / len(parts)))
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(-12, 4)] * len(parts)).x
