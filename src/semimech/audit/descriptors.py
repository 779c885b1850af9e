"""Descriptors of whole molecules that a chemist reads: size, lipophilicity, polarity, rings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from semimech.audit.molecules import quiet
from semimech.audit.table import Bioactivities
from semimech.support.optional import require
from semimech.support.progress import Monitor, silent

EVERY = 1_000

# RDKit's name -> the field's word.
DESCRIPTORS = {
    "exactmw": "mass", "CrippenClogP": "logP", "tpsa": "polar surface", "NumHBD": "H-bond donors",
    "NumHBA": "H-bond acceptors", "NumRotatableBonds": "rotatable bonds", "FractionCSP3": "fraction sp3",
    "NumRings": "rings", "NumAromaticRings": "aromatic rings", "NumAliphaticRings": "aliphatic rings",
    "NumHeterocycles": "heterocycles", "NumAmideBonds": "amide bonds", "NumAtomStereoCenters": "stereocentres",
    "NumSpiroAtoms": "spiro atoms", "NumBridgeheadAtoms": "bridgehead atoms", "hallKierAlpha": "Hall-Kier alpha",
}  # fmt: skip


def descriptors(table: Bioactivities | Sequence[str], monitor: Monitor = silent) -> pd.DataFrame:
    """RDKit's descriptors of the compounds (or SMILES): compounds x descriptors."""
    chem = require("rdkit.Chem", extra="chem")
    properties = require("rdkit.Chem.rdMolDescriptors", extra="chem").Properties(list(DESCRIPTORS))
    smiles = list(table.compounds["smiles"] if isinstance(table, Bioactivities) else table)
    values = np.empty((len(smiles), len(DESCRIPTORS)))
    with quiet():
        for i, (row, text) in enumerate(zip(values, smiles)):
            if i % EVERY == 0:
                monitor("descriptors", i, len(smiles))
            row[:] = list(properties.ComputeProperties(chem.MolFromSmiles(text)))
    return pd.DataFrame(values, columns=list(DESCRIPTORS.values()))
