"""Morgan fingerprints, and how alike two sets of them are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from semimech.audit.molecules import quiet
from semimech.audit.table import Bioactivities
from semimech.support.optional import require
from semimech.support.progress import Monitor, silent

EVERY = 1_000
# Rows that are taken together: similarities of more are put together from such blocks.
BLOCK = 4_096


def morgan(
    table: Bioactivities | Sequence[str], radius: int = 3, bits: int = 1024, monitor: Monitor = silent
) -> np.ndarray:
    """Morgan fingerprints of the compounds (or SMILES): compounds x bits, uint8 of 0 and 1.

    Bit j is set where a neighbourhood of at most `radius` bonds hashes to j (Rogers & Hahn 2010,
    doi:10.1021/ci100050t; RDKit's generator, without chirality).
    """
    chem = require("rdkit.Chem", extra="chem")
    generators = require("rdkit.Chem.rdFingerprintGenerator", extra="chem")
    generator = generators.GetMorganGenerator(radius=radius, fpSize=bits)
    smiles = list(table.compounds["smiles"] if isinstance(table, Bioactivities) else table)
    found = np.empty((len(smiles), bits), np.uint8)
    with quiet():
        for i, (row, text) in enumerate(zip(found, smiles)):
            if i % EVERY == 0:
                monitor("fingerprints", i, len(smiles))
            row[:] = generator.GetFingerprintAsNumPy(chem.MolFromSmiles(text))
    return found


def tanimoto(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Tanimoto similarity |x and y| / |x or y| of fingerprints n x bits and m x bits: n x m float32, 1 where both
    are empty.

    >>> tanimoto(np.array([[1, 1, 0]]), np.array([[1, 0, 0], [0, 0, 1]])).tolist()
    [[0.5, 0.0]]
    """
    found = np.ones((len(a), len(b)), np.float32)
    for rows in blocks(len(a)):
        x = np.asarray(a[rows], np.float32)
        for columns in blocks(len(b)):
            y = np.asarray(b[columns], np.float32)
            common = x @ y.T
            union = x.sum(1)[:, None] + y.sum(1)[None] - common
            np.divide(common, union, out=found[rows, columns], where=union > 0)
    return found


def nearest(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The most similar fingerprint of b for each of a, and its Tanimoto similarity: n, n."""
    best, place = np.full(len(a), -1.0, np.float32), np.zeros(len(a), np.int64)
    for columns in blocks(len(b)):
        similarity = tanimoto(a, b[columns])
        own = similarity.argmax(1)
        larger = similarity[np.arange(len(a)), own] > best
        best[larger], place[larger] = similarity[larger, own[larger]], columns.start + own[larger]
    return place, best


def closeness(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and largest Tanimoto similarity of each fingerprint of a to all of b: n, n."""
    found = np.empty((2, len(a)), np.float32)
    for rows in blocks(len(a)):
        similarity = tanimoto(a[rows], b)
        found[0, rows], found[1, rows] = similarity.mean(1), similarity.max(1)
    return found[0], found[1]


def blocks(count: int) -> Iterator[slice]:
    """The rows from 0 to `count` in turn, at most `BLOCK` together."""
    return (slice(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK))
