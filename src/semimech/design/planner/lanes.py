"""The cells of a batch dealt to its lanes: every arm and the controls evenly, so that what a lane does cancels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from semimech.design.layout import Layout


def dealt_to_lanes(numbers: np.ndarray, lanes: int) -> np.ndarray:
    """Cells of each row in each lane (rows x lanes): cell after cell goes to the next lane, over all rows in order.

    >>> dealt_to_lanes(np.array([5, 2, 3]), 2).tolist()
    [[3, 2], [1, 1], [1, 2]]
    """
    stop = np.cumsum(numbers)[:, None]
    start = stop - numbers[:, None]
    lane = np.arange(lanes)[None, :]
    until_stop, until_start = ((end - lane + lanes - 1) // lanes for end in (stop, start))
    return np.asarray(until_stop - until_start)


def lane_table(layout: Layout, lanes: np.ndarray) -> pd.DataFrame:
    """A row for each batch, lane, arm and guide with its cells, `lanes` the number of them in each batch (B,)."""
    table, parts = layout.table(), []
    for batch, count in zip(layout.batches, lanes, strict=True):
        rows = table[table["batch"] == batch]
        dealt = dealt_to_lanes(rows["cells"].to_numpy(), int(count))
        for lane in range(int(count)):
            part = rows.assign(lane=f"{batch} lane {lane + 1}", cells=dealt[:, lane])
            parts.append(part[part["cells"] > 0])
    return pd.concat(parts, ignore_index=True)[["batch", "lane", "arm", "guide", "cells"]]


def lane_factor(layout: Layout, lanes: np.ndarray) -> np.ndarray:
    """What multiplies the variance of a lane's level in that of each effect (arms,): 0 where arms are dealt evenly.

    sum_b w_pb^2 sum_l (n_pbl / n_pb - n_0bl / n_0b)^2, w_pb = n_pb / n_p.
    """
    weight = layout.cells / np.maximum(layout.cells.sum(0), 1)
    found = np.zeros(len(layout.arms))
    for batch, count in enumerate(lanes):
        if count > 1 and layout.controls[batch]:
            dealt = dealt_to_lanes(np.r_[layout.controls[batch], layout.cells[batch]], int(count))
            share = dealt / np.maximum(dealt.sum(1, keepdims=True), 1)
            found += weight[batch] ** 2 * ((share[1:] - share[0]) ** 2).sum(1)
    return found
