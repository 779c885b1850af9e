"""How much of the truth was found, where it is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from semimech.plot.style import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, VERMILION, new_figure, shortened, styled

if TYPE_CHECKING:
    from semimech.evaluate.recovery import Recovery

COLOURS = (BLUE, ORANGE, GREEN, PURPLE, VERMILION)


@styled
def recovery_curves(found: Sequence[Recovery]) -> Figure:
    """Precision against recall of the true edges with the base rate, and the signs that are right.

    `found` in the order of importance; all against one truth.
    """
    figure = new_figure(11.5, 5)
    curve, signs = figure.subplots(1, 2, width_ratios=[1.5, 1])
    for one, colour in zip(found, COLOURS, strict=False):
        # Once only edges without any weight are left, all that follows is one tie: the curve ends there.
        recall, precision = np.append(0.0, one.recall), np.append(one.precision[0], one.precision)
        label = f"{shortened(one.name)}: AUPRC {one.auprc:.2f}"
        curve.step(recall, precision, where="pre", color=colour, lw=2.4, label=label)
    base = found[0].base_rate
    curve.axhline(base, color=GREY, lw=1.4, ls=(0, (5, 3)), label=f"random order: {base:.2f}")
    curve.set(xlim=(0, 1), ylim=(0, 1.03), xlabel="recall (share of true edges found)", title="edges")
    curve.set_ylabel("precision (share of called edges that are true)")
    curve.grid()
    names = [shortened(one.name, 22) for one in found]
    accuracy = [one.sign_accuracy for one in found]
    place = np.arange(len(found))
    signs.barh(place, np.nan_to_num(accuracy), color=[COLOURS[i % len(COLOURS)] for i in place], height=0.55)
    for i, one in enumerate(found):
        text = "none found" if np.isnan(one.sign_accuracy) else f"{one.sign_accuracy:.2f} of {one.found} found"
        signs.text(0.02, i, text, va="center", color="white", fontweight="bold", fontsize=10)
    signs.axvline(0.5, color=INK, lw=1.2, ls=(0, (5, 3)))
    signs.text(0.5, 1.01, "chance", fontsize=9, va="bottom", ha="center", transform=signs.get_xaxis_transform())
    signs.set_yticks(place, labels=names)
    signs.invert_yaxis()
    signs.set(xlim=(0, 1), xlabel="true edges found with the right sign (share)", title="signs")
    figure.legend(*curve.get_legend_handles_labels(), loc="outside lower left", ncols=3)
    return figure
