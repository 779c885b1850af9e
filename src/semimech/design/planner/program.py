"""What a layout is judged by: the variances of its effects, and the limits it must keep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Program:
    """An allocation problem: whole numbers of cells for arms (K,) and controls in batches (B,).

    With a_b = control / n_0b + interaction, the variance of the effect of arm p against the controls of the same
    batches is v_p = spread_p / n_p + sum_b (n_pb / n_p)^2 a_b + constant_p, and the loss sum_p weight_p v_p, or with
    `worst` max_p weight_p v_p.

    weight: priority / efficiency^2. spread: variance of one cell of the arm. control: of one control cell.
    constant: what no allocation changes (guides). room: most cells of each batch. total: most cells altogether.
    arms_per_batch: most arms that a batch may hold.
    """

    weight: np.ndarray
    spread: np.ndarray
    control: float
    interaction: float
    constant: np.ndarray
    room: np.ndarray
    total: int
    arms_per_batch: int
    worst: bool = False

    @property
    def arms(self) -> int:
        """Number of arms."""
        return len(self.weight)

    @property
    def batches(self) -> int:
        """Number of batches."""
        return len(self.room)

    def variances(self, cells: np.ndarray, controls: np.ndarray) -> np.ndarray:
        """v (K,) of `cells` (K, B) and `controls` (B,); infinite without cells, or with cells without controls."""
        n = cells.sum(1)
        with np.errstate(divide="ignore", invalid="ignore"):
            shared = self.control / controls + self.interaction
            used = np.where(cells > 0, cells**2 * shared, 0.0).sum(1)
            return np.where(n > 0, self.spread / n + used / n**2, np.inf) + self.constant

    def loss(self, cells: np.ndarray, controls: np.ndarray) -> float:
        """The weighted sum, or the worst, of the variances."""
        return self.total_of(self.variances(cells, controls))

    def total_of(self, variances: np.ndarray) -> float:
        """The loss of variances (K,)."""
        weighted = self.weight * variances
        return float(weighted.max() if self.worst else weighted.sum())

    def keeps_limits(self, cells: np.ndarray, controls: np.ndarray) -> bool:
        """Whether no batch is overfull, the total is kept, and every arm has cells beside controls."""
        load = cells.sum(0) + controls
        return bool(
            (load <= self.room).all()
            and load.sum() <= self.total
            and (np.count_nonzero(cells, 0) <= self.arms_per_batch).all()
            and np.isfinite(self.variances(cells, controls)).all()
            and min(cells.min(), controls.min()) >= 0
        )
