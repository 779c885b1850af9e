"""What perturbations do in a latent space, and the weights of a network beside the effects seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from semimech.plot.style import BLUE, DIVERGING, GREY, PALE, new_figure, shortened, styled

SHOWN = 40


@styled
def latent_heatmap(effects: pd.DataFrame) -> Figure:
    """Effects of perturbations (rows) on latents (columns), at most 40 of each, those with the largest effects.

    The table has the columns perturbation, latent and effect.
    """
    wide = effects.pivot_table(index="perturbation", columns="latent", values="effect", sort=False)
    size = wide.abs()
    wide = wide.loc[size.sum(axis=1).nlargest(SHOWN).index, size.sum(axis=0).nlargest(SHOWN).index]
    cell = 0.24
    figure = new_figure(3.0 + cell * wide.shape[1], 2.0 + cell * wide.shape[0])
    ax = figure.subplots()
    limit = float(wide.abs().to_numpy().max(initial=0)) or 1.0
    norm = TwoSlopeNorm(0.0, -limit, limit)
    image = ax.pcolormesh(wide.to_numpy(), cmap=DIVERGING, norm=norm, edgecolors=PALE, linewidth=0.4)
    ax.invert_yaxis()
    for axis, names, rotation in ((ax.xaxis, wide.columns, 90), (ax.yaxis, wide.index, 0)):
        labels = [shortened(str(name), 18) for name in names]
        axis.set_ticks(np.arange(len(labels)) + 0.5, labels=labels, rotation=rotation, fontsize=8)
        axis.set_tick_params(length=0)
    ax.set(xlabel="latent", ylabel="perturbation")
    figure.colorbar(image, ax=ax, shrink=0.6, pad=0.02).set_label("mean effect E (E * M)")
    return figure


@styled
def beside_direct(edges: pd.DataFrame, model: str) -> Figure:
    """The weight of each edge against the effect that was seen of its source on its target.

    The table has the columns weight and direct, 0 where the source was not perturbed.
    """
    seen = edges[edges["direct"] != 0]
    figure = new_figure(5.0, 4.8)
    ax = figure.subplots()
    ax.axhline(0, color=GREY, lw=1)
    ax.axvline(0, color=GREY, lw=1)
    ax.scatter(seen["direct"], seen["weight"], s=14, alpha=0.5, color=BLUE, linewidths=0, rasterized=len(seen) > 1_000)
    ax.set(xlabel="direct: shrunken effect seen in training", ylabel="weight of the edge", title=shortened(model))
    return figure
