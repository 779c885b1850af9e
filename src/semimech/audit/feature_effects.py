"""How much activity changes with each feature of a structure, in one stratum, with heteroscedastic errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import scipy.sparse as sp
from scipy import stats

from semimech.support.errors import UserError

Correction = Literal["bh", "by", "holm", "bonferroni"]
BLOCK = 64
EPSILON = 1e-9


@dataclass(frozen=True, eq=False)
class FeatureEffects:
    """Slope of p on each feature, its standard error, degrees of freedom and two-sided p-value; each (features,)."""

    effect: np.ndarray
    standard_error: np.ndarray
    freedom: np.ndarray
    p_value: np.ndarray


def feature_effects(features: np.ndarray, y: np.ndarray, groups: np.ndarray | None = None) -> FeatureEffects:
    """Least-squares slope of y (n,) on each column of features (n x k), alone; within `groups` where given.

    b = sum (x - mean x) y / sum (x - mean x)^2, its variance sum (x - mean x)^2 e^2 / (1 - h) / (sum (x - mean x)^2)^2
    (HC2; MacKinnon & White 1985, doi:10.1016/0304-4076(85)90158-7). For a feature of 0 and 1 that is the difference of
    means with Welch's error, and its degrees of freedom are Welch's. Within groups (n, integers from 0) x and y are
    taken as differences from their group's mean. There, and for numbers, the degrees of freedom are Satterthwaite's
    (Bell & McCaffrey 2002; Imbens & Kolesar 2016, doi:10.1162/REST_a_00552): few where few compounds tell of a feature.

    >>> y = np.array([1.0, 2.0, 4.0, 6.0])
    >>> feature_effects(np.array([[0], [0], [1], [1]]), y).effect.tolist()
    [3.5]
    """
    y, x = np.asarray(y, float), np.asarray(features)
    if groups is not None:  # a group of one says nothing
        paired = np.bincount(groups)[groups] > 1
        x, y, groups = x[paired], y[paired], np.unique(groups[paired], return_inverse=True)[1]
    parts = [_block(x[:, i : i + BLOCK].astype(float), y, groups) for i in range(0, x.shape[1], BLOCK)]
    effect, variance, freedom = np.concatenate(parts, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = effect / np.sqrt(variance)
    return FeatureEffects(effect, np.sqrt(variance), freedom, 2 * stats.t.sf(np.abs(t), freedom))


def _block(x: np.ndarray, y: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """Slope, variance and degrees of freedom (3 x k) of a few features."""
    of_row = np.zeros(len(y), int) if groups is None else groups
    counts = np.bincount(of_row)
    centred, residual = _centred(x, of_row, counts), _centred(y[:, None], of_row, counts)
    size = (centred**2).sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = residual[:, 0] @ centred / size
        leverage = (1 / counts)[of_row][:, None] + centred**2 / size
        room = np.where(leverage < 1 - EPSILON, 1 - leverage, np.nan)
        shares = (centred * (residual - slope * centred) / size) ** 2 / room
    freedom = _satterthwaite(centred, room, of_row, counts)
    binary = ((x == 0) | (x == 1)).all(0)
    if groups is None and binary.any():
        freedom[binary] = _welch_freedom(x[:, binary], shares[:, binary])
    return np.stack([slope, shares.sum(0), np.where(freedom > 0, freedom, np.nan)])


def _centred(values: np.ndarray, groups: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Values (n x k) less the mean of their group."""
    if len(counts) == 1:
        return values - values.mean(0)
    return values - (_summed(values, groups, counts) / counts[:, None])[groups]


def _satterthwaite(centred: np.ndarray, room: np.ndarray, groups: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Degrees of freedom (tr MD)^2 / tr MDMD of the variance e' D e, where M leaves residuals of even noise.

    D = diag(x^2 / (1 - h)) for the centred feature x, M = I - 1/n_group within groups - x x' / sum x^2.
    """
    size = (centred**2).sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        d = centred**2 / room
        leverage = 1 - room
        lone = (d**2 * ((1 - leverage) ** 2 - leverage**2)).sum(0)
        across = ((d * centred**2).sum(0) / size) ** 2
        sums = _summed(d, groups, counts) ** 2 / counts[:, None] ** 2
        mixed = 2 * _summed(d * centred, groups, counts) ** 2 / counts[:, None] / size
        return np.asarray((d * room).sum(0) ** 2 / (lone + across + (sums + mixed).sum(0)))


def _summed(values: np.ndarray, groups: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Sums of the rows of values (n x k) in each group."""
    members = sp.csr_array((np.ones(len(groups)), (groups, np.arange(len(groups)))), shape=(len(counts), len(groups)))
    return np.asarray(members @ values)


def _welch_freedom(x: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Welch's degrees of freedom, from each row's share of the variance of a difference of two means."""
    ones = x.sum(0)
    of_ones = (shares * x).sum(0)
    of_zeros = shares.sum(0) - of_ones
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = of_ones**2 / (ones - 1) + of_zeros**2 / (len(x) - ones - 1)
        return (of_ones + of_zeros) ** 2 / parts


def corrected(p_values: np.ndarray, method: Correction) -> np.ndarray:
    """p-values adjusted for their number; nan (no variation) stays nan and does not count.

    bh and by hold the false discovery rate (Benjamini & Hochberg 1995; Benjamini & Yekutieli 2001, any dependence),
    holm and bonferroni the chance of any false finding.
    """
    if method not in get_args(Correction):
        raise UserError(f"There is no correction '{method}': use {', '.join(get_args(Correction))}.")
    adjusted = np.full(len(p_values), np.nan)
    known = np.isfinite(p_values)
    p = p_values[known]
    if method in ("bh", "by"):
        adjusted[known] = stats.false_discovery_control(p, method=method) if len(p) else p
    elif method == "bonferroni":
        adjusted[known] = np.minimum(p * len(p), 1)
    else:
        order = np.argsort(p)
        steps = np.minimum(np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p)))), 1)
        adjusted[np.flatnonzero(known)[order]] = steps
    return adjusted
