"""How many control cells a batch needs."""

from __future__ import annotations

import numpy as np

from semimech.support.errors import UserError


def control_cells(total: int, arms: int) -> int:
    """The control cells that are best among `total` cells of a batch which `arms` share equally.

    With n_0 + K n = N cells, sum_p Var = K sigma^2 (1/n + 1/n_0) is least at n_0 = sqrt(K) n = N / (1 + sqrt(K));
    neither tau^2 nor omega^2 changes it. Dunnett 1955, doi:10.1080/01621459.1955.10501294. Whole cells: the n_0 whose
    remainder is dealt to the arms and that has the least variance of the whole numbers.

    >>> control_cells(1_000, 16)
    200
    """
    if arms < 1 or total < arms + 1:
        raise UserError(f"{total} cells are too few for {arms} perturbations and controls: give one each at least.")
    ideal = total / (1 + np.sqrt(arms))
    # Cells that are left over when the arms are equal make the variance rise and fall with period K.
    near = np.arange(max(1, int(ideal) - arms), min(total - arms, int(ideal) + arms + 1) + 1)
    return int(near[np.argmin(total_variance(near, total, arms))])


def total_variance(controls: np.ndarray, total: int, arms: int) -> np.ndarray:
    """sum over arms of 1/n_p + 1/n_0 for these numbers of controls, the rest dealt to the arms as evenly as it goes."""
    each, over = np.divmod(total - controls, arms)
    with np.errstate(divide="ignore"):
        return over / (each + 1) + (arms - over) / each + arms / controls
