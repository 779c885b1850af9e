"""One feature, many groups of cells against one control: Wasserstein and Mann-Whitney from one sorting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.special import ndtr

FEW = 8  # cells up to which, without ties, SciPy takes the exact distribution of U


@dataclass(frozen=True, eq=False)
class Points:
    """Distinct values of each group in order: group, value, how many cells have it, and how many are below."""

    group: np.ndarray
    value: np.ndarray
    weight: np.ndarray
    below: np.ndarray


@dataclass(frozen=True, eq=False)
class Compared:
    """Of each group against the control: 1-D Wasserstein distance, two-sided P value, difference of means (groups,)."""

    wasserstein: np.ndarray
    p_value: np.ndarray
    shift: np.ndarray


def compare(values: np.ndarray, groups: np.ndarray, sizes: np.ndarray, controls: np.ndarray, size: int) -> Compared:
    """Compare the groups of one feature with the control cells.

    values, groups: the values of perturbed cells that are not zero, and the group of each; sizes: cells of each group.
    controls: the values of control cells that are not zero, of `size` cells. As scipy.stats.wasserstein_distance and
    mannwhitneyu (its method 'auto', with correction for ties and continuity) of every pair, to rounding.

    W = int |Q_group(u) - Q_control(u)| du: where the group's quantile function stands still at a, the other one crosses
    a once, so each step is three values of the integral of Q_control.
    """
    level, count = _distinct(controls.astype(np.float64), size)
    points = _points(values.astype(np.float64), groups, sizes)
    below = np.concatenate([[0.0], np.cumsum(count)])
    integral = np.concatenate([[0.0], np.cumsum(count * level)])
    lower = below[np.searchsorted(level, points.value, "left")]
    upper = below[np.searchsorted(level, points.value, "right")]
    n = sizes.astype(np.float64)

    begin, end = points.below / n[points.group] * size, (points.below + points.weight) / n[points.group] * size
    cross = np.clip(upper, begin, end)
    p = [np.interp(at, below, integral) for at in (begin, cross, end)]
    steps = points.value * (2 * cross - begin - end) + p[0] + p[2] - 2 * p[1]

    def total(each: np.ndarray) -> np.ndarray:
        return np.bincount(points.group, each, len(n))

    wins = total(points.weight * (lower + upper) / 2)
    same = upper - lower
    ties = (count**3 - count).sum() + total((same + points.weight) ** 3 - same**3 - points.weight)
    p_value = _rank_test(wins, n, size, ties)
    for g in np.flatnonzero((ties == 0) & (np.minimum(n, size) <= FEW)):
        mine = points.group == g
        p_value[g] = stats.mannwhitneyu(points.value[mine], level, method="exact").pvalue
    shift = total(points.value * points.weight) / n - integral[-1] / size
    return Compared(np.maximum(total(steps), 0) / size, p_value, shift)


def _distinct(values: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """(distinct values in order, how many cells have each); cells without a value have 0."""
    values = np.sort(values)
    new = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]])) if values.size else np.zeros(0, int)
    level, count = values[new], np.diff(np.append(new, values.size)).astype(np.float64)
    zeros = size - len(values)
    if zeros:
        at = int(np.searchsorted(level, 0.0))
        level, count = np.insert(level, at, 0.0), np.insert(count, at, float(zeros))
    return level, count


def _points(values: np.ndarray, groups: np.ndarray, sizes: np.ndarray) -> Points:
    zeros = sizes - np.bincount(groups, minlength=len(sizes))
    empty = np.flatnonzero(zeros)
    value, group = np.concatenate([np.zeros(len(empty)), values]), np.concatenate([empty, groups])
    weight = np.concatenate([zeros[empty], np.ones(len(values))]).astype(np.float64)
    order = np.argsort(value)
    # Few groups in a short type: this second, stable sort is a radix sort.
    order = order[np.argsort(group[order].astype(np.uint16 if len(sizes) < 2**16 else np.int64), kind="stable")]
    value, group, weight = value[order], group[order], weight[order]
    new = np.flatnonzero(np.concatenate([[True], (value[1:] != value[:-1]) | (group[1:] != group[:-1])]))
    weight = np.add.reduceat(weight, new)
    value, group = value[new], group[new]
    before = np.cumsum(weight) - weight
    first = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    return Points(group, value, weight, before - np.repeat(before[first], np.diff(np.append(first, len(group)))))


def _rank_test(wins: np.ndarray, n: np.ndarray, m: int, ties: np.ndarray) -> np.ndarray:
    """Two-sided P value of Mann and Whitney's U by the normal approximation; 1 where all values are the same."""
    both = n + m
    spread = np.sqrt(np.maximum(n * m / 12 * (both + 1 - ties / (both * (both - 1))), 0))
    above = np.maximum(wins, n * m - wins) - n * m / 2 - 0.5
    z = np.divide(above, spread, out=np.full(len(n), -np.inf), where=spread > 0)
    return np.asarray(np.minimum(2 * ndtr(-z), 1.0))
