"""Gaussian-process (kernel ridge) regression for every number of outsiders from one Cholesky factorisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.special import log_ndtr

from semimech.audit.focus.learner import Predictions, Task
from semimech.audit.focus.pool import EXACT
from semimech.support.errors import UserError

LABEL_CENTRE = 0.5


@dataclass(frozen=True)
class Kernel:
    """Kernel ridge regression on the similarity, of labels and of the value with its censoring.

    With rows in the order they are added, K + c + noise I = L Lᵀ holds for every N in the leading block of one L, so
    that predictions m_N(x) = Σ_{i<=N} (L⁻¹k(x))_i (L⁻¹y)_i are running sums; so are the leave-one-out predictions
    y_i - [K⁻¹y]_i / [K⁻¹]_ii of the training half (Rasmussen and Williams 2006, section 5.4.2). A censored value is
    replaced, when its turn comes, by its expectation under what was learnt from the rows before (assumed-density
    filtering); a label left open by censoring adds nothing.

    `noise` are variances relative to the kernel's, of which each N and each target takes the one with the least
    leave-one-out error; `constant` is the prior variance of the intercept.
    """

    noise: tuple[float, ...] = (0.1, 0.3, 1.0)
    constant: float = 1.0

    def __post_init__(self) -> None:
        if not self.noise or min(self.noise) <= 0 or self.constant < 0:
            raise UserError("The kernel learner needs noise above 0 and a constant of at least 0.")

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return "kernel"

    @property
    def side_by_side(self) -> bool:
        """Repeats may run in threads: NumPy frees them for each other."""
        return True

    def predict(self, task: Task) -> Predictions:
        """The predictions for every N, of the noise that predicts the training half best when left out."""
        tried = [self._at(task, noise) for noise in self.noise]
        truth = task.targets[task.division.train].T
        errors = np.stack([np.nanmean((one.left_out - truth) ** 2, axis=2) for one in tried])
        best = np.nan_to_num(errors, nan=np.inf).argmin(axis=0)[None, :, :, None]
        test, left_out = (
            np.take_along_axis(np.stack([getattr(one, part) for one in tried]), best, axis=0)[0]
            for part in ("test", "left_out")
        )
        return Predictions(test, left_out)

    def _at(self, task: Task, noise: float) -> Predictions:
        order, train, pool = task.order, task.division.train, task.pool
        gram = pool.similarity[np.ix_(order, order)]
        gram += self.constant
        gram[np.diag_indices_from(gram)] += noise
        # In the columns of the transpose, so that the factor takes the place of the matrix, and its rows lie together.
        lower = cholesky(gram.T, lower=False, overwrite_a=True, check_finite=False).T
        centre = np.append(np.full(len(task.thresholds), LABEL_CENTRE), pool.values[train].mean())
        exact = train[pool.relation[train] == EXACT]
        scale = pool.values[exact].std() / np.sqrt(1 + noise)
        whitened, used = forward(lower, task.targets[order] - centre, pool.relation[order], max(float(scale), 1e-12))
        sides = np.zeros((len(order), len(task.division.test) + len(train)))
        sides[:, : len(task.division.test)] = pool.similarity[np.ix_(order, task.division.test)] + self.constant
        sides[np.arange(len(train)), len(task.division.test) + np.arange(len(train))] = 1.0
        sides = solve_triangular(lower, sides, lower=True, overwrite_b=True, check_finite=False)
        sums, precisions = running_sums(sides, whitened, len(train) + task.counts, len(task.division.test))
        known = used[: len(train)].T
        left_out = known - sums[:, :, len(task.division.test) :] / precisions[:, None]
        return Predictions(
            sums[:, :, : len(task.division.test)] + centre[:, None],
            left_out + centre[:, None],
        )


def forward(
    lower: np.ndarray, targets: np.ndarray, relation: np.ndarray, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """L⁻¹ y and y, with what is open filled in on the way: n x k targets, the last being the censored value.

    A NaN is filled with its prediction from the rows before; a censored last column with the mean of the normal
    (prediction, scale² L_ii²) beyond its bound.
    """
    whitened, used = np.empty_like(targets), targets.copy()
    for row, factors in enumerate(lower):
        diagonal = factors[row]
        predicted = factors[:row] @ whitened[:row]
        unknown = np.isnan(used[row])
        used[row, unknown] = predicted[unknown]
        if relation[row] != EXACT:
            used[row, -1] = beyond(predicted[-1], scale * diagonal, targets[row, -1], int(relation[row]))
        whitened[row] = (used[row] - predicted) / diagonal
    return whitened, used


def beyond(mean: float, sd: float, bound: float, side: int) -> float:
    """Mean of a normal variable known to lie above (`side` 1) or below (-1) the bound.

    >>> round(beyond(0.0, 1.0, 0.0, 1), 4)
    0.7979
    """
    distance = side * (mean - bound) / sd
    hazard = np.exp(-0.5 * distance**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(distance))
    return float(mean + side * sd * hazard)


def running_sums(sides: np.ndarray, whitened: np.ndarray, ends: np.ndarray, test: int) -> tuple[np.ndarray, np.ndarray]:
    """Σ_{i < end} sides_i whitened_i (ends x k x columns) and Σ sides_i² of the columns after `test`, for each end."""
    sums = np.empty((len(ends), whitened.shape[1], sides.shape[1]))
    precisions = np.empty((len(ends), sides.shape[1] - test))
    total, precision, begin = 0.0, 0.0, 0
    for number, end in enumerate(ends):
        block = sides[begin:end]
        total = total + whitened[begin:end].T @ block
        precision = precision + np.square(block[:, test:]).sum(axis=0)
        sums[number], precisions[number] = total, precision
        begin = end
    return sums, precisions
