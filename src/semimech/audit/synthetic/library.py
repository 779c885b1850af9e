"""Structures without a download: a few scaffolds with three places for substituents each."""

from __future__ import annotations

import numpy as np

from semimech.audit.molecules import standardised
from semimech.support.errors import UserError

SCAFFOLDS = {
    "quinazoline": "c1({0})nc({1})c2cc({2})ccc2n1",
    "pyridine": "c1({0})cc({1})nc({2})c1",
    "benzimidazole": "c1({0})nc2cc({1})cc({2})c2[nH]1",
    "indole": "c1({0})[nH]c2cc({1})cc({2})c2c1",
    "thiazole": "c1({0})nc({1})c({2})s1",
    "pyrazole": "c1({0})[nH]nc({1})c1({2})",
    "diphenyl ether": "c1({0})ccc(Oc2cc({1})cc({2})c2)cc1",
    "sulfonanilide": "c1({0})ccc(S(=O)(=O)Nc2cc({1})cc({2})c2)cc1",
    "benzoylpiperidine": "C1({0})CCN(C(=O)c2cc({1})cc({2})c2)CC1",
}
SUBSTITUENTS = (
    "F", "Cl", "Br", "C", "CC", "C(F)(F)F", "OC", "O", "N", "C#N", "C(N)=O", "C(=O)O", "S(C)(=O)=O", "c3ccccc3",
    "C3CC3", "N3CCOCC3", "NC(C)=O", "OCC", "c3ccncc3", "CN",
)  # fmt: skip
PLACES = 3
ROUNDS = 50


def library(count: int, scaffolds: int, rng: np.random.Generator, families: int = 20, kept: float = 0.5) -> list[str]:
    """`count` distinct structures (canonical SMILES), on `scaffolds` scaffolds drawn at random.

    As chemists make them: each belongs to one of `families`, a lead structure of which every substituent is kept with
    the probability `kept` and else replaced. Raises UserError where there are not so many.

    >>> library(2, 1, np.random.default_rng(0))
    ['FC(F)(F)c1nc(C2CC2)sc1Cl', 'Nc1nc(N)c(O)s1']
    """
    if not 1 <= scaffolds <= len(SCAFFOLDS):
        raise UserError(f"The library has {len(SCAFFOLDS)} scaffolds: ask for 1 to {len(SCAFFOLDS)} of them.")
    chosen = rng.permutation(list(SCAFFOLDS.values()))[:scaffolds]
    core = chosen[np.arange(families) % scaffolds]
    leads = rng.integers(len(SUBSTITUENTS), size=(families, PLACES))
    found: dict[str, None] = {}
    made: set[str] = set()
    for _ in range(ROUNDS):
        family = rng.integers(families, size=count)
        others = rng.integers(len(SUBSTITUENTS), size=(count, PLACES))
        places = np.where(rng.random((count, PLACES)) < kept, leads[family], others)
        texts = [str(core[f]).format(*(SUBSTITUENTS[i] for i in row)) for f, row in zip(family, places)]
        new = [text for text in dict.fromkeys(texts) if text not in made]
        made.update(new)
        found |= dict.fromkeys(standardised(new, "parent")["smiles"])
        if len(found) >= count:
            return list(found)[:count]
    raise UserError(
        f"The library holds about {len(found):,} structures of {scaffolds} scaffolds and {families} families, not "
        f"{count:,}: ask for fewer, for more scaffolds, for a smaller share kept, or name a file of structures."
    )
