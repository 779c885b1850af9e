"""Molecules that carry a feature, with the atoms that make it."""

from __future__ import annotations

import pandas as pd

from semimech.audit.carriers import SHOWN
from semimech.audit.molecules import quiet
from semimech.support.optional import require

CELL = (260, 220)


def feature_picture(carriers: pd.DataFrame) -> str:
    """SVG of the carriers of one feature: above those of the series, below those of the outside; a bit's atoms lit.

    carriers: columns stratum, smiles, p_activity, atoms, as `carriers_of` gives them.
    """
    chem, draw = require("rdkit.Chem", extra="chem"), require("rdkit.Chem.Draw", extra="chem")
    molecules: list[object] = []
    legends: list[str] = []
    lit: list[tuple[int, ...]] = []
    for stratum in ("series", "outside"):
        rows = carriers[carriers["stratum"] == stratum].to_dict("records")
        for row in (*rows, *[None] * (SHOWN - len(rows))):
            molecules.append(chem.MolFromSmiles(row["smiles"] if row else ""))
            legends.append(f"{stratum}: p = {row['p_activity']:.2f}" if row else "")
            lit.append(tuple(int(atom) for atom in str(row["atoms"]).split()) if row else ())
    with quiet():
        return str(
            draw.MolsToGridImage(
                molecules, molsPerRow=SHOWN, subImgSize=CELL, legends=legends, highlightAtomLists=lit, useSVG=True
            )
        )
