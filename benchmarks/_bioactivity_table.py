"""A large table of bioactivities whose structures are made of scaffolds and substituents, as an export would have it.

The structures are chemistry a reader meets (about 27 heavy atoms, some salts and charges); the activities are made up.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

# {0} and {1} take substituents.
SCAFFOLDS = (
    "c1c({0})ccc(c1)-c1nc({1})ccn1", "c1c({0})ccc2c1nc({1})[nH]2", "O=C(Nc1cccc({0})c1)c1ccc({1})cn1",
    "c1ccc2c(c1)c({0})nn2-c1ccc({1})cc1", "O=C1CCC(N1c1ccc({0})cc1){1}", "c1nc({0})c2cc({1})ccc2n1",
    "O=S(=O)(Nc1ccc({0})cc1)c1ccc({1})s1", "c1cc({0})ccc1C1CCN(CC1)C(=O){1}", "c1c({0})sc(n1)-c1ccc({1})cc1",
    "O=C(c1ccc({0})o1)N1CCN({1})CC1", "c1cc2c(cc1{0})OCC(C2){1}", "c1ccc(cc1)-c1c({0})noc1{1}",
    "Cn1c({0})cc2ccc({1})cc12", "O=c1[nH]c({0})nc2ccc({1})cc12", "c1nc2c(N{0})ncnc2n1C1CC({1})CO1",
    "c1cc({0})cnc1Oc1ccc({1})cc1", "O=C(OC)c1c({0})cccc1N{1}", "C1CC(CCN1{0})Oc1ccc({1})nc1",
    "c1cc(ccc1{0})-c1cc({1})[nH]n1", "O=C(N{0})C1CC1c1ccc({1})cc1", "c1cc2cc({0})ccc2nc1{1}",
    "O=C1NC(=O)C(S1)=Cc1ccc({0})c({1})c1", "c1cc({0})c2c(c1)cccc2{1}", "N#Cc1c({0})cc(nc1N){1}",
    "C1CN(CCC1{0})c1ncc({1})cn1", "O=C(Nc1nc({0})cs1)c1cccc({1})c1", "c1cc({0})ccc1CN1CCC({1})C1",
    "c1nn({0})cc1-c1ccc({1})nc1", "O=C(c1cc({0})ccc1O)Nc1ccc({1})cc1", "CC(C)(c1ccc({0})cc1)C(=O)N{1}",
    "c1cc2c(c(c1){0})C(=O)N(C2){1}", "c1cc(oc1{0})-c1ccc({1})cc1", "C1OC2CC({0})CN2C1{1}",
    "c1c({0})cc(cc1-c1ccncc1){1}", "O=C(CSc1nc({0})cn1C)Nc1ccc({1})cc1", "c1cc({0})cc2c1CCN(C2){1}",
    "FC(F)(F)c1cc({0})cc(c1)C(=O)N{1}", "c1cnc({0})c(n1)-c1ccc({1})cc1", "c1ccc(cc1)C({0})NC(=O){1}",
    "O=c1cc({0})oc2cc({1})ccc12",
)  # fmt: skip
SUBSTITUENTS = (
    "C", "CC", "CCC", "C(C)C", "CC(C)C", "C1CC1", "C1CCC1", "C1CCCC1", "C1CCCCC1", "C1CCOCC1", "C1CCNCC1",
    "CO", "CCO", "CCOC", "CCN", "CCN(C)C", "CCC(=O)O", "CC(=O)N", "CC#N", "CCF", "CC(F)(F)F", "CCCl", "CCS(=O)(=O)C",
    "c1ccccc1", "c1ccc(F)cc1", "c1ccc(Cl)cc1", "c1cccc(Cl)c1", "c1ccccc1Cl", "c1ccc(OC)cc1", "c1cccc(OC)c1",
    "c1ccc(C)cc1", "c1ccc(C#N)cc1", "c1ccc(C(F)(F)F)cc1", "c1ccncc1", "c1cccnc1", "c1ccsc1", "c1ccoc1", "c1cn[nH]c1",
    "c1cnn(C)c1", "c1ncc[nH]1", "c1nccs1", "Cc1ccccc1", "Cc1ccc(F)cc1", "Cc1ccncc1", "CCc1ccccc1", "CN1CCOCC1",
    "CCN1CCCC1", "C1CCN(C)CC1", "CC1CCNCC1", "C(C)(C)C",
)  # fmt: skip
DOCUMENT_SIZE = 40
SERIES = "D00000"
SERIES_SIZE = 300


def bioactivity_table(rows: int, seed: int = 0) -> pd.DataFrame:
    """At most 100,000 rows with nM, relation, assay, document and year; every document works on one or two scaffolds.

    p = 6.5 + effects of scaffold and of both substituents + shifts of assays + noise; 7 % are bounds, one structure in
    fifteen is a hydrochloride. The document D00000 is a series of 300 compounds of one scaffold.
    """
    rng = np.random.default_rng(seed)
    every = np.array(list(product(range(len(SCAFFOLDS)), *(range(len(SUBSTITUENTS)),) * 2)))
    parts = every[rng.permutation(len(every))[:rows]]
    # Sorted by scaffold within a noise of places, so that documents of neighbouring rows share their chemistry.
    parts = parts[np.argsort(parts[:, 0] + rng.normal(0, 0.05, len(parts)), kind="stable")]
    smiles = [SCAFFOLDS[a].format(_ring(SUBSTITUENTS[b], "7"), _ring(SUBSTITUENTS[c], "8")) for a, b, c in parts]
    salted = rng.random(len(parts)) < 1 / 15
    document = np.maximum(np.arange(len(parts)) - SERIES_SIZE + DOCUMENT_SIZE, 0) // DOCUMENT_SIZE
    assay = 2 * document + (rng.random(len(parts)) < 0.3)
    effects = [rng.normal(0, 0.5, size) for size in (len(SCAFFOLDS), len(SUBSTITUENTS), len(SUBSTITUENTS))]
    p = 6.5 + sum(effect[parts[:, i]] for i, effect in enumerate(effects))
    p += rng.normal(0, 0.4, assay.max() + 1)[assay] + rng.normal(0, 0.5, len(parts))
    return pd.DataFrame(
        {
            "canonical_smiles": [f"{text}.Cl" if salt else text for text, salt in zip(smiles, salted)],
            "standard_value": np.round(10 ** (9 - p), 4),
            "standard_units": "nM",
            "standard_relation": np.where(rng.random(len(parts)) < 0.07, ">", "="),
            "standard_type": "IC50",
            "assay_chembl_id": [f"A{i:05d}" for i in assay],
            "document_chembl_id": [f"D{i:05d}" for i in document],
            "document_year": 1995 + rng.integers(0, 30, document.max() + 1)[document],
        }
    )


def _ring(substituent: str, label: str) -> str:
    """The substituent with a single bond to its scaffold and a ring label that no scaffold uses."""
    return f"-{substituent.replace('1', label)}"


def written(folder: Path, rows: int, seed: int = 0) -> Path:
    """The table as a gzipped CSV."""
    path = folder / f"bioactivities-{rows}.csv.gz"
    bioactivity_table(rows, seed).to_csv(path, index=False)
    return path
