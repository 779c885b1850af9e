"""Which document and assay each compound was measured in, and how far each assay shifts it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from semimech.audit.fingerprints import tanimoto
from semimech.audit.synthetic.experiment import Sources

FIRST_YEAR = 2004


def drawn_sources(
    bits: np.ndarray, own: np.ndarray, sources: Sources, rng: np.random.Generator
) -> tuple[pd.DataFrame, np.ndarray]:
    """Document, assay, source and year of each compound, and the shift of its assay (n,).

    bits: fingerprints, n x bits; own: mask of the compounds that are in a document of their own.
    """
    leads = rng.choice(len(own), min(sources.documents, len(own)), replace=False)
    near = tanimoto(bits, bits[leads])
    near /= np.maximum(near.max(1, keepdims=True), np.finfo(np.float32).tiny)
    odds = sources.handwriting * near + rng.gumbel(size=near.shape)
    document = np.where(own, len(leads), odds.argmax(1))
    assay = document * sources.assays + rng.integers(sources.assays, size=len(own))
    laboratory = rng.integers(sources.laboratories, size=len(leads) + 1)
    year = FIRST_YEAR + rng.integers(15, size=len(leads) + 1)
    shifts = _shifts(len(leads) + 1, sources, rng)
    labels = pd.DataFrame(
        {
            "assay": [f"a{number:03d}" for number in assay],
            "document": [f"d{number:03d}" for number in document],
            "source": [f"lab{number + 1}" for number in laboratory[document]],
            "year": year[document].astype(float),
        }
    )
    return labels, shifts[assay]


def _shifts(documents: int, sources: Sources, rng: np.random.Generator) -> np.ndarray:
    """The shift of each assay: a part that is its document's, and a part of its own."""
    of_document = rng.normal(0, sources.shift * np.sqrt(sources.lasting), documents)
    own = rng.normal(0, sources.shift * np.sqrt(1 - sources.lasting), documents * sources.assays)
    return np.repeat(of_document, sources.assays) + own
