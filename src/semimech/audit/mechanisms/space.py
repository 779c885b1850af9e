"""What mechanisms are sought in: features of structure, nearness of compounds, and where they were measured."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import eigsh

from semimech.audit.fingerprints import morgan, tanimoto
from semimech.audit.partitions import similarity_clusters
from semimech.audit.table import Bioactivities, numbered

DENSE = 600
TANIMOTO, LINEAR, OWN = 80, 40, 30
SHARPNESS = 5
PER_BLOCK = 25
LEAST_GROUPS = 5


@dataclass(frozen=True, eq=False)
class Space:
    """Compounds as a mixture of experts sees them.

    law: n x f, features of one law of structure, and `family` (f,), the kernel each belongs to; own: n x e, the
    features (a constant first) in which a mechanism may depart from it; nearness: n x n, how much a compound votes on
    another's mechanism, 0 on itself; blocks: clusters of similar compounds; assays; units: what is held out together
    and counts as one observation (documents, else assays, else compounds); values: p less its mean; judged: measured,
    not a bound.
    """

    law: np.ndarray
    family: np.ndarray
    own: np.ndarray
    nearness: np.ndarray
    blocks: np.ndarray
    assays: np.ndarray
    units: np.ndarray
    values: np.ndarray
    judged: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: np.ndarray) -> Space:
        """The space of these compounds alone (numbers of rows)."""
        parts = (self.blocks, self.assays, self.units)
        blocks, assays, units = (np.unique(one[rows], return_inverse=True)[1] for one in parts)
        near = self.nearness[np.ix_(rows, rows)]
        return Space(
            self.law[rows], self.family, self.own[rows], near, blocks, assays, units, self.values[rows],
            self.judged[rows],
        )  # fmt: skip

    @cached_property
    def common(self) -> np.ndarray:
        """A constant and the features of one law: n x (1 + f)."""
        return np.column_stack([np.ones(len(self)), self.law])

    @cached_property
    def of_assay(self) -> sp.csr_array:
        """Assays x n: 1 where a compound was measured in the assay."""
        n = len(self)
        return sp.csr_array((np.ones(n), (self.assays, np.arange(n))), shape=(self.assays.max() + 1, n))


def space_of(table: Bioactivities, rows: np.ndarray, seed: int = 0) -> tuple[Space, np.ndarray]:
    """The space of these compounds of the table, and their Morgan fingerprints (radius 3, 1,024 bits)."""
    compounds = table.compounds.iloc[rows]
    bits = morgan(list(compounds["smiles"]))
    similarity = tanimoto(bits, bits).astype(float)
    centred = bits - bits.mean(0)
    alike = _components(similarity, TANIMOTO)
    linear = _components(centred @ centred.T / (centred**2).sum(1).mean(), LINEAR)
    nearness = similarity**SHARPNESS
    np.fill_diagonal(nearness, 0)
    values = compounds["p_activity"].to_numpy(float)
    space = Space(
        law=np.column_stack([alike, linear]),
        family=np.repeat([0, 1], [alike.shape[1], linear.shape[1]]),
        own=np.column_stack([np.ones(len(rows)), alike[:, :OWN]]),
        nearness=nearness,
        blocks=np.unique(similarity_clusters(bits, max(2, len(rows) // PER_BLOCK), seed), return_inverse=True)[1],
        assays=numbered(compounds["assay"]) if "assay" in compounds else np.zeros(len(rows), int),
        units=_units(compounds, len(rows)),
        values=values - values.mean(),
        judged=(compounds["relation"] == "=").to_numpy(),
    )
    return space, bits


def _components(kernel: np.ndarray, count: int) -> np.ndarray:
    """The first components of a kernel (n x n): features (n x count) whose inner products are nearly its values."""
    if len(kernel) <= DENSE:
        values, vectors = np.linalg.eigh(kernel)
    else:
        values, vectors = eigsh(kernel, k=count, v0=np.ones(len(kernel)))
    kept = np.argsort(-values)[:count]
    kept = kept[values[kept] > 1e-6 * values.max()]
    return np.asarray(vectors[:, kept] * np.sqrt(values[kept]))


def _units(compounds: object, count: int) -> np.ndarray:
    for name in ("document", "assay"):
        if name in compounds:  # type: ignore[operator]
            units = numbered(compounds[name])  # type: ignore[index]
            if units.max() + 1 >= LEAST_GROUPS:
                return units
    return np.arange(count)
