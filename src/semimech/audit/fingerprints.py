"""Morgan fingerprints, and how alike two sets of them are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from semimech.audit.molecules import quiet
from semimech.audit.table import Bioactivities
from semimech.support.optional import require


def morgan(table: Bioactivities | Sequence[str], radius: int = 3, bits: int = 1024) -> np.ndarray:
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
        for row, text in zip(found, smiles):
            row[:] = generator.GetFingerprintAsNumPy(chem.MolFromSmiles(text))
    return found


def tanimoto(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Tanimoto similarity |x and y| / |x or y| of fingerprints n x bits and m x bits: n x m float32, 1 where both
    are empty.

    >>> tanimoto(np.array([[1, 1, 0]]), np.array([[1, 0, 0], [0, 0, 1]])).tolist()
    [[0.5, 0.0]]
    """
    x, y = np.asarray(a, np.float32), np.asarray(b, np.float32)
    common = x @ y.T
    union = x.sum(1)[:, None] + y.sum(1)[None] - common
    return np.divide(common, union, out=np.ones_like(common), where=union > 0)
