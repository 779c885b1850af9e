"""The mechanisms of a table of bioactivities: how many, which compounds have which, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from semimech.audit.fingerprints import morgan, tanimoto
from semimech.audit.mechanisms.experts import Experts, experts, gates, one_law
from semimech.audit.mechanisms.held_out import STARTS, Divided
from semimech.audit.mechanisms.labels import Known, compare, known_labels
from semimech.audit.mechanisms.selection import number_of
from semimech.audit.mechanisms.space import SHARPNESS, Space, space_of
from semimech.audit.mechanisms.stability import stability
from semimech.audit.partitions import similarity_clusters
from semimech.audit.table import Bioactivities
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, silent

LEAST = 100
VARIES = 0.05
RETURNS = 0.2
CHUNK = 1_000


@dataclass(frozen=True, kw_only=True)
class MechanismOptions:
    """How mechanisms are sought."""

    largest: int = 4
    """The largest number of mechanisms that is tried."""

    count: int | None = None
    """Number of mechanisms to show whatever the data say; the verdict stays that of the data."""

    divisions: int = 3
    """Divisions of the documents into folds, over which log-densities are averaged."""

    resamples: int = 10
    """Resamples of 80 % of the compounds, for stability."""

    level: float = 0.05
    """A further mechanism is taken where held-out documents favour it at this level (one-sided)."""

    compounds: int = 4000
    """At most so many compounds are fitted, drawn at random; the others follow their neighbours."""

    def __post_init__(self) -> None:
        if min(self.largest, self.divisions, self.resamples) < 1 or self.compounds < LEAST:
            raise UserError(f"--largest, --divisions and --resamples must be at least 1, --compounds at least {LEAST}.")
        if self.count is not None and not 1 <= self.count <= 20:
            raise UserError(f"--count {self.count} must be from 1 to 20.")
        if not 0 < self.level < 1:
            raise UserError(f"--level {self.level} must lie between 0 and 1.")


@dataclass(frozen=True, eq=False)
class Mechanisms:
    """Mechanisms, the largest first.

    found: their number by held-out likelihood, 1 where one law is enough, or where more (`favoured`) do not come back
    in resamples, with a mean adjusted Rand index below 0.2; shown: the number that the rest is of (`found`, unless
    another was asked for). numbers: a row for each number tried (`number_of`). compounds: smiles,
    p_activity, mechanism (from 1), probability, agreement (share of the resamples that gave the same one), switches
    (fewer than two thirds did), fitted, and label where there were any. effects: what each Morgan bit does to p by the
    law of each mechanism, on the same compounds, the most different first. indices: adjusted Rand index of each
    resample. known: what the labels say.
    """

    found: int
    shown: int
    numbers: pd.DataFrame
    compounds: pd.DataFrame
    effects: pd.DataFrame
    indices: np.ndarray
    known: Known | None
    level: float
    favoured: int = 1


@threadpool_limits.wrap(limits=1)  # products this small take six times as long by threads that wait for each other
def find_mechanisms(
    table: Bioactivities,
    *,
    labels: pd.Series | np.ndarray | None = None,
    options: MechanismOptions | None = None,
    seed: int = 0,
    monitor: Monitor = silent,
) -> Mechanisms:
    """Seek laws of structure of their own in a table: a mixture of experts, their number by held-out documents.

    p = law(structure) + departure of the compound's mechanism(structure) + shift of assay + Student's noise, with the
    mechanism of a compound voted by its neighbours (Jacobs et al. 1991, doi:10.1162/neco.1991.3.1.79). `labels`, one
    for each compound, are only compared with. Bounds teach at their limit and are not judged.
    Raises UserError for fewer than 100 compounds, or labels that tell nothing apart.

    >>> found = find_mechanisms(table, labels=table.compounds["mechanism"])  # doctest: +SKIP
    >>> found.found, found.compounds[["smiles", "mechanism", "switches"]]  # doctest: +SKIP
    """
    options = options or MechanismOptions()
    if len(table) < LEAST:
        raise UserError(f"{len(table)} compounds are too few to seek mechanisms in: give at least {LEAST}.")
    given = None if labels is None else known_labels(pd.Series(np.asarray(labels), dtype="object"))
    rows = np.sort(np.random.default_rng(seed).permutation(len(table))[: options.compounds])
    space, bits = space_of(table, rows, seed)
    held = Divided(space, seed, options.divisions, monitor)
    favoured, numbers = number_of(held, options.largest, options.level)
    shown = options.count or favoured
    whole, memberships, order, indices, agreement = _come_back(space, shown, options.resamples, seed, monitor)
    found = favoured
    if shown == favoured > 1 and indices.mean() < RETURNS:
        found = 1
        if options.count is None:
            shown = 1
            whole, memberships, order, indices, agreement = _come_back(space, 1, options.resamples, seed, monitor)
    assigned = memberships.argmax(1)
    compounds = _described(table, rows, memberships, agreement)
    known = None
    if given is not None:
        compounds["label"] = given.to_numpy()
        clusters = similarity_clusters(bits, max(shown, 2), seed)
        known = compare(held, given.to_numpy(str)[rows], assigned, clusters, seed)
    effects = _effects(space, bits, whole, order)
    return Mechanisms(found, shown, numbers, compounds, effects, indices, known, options.level, favoured)


def _whole(space: Space, count: int, seed: int) -> Experts:
    base = one_law(space)
    return base if count == 1 else experts(space, count, base, 2 * STARTS, np.random.default_rng([seed, count]))


def _come_back(
    space: Space, count: int, resamples: int, seed: int, monitor: Monitor
) -> tuple[Experts, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The mixture of all compounds, its memberships and order, the largest first, and its stability."""
    whole = _whole(space, count, seed)
    memberships, order = _largest_first(whole.memberships)
    if count == 1:
        return whole, memberships, order, np.ones(resamples), np.ones(len(space))
    found = stability(space, memberships.argmax(1), count, resamples, STARTS, seed, monitor)
    return whole, memberships, order, *found


def _largest_first(memberships: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(-np.bincount(memberships.argmax(1), minlength=memberships.shape[1]), kind="stable")
    return memberships[:, order], order


def _described(table: Bioactivities, rows: np.ndarray, memberships: np.ndarray, agreement: np.ndarray) -> pd.DataFrame:
    """A row for each compound of the table; those that were not fitted have the votes of their neighbours."""
    chances = np.empty((len(table), memberships.shape[1]))
    agreed = np.full(len(table), np.nan)
    chances[rows], agreed[rows] = memberships, agreement
    rest = np.setdiff1d(np.arange(len(table)), rows)
    if len(rest):
        smiles = table.compounds["smiles"]
        fitted = morgan(list(smiles.iloc[rows]))
        for start in range(0, len(rest), CHUNK):
            part = rest[start : start + CHUNK]
            near = tanimoto(morgan(list(smiles.iloc[part])), fitted).astype(float) ** SHARPNESS
            chances[part] = gates(near, memberships)
    found = table.compounds[["smiles", "p_activity"]].copy()
    found["mechanism"], found["probability"] = chances.argmax(1) + 1, chances.max(1)
    found["agreement"], found["switches"] = agreed, agreed < 2 / 3
    return found.assign(fitted=~np.isnan(agreed))


def _effects(space: Space, bits: np.ndarray, found: Experts, order: np.ndarray) -> pd.DataFrame:
    """What each bit that varies does to p by each mechanism's law: difference of means, carriers less others."""
    predicted = found.predict(space.common, space.own)[:, order]
    shares = bits.mean(0)
    kept = np.flatnonzero((shares >= VARIES) & (shares <= 1 - VARIES))
    carried = bits[:, kept].astype(float)
    with_bit, all_of = carried.T @ predicted / carried.sum(0)[:, None], predicted.sum(0)
    without = (all_of - carried.T @ predicted) / (len(space) - carried.sum(0))[:, None]
    columns = [f"mechanism {number}" for number in range(1, found.count + 1)]
    table = pd.DataFrame(
        with_bit - without, index=pd.Index([f"bit {j}" for j in kept], name="feature"), columns=columns
    )
    table["apart"] = table.max(axis=1) - table.min(axis=1)
    return table.sort_values("apart", ascending=False, kind="stable")
