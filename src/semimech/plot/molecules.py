"""Molecules that carry a feature, with the atoms that make it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from semimech.audit.conflict_audit import ConflictAudit, Family, bit_of
from semimech.audit.molecules import quiet
from semimech.audit.substructures import carried_atoms
from semimech.support.optional import require

CELL = (260, 220)
SHOWN = 3


def feature_picture(audit: ConflictAudit, feature: str) -> str:
    """SVG of compounds with a high value of the feature: above of the series, below of the outside; a bit's atoms lit.

    Each row goes from the most to the least active of the carriers, evenly spaced.
    """
    chem, draw = require("rdkit.Chem", extra="chem"), require("rdkit.Chem.Draw", extra="chem")
    family: Family = "bits" if feature.startswith("bit ") else "descriptors"
    values = audit.features[family][feature].to_numpy()
    inside = audit.compounds["in_series"].to_numpy()
    rows = [_spread(audit, np.flatnonzero((values >= _high(values[of])) & of)) for of in (inside, ~inside)]
    molecules: list[object] = []
    legends: list[str] = []
    lit: list[tuple[int, ...]] = []
    for where, row in zip(("series", "outside"), rows):
        for place in (*row, *[-1] * (SHOWN - len(row))):
            smiles = audit.compounds["smiles"].iloc[place] if place >= 0 else ""
            molecules.append(chem.MolFromSmiles(smiles))
            legends.append(f"{where}: p = {audit.compounds['p_activity'].iloc[place]:.2f}" if place >= 0 else "")
            lit.append(_atoms(audit, smiles, feature) if family == "bits" and smiles else ())
    with quiet():
        return str(
            draw.MolsToGridImage(
                molecules, molsPerRow=SHOWN, subImgSize=CELL, legends=legends, highlightAtomLists=lit, useSVG=True
            )
        )


def _high(values: np.ndarray) -> float:
    """1 for a bit; the upper tenth of numbers."""
    return 1.0 if set(np.unique(values)) <= {0, 1} else float(np.quantile(values, 0.9))


def _spread(audit: ConflictAudit, places: np.ndarray) -> Sequence[int]:
    order = places[np.argsort(-audit.compounds["p_activity"].to_numpy()[places], kind="stable")]
    chosen = np.unique(np.linspace(0, len(order) - 1, min(SHOWN, len(order))).round().astype(int))
    return [int(place) for place in order[chosen]]


def _atoms(audit: ConflictAudit, smiles: str, feature: str) -> tuple[int, ...]:
    return carried_atoms(smiles, bit_of(feature), audit.options.radius, audit.options.bits)
