"""Do groups of rows come from one distribution? The energy statistic with permutations that respect the design."""

from __future__ import annotations

from math import lgamma, log
from typing import NamedTuple

import numpy as np
import pandas as pd

from semimech.evaluate.cells import distances

MIN_ROWS = 8  # rows of a group in a stratum that can be compared


class Energy(NamedTuple):
    """The share of the dispersion that lies between groups (0 to 1), what it must exceed at the level, and p."""

    share: float
    critical: float
    p: float


class Layout(NamedTuple):
    """Which rows can be compared (mask), and what may be swapped: units (codes) within strata (codes).

    why: empty, or in words why groups cannot be told from batches.
    """

    rows: np.ndarray
    strata: np.ndarray
    units: np.ndarray
    why: str = ""

    @property
    def swaps_rows(self) -> bool:
        """Single rows are swapped, so that strata are batches; otherwise whole batches are."""
        return len(np.unique(self.units)) == len(self.units)


def layout_of(groups: np.ndarray, batches: np.ndarray, strata: np.ndarray, level: float) -> Layout:
    """How groups can be compared where rows of one batch (codes) share what the batch did to them.

    Rows are swapped within batches that hold several groups. Where those have too few rows, whole batches are swapped
    within strata, of those that hold one group; where p could hardly fall below the level, there are too few of them.
    """
    within = pd.factorize(pd.MultiIndex.from_arrays([strata, batches]))[0]
    rows = _swappable(groups, within, strata)
    if rows.any():
        return Layout(rows, within, np.arange(len(groups)))
    rows = _comparable(groups, strata, pd.Series(groups).groupby(within).transform("nunique").to_numpy() == 1)
    if not rows.any():
        return Layout(rows, strata, batches, f"no two groups have {MIN_ROWS} rows each that can be compared")
    if _arrangements(groups[rows], within[rows], strata[rows]) < 2 / level:
        why = "each batch holds one group only, and there are too few batches to tell groups from batches"
        return Layout(rows, strata, within, why)
    return Layout(rows, strata, within)


def _swappable(groups: np.ndarray, batches: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """Rows of batches in which a swap changes the statistic, of groups that have enough of them (mask).

    A batch with one row of each group is alike however they are swapped.
    """
    rows = np.ones(len(groups), bool)
    while True:
        of_batch = pd.Series(groups).where(rows).groupby(batches)
        several, size = of_batch.transform("nunique").to_numpy(), of_batch.transform("count").to_numpy()
        kept = _comparable(groups, strata, rows & (several > 1) & (size > several))
        if (kept == rows).all():
            return rows
        rows = kept


def _comparable(groups: np.ndarray, strata: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Those of the rows (mask) of groups with at least MIN_ROWS of them in strata that have two such groups (mask)."""
    table = pd.DataFrame({"group": groups, "stratum": strata})[rows]
    table = table[table.groupby(["stratum", "group"])["group"].transform("size") >= MIN_ROWS]
    table = table[table.groupby("stratum")["group"].transform("nunique") > 1]
    return np.isin(np.arange(len(groups)), table.index)


def _arrangements(groups: np.ndarray, units: np.ndarray, strata: np.ndarray) -> float:
    """In how many ways the groups can be dealt over the units of their strata."""
    table = pd.DataFrame({"group": groups, "unit": units, "stratum": strata}).drop_duplicates("unit")
    total = 0.0
    for _, part in table.groupby("stratum"):
        total += lgamma(len(part) + 1) - sum(lgamma(n + 1) for n in part["group"].value_counts())
    return float(np.exp(min(total, log(1e9))))


def energy_test(
    points: np.ndarray, groups: np.ndarray, layout: Layout, level: float, permutations: int, random: np.random.Generator
) -> Energy:
    """Permutation test of equal distributions of the rows of `points` between groups, within strata.

    share = 1 - sum_s sum_g n_sg D_sg / sum_s n_s D_s, D the mean distance between two rows of the group (of the
    stratum), diagonal included. Rizzo and Szekely 2010 (DISCO), doi:10.1214/09-AOAS245.
    """
    rows = layout.rows
    points, groups = points[rows], pd.factorize(groups[rows])[0]
    strata, units = pd.factorize(layout.strata[rows])[0], pd.factorize(layout.units[rows])[0]
    dealt = _dealt(groups, strata, units, permutations, random)
    total, within = 0.0, np.zeros(permutations + 1)
    for stratum in range(strata.max() + 1):
        here = np.flatnonzero(strata == stratum)
        between = distances(points[here], points[here])
        total += between.sum() / len(here)
        for group in range(groups.max() + 1):
            member = (dealt[here] == group).astype(np.float64)
            size = member.sum(0)
            own = np.einsum("ip,ip->p", member, between @ member)
            within += np.divide(own, size, out=np.zeros_like(own), where=size > 0)
    share = 1 - within / total
    # Ties count against the finding: with few arrangements the observed one comes again.
    p = float((share >= share[0] - 1e-12).mean())
    return Energy(float(share[0]), float(np.quantile(share[1:], 1 - level)), p)


def _dealt(
    groups: np.ndarray, strata: np.ndarray, units: np.ndarray, permutations: int, random: np.random.Generator
) -> np.ndarray:
    """Groups as observed and as dealt again over the units within strata (rows x 1 + permutations)."""
    _, first = np.unique(units, return_index=True)
    of_unit, stratum = groups[first], strata[first]
    dealt = np.repeat(of_unit[:, None], permutations + 1, 1)
    for number in np.unique(stratum):
        here = np.flatnonzero(stratum == number)
        dealt[np.ix_(here, np.arange(1, permutations + 1))] = random.permuted(dealt[here, 1:], axis=0)
    return dealt[units]
