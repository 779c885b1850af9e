"""Structures by RDKit: read, without salts and charges, in one spelling."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from semimech.audit.options import Standardise
from semimech.support.optional import require
from semimech.support.progress import Monitor, silent

EVERY = 500


@contextmanager
def quiet() -> Iterator[None]:
    """RDKit's own messages are held back: what is wrong is told with row numbers instead."""
    log = require("rdkit.rdBase", extra="chem")
    with warnings.catch_warnings():
        block = log.BlockLogs()
        try:
            yield
        finally:
            del block


def standardised(texts: Iterable[str], to: Standardise, monitor: Monitor = silent) -> pd.DataFrame:
    """Canonical SMILES, average mass in g/mol and reason ("" where the structure could be read) of each text.

    `parent` keeps the largest fragment and neutralises it; `tautomer` also takes RDKit's canonical tautomer; `none`
    leaves the structure as it is. Structures with neither salt nor charge are only spelled canonically.
    """
    chem, mass = require("rdkit.Chem", extra="chem"), require("rdkit.Chem.Descriptors", extra="chem")
    change = _changes(to)
    texts = list(texts)
    rows: list[tuple[str, float, str]] = []
    with quiet():
        for i, text in enumerate(texts):
            if i % EVERY == 0:
                monitor("structures", i, len(texts))
            molecule = chem.MolFromSmiles(text) if text else None
            if molecule is None or molecule.GetNumAtoms() == 0:
                rows.append(("", np.nan, "the structure cannot be read" if text else "no structure"))
                continue
            try:
                changed = change(molecule, text)
                smiles = chem.MolToSmiles(changed)
            except (ValueError, RuntimeError):  # RDKit's own, where a charge or a tautomer makes no molecule
                changed, smiles = None, ""
            # What was changed may be spelled in a way that RDKit itself does not read again.
            if changed is None or (changed is not molecule and chem.MolFromSmiles(smiles) is None):
                rows.append(("", np.nan, "the structure cannot be standardised"))
            else:
                rows.append((smiles, mass.MolWt(molecule), ""))
    return pd.DataFrame(rows, columns=["smiles", "weight", "reason"])


def _changes(to: Standardise) -> Any:
    """The function of a molecule and its text that gives the molecule as it is to be kept."""
    kit = require("rdkit.Chem.MolStandardize.rdMolStandardize", extra="chem")
    uncharger, tautomers = kit.Uncharger(), kit.TautomerEnumerator()

    def change(molecule: Any, text: str) -> Any:
        if to == "none":
            return molecule
        if "." in text:
            molecule = kit.FragmentParent(molecule)
        if "+" in text or "-]" in text:
            molecule = uncharger.uncharge(molecule)
        return tautomers.Canonicalize(molecule) if to == "tautomer" else molecule

    return change
