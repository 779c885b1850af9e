"""Effects that may have come through a gene that rises, of which its own knock-out says nothing."""

from __future__ import annotations

import numpy as np

from semimech.models.direct.clamps import CLEAR, Clamps


def may_be_indirect(clamps: Clamps, misfit: float) -> np.ndarray:
    """True where an effect is no larger than misfit * the largest clear rise (features x sources).

    A rise: a source moves against the way in which it was itself held. Knock-outs tell what its fall does; where laws
    are far from linear (`Direct.misfit`) what its rise does is not known, and an effect on a third gene may be that.
    The gene itself is no such source.
    """
    flagged = np.zeros((clamps.values.shape[1], len(clamps.sources)), bool)
    ways = np.sign(clamps.levels).sum(0)
    measured = np.flatnonzero(clamps.columns >= 0)
    against = -np.sign(ways[measured])[None, :] * clamps.z[:, clamps.columns[measured]] > CLEAR
    rises = np.where(against & ~clamps.held[:, measured], np.abs(clamps.values[:, clamps.columns[measured]]), 0.0)
    for row, source in zip(*np.nonzero(clamps.held & (clamps.held.sum(1, keepdims=True) == 1)), strict=True):
        order = np.argsort(-rises[row])[:2]
        largest, next_one = (*rises[row, order], 0.0, 0.0)[:2]
        through = np.full(len(flagged), largest)
        through[clamps.columns[measured[order[:1]]]] = next_one
        flagged[:, source] |= np.abs(clamps.values[row]) <= misfit * through
    return flagged
