"""Batch factors that multiply: what is left of them in a difference that is not taken of logarithms."""

from __future__ import annotations

import numpy as np

from semimech.design.contrasts import Reference, weights_of
from semimech.design.layout import Layout


def raw_contrast_variance(
    layout: Layout,
    control_mean: float,
    effect: np.ndarray | float,
    cell: float,
    spread: float,
    reference: Reference = "same batch",
) -> np.ndarray:
    """Variance of a difference of means on the raw scale, x = s_b (mean of its arm + cell) (arms,).

    log s_b is normal with this `spread`: a2 = E s^2 = exp(2 spread^2), v = Var s = a2 - exp(spread^2), and

    Var = a2 sigma^2 sum_b (w_b^2 / n_pb + u_b^2 / n_0b) + v sum_b (w_b (control_mean + effect) - u_b control_mean)^2.

    In the same batch v sum_b w_b^2 effect^2 is left, an interaction that grows with the effect and that no number of
    cells reduces; in other batches v times the squares of the means. Of logarithms nothing is left: log s_b is a shift.
    """
    treated, controls = weights_of(layout, reference, "cells", None)
    second = np.exp(2 * spread**2)
    own = np.divide(treated**2, layout.cells, out=np.zeros_like(treated), where=layout.cells > 0)
    beside = layout.controls[:, None]
    of_controls = np.divide(controls**2, beside, out=np.zeros_like(controls), where=beside > 0)
    left = treated * (control_mean + np.asarray(effect, float)) - controls * control_mean
    found = second * cell * (own + of_controls).sum(0) + (second - np.exp(spread**2)) * (left**2).sum(0)
    return np.where(treated.sum(0) > 0, found, np.inf)
