"""Mechanisms found: compounds that are typical of each, and what the same fragments do in each."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from semimech.audit.conflict_audit import bit_of
from semimech.audit.mechanisms.find import Mechanisms
from semimech.audit.molecules import quiet
from semimech.audit.substructures import fragments
from semimech.plot.style import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, new_figure, shortened, styled
from semimech.support.optional import require

CELL = (260, 220)
SHOWN = 4
FRAGMENTS = 10
NAMED_CARRIERS = 200
RADIUS, BITS = 3, 1024
COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, GREY)


def typical_compounds(found: Mechanisms) -> str:
    """SVG of compounds that surely have each mechanism, a row for each, from the most to the least active."""
    chem, draw = require("rdkit.Chem", extra="chem"), require("rdkit.Chem.Draw", extra="chem")
    molecules: list[object] = []
    legends: list[str] = []
    for mechanism, group in found.compounds.groupby("mechanism"):
        sure = group.sort_values(["agreement", "probability"], ascending=False, kind="stable").head(5 * SHOWN)
        sure = sure.sort_values("p_activity", ascending=False, kind="stable")
        places = np.linspace(0, len(sure) - 1, SHOWN).round().astype(int)
        row = sure.iloc[np.unique(places)]
        missing = SHOWN - len(row)
        molecules += [chem.MolFromSmiles(smiles) for smiles in [*row["smiles"], *[""] * missing]]
        legends += [f"mechanism {mechanism}: p = {p:.1f}" for p in row["p_activity"]] + [""] * missing
    with quiet():
        return str(draw.MolsToGridImage(molecules, molsPerRow=SHOWN, subImgSize=CELL, legends=legends, useSVG=True))


@styled
def effect_bars(found: Mechanisms) -> Figure:
    """What the fragments whose effects differ most do to p by the law of each mechanism."""
    table = _distinct(found.effects)[:FRAGMENTS][::-1]
    columns = [name for name in table if name != "apart"]
    figure = new_figure(8.5, 1.6 + 0.22 * len(table) * (len(columns) + 0.6))
    axes = figure.add_subplot()
    height = 0.8 / len(columns)
    for number, name in enumerate(columns):
        places = np.arange(len(table)) + (len(columns) / 2 - number - 0.5) * height
        axes.barh(places, table[name], height * 0.9, color=COLOURS[number % len(COLOURS)], label=name)
    axes.set_yticks(np.arange(len(table)), [_named(found, str(bit)) for bit in table.index])
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_xlabel("p of carriers less that of others, by each mechanism's law")
    axes.set_title("Fragments whose effects differ most" if len(columns) > 1 else "Effects of fragments: one law")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14 if len(table) > 4 else -0.3), ncols=4)
    return figure


def _distinct(effects: pd.DataFrame) -> pd.DataFrame:
    """Bits that the same compounds carry say the same: only the first of them."""
    return effects[~effects.round(9).duplicated()]


def _named(found: Mechanisms, feature: str) -> str:
    """The bit with the commonest fragment that sets it."""
    smiles = list(found.compounds["smiles"][:NAMED_CARRIERS])
    named = fragments(smiles, bit_of(feature), RADIUS, BITS)
    return f"{shortened(named[0][0], 24)}  ({feature})" if named else feature
