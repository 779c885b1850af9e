"""A fit of time courses without one parameter, or without one condition: how far its curvature is to be trusted."""

from __future__ import annotations

import numpy as np

from semimech.models.dynamics.least_squares import LeastSquares, Optimum

TOLD = 1e-9  # of the largest singular value: directions below it are told by no sample
CLEAR = 5.0  # standard errors above which steps by one Jacobian will do, where they settle
CHORD_STEPS, REFIT_STEPS = 8, 8
STILL = 0.01  # of the rise: steps that lower it by less have settled


def scatter(best: Optimum, conditions: int) -> np.ndarray:
    """Standard error (parameters,) by the jackknife over conditions, each left out by one Gauss-Newton step.

    It holds whatever the errors of the samples of one condition have in common, and however they differ between
    conditions: (J^T J)^-1 J_c^T (I - H_c)^-1 r_c is what leaving out condition c changes, H_c its leverage. Residuals
    are in order of conditions. Cook and Weisberg 1982, Residuals and Influence in Regression.
    """
    inverse = inverse_of(best.jacobian)[0]
    changes = []
    for slopes, missed in zip(np.split(best.jacobian, conditions), np.split(best.residual, conditions), strict=True):
        left = np.eye(len(missed)) - slopes @ inverse @ slopes.T
        changes.append(inverse @ (slopes.T @ (np.linalg.pinv(left) @ missed)))
    around = np.array(changes) - np.mean(changes, 0)
    return np.sqrt((conditions - 1) / conditions * (around**2).sum(0))


def rises(problem: LeastSquares, best: Optimum, numbers: np.ndarray) -> np.ndarray:
    """By how much the sum of squares rises where one parameter is 0 and the others are fitted again (parameters,).

    For each of `numbers`, NaN for all others; 0 where it falls, so that the optimum was not the best one. By
    Gauss-Newton steps with the Jacobian at hand; by Levenberg-Marquardt where these do not settle, or where the rise is
    not clear.
    """
    inverse = inverse_of(best.jacobian)[0]
    variance = best.squares / max(len(best.residual) - best.x.size, 1)
    found = np.full(best.x.size, np.nan)
    for number in numbers:
        moving = np.arange(best.x.size) != number
        near, squares, settled = _by_chords(problem, best, inverse, number)
        if not settled or squares - best.squares < CLEAR**2 * variance:
            squares = problem.solved(near, REFIT_STEPS, moving).squares
        found[number] = max(squares - best.squares, 0)
    return found


def _by_chords(
    problem: LeastSquares, best: Optimum, inverse: np.ndarray, number: int
) -> tuple[np.ndarray, float, bool]:
    """(x with one parameter 0, its sum of squares, whether the steps settled), by the Jacobian of the optimum.

    Its first step is what a parabola says: the others move by their covariance with the one that is taken away.
    """
    share = inverse[:, number] / inverse[number, number]
    zero = best.x.copy()
    zero[number] = 0
    ways = [(problem.missed(x), x) for x in (best.x - share * best.x[number], zero)]
    squares, x, missed = min(((_squares(missed), x, missed) for missed, x in ways), key=lambda way: way[0])
    for _ in range(CHORD_STEPS):
        step = inverse @ (best.jacobian.T @ missed)
        trial = x - step + share * step[number]
        trial[number] = 0
        missed = problem.missed(trial)
        after = _squares(missed)
        fall = squares - after
        if not fall > 0:
            return x, squares, False
        x, squares = trial, after
        if fall < STILL * (squares - best.squares):
            return x, squares, True
    return x, squares, False


def _squares(missed: np.ndarray) -> float:
    return float(missed @ missed) if np.isfinite(missed).all() else float("inf")


def inverse_diagonal(jacobian: np.ndarray) -> np.ndarray:
    """diag((J^T J)^-1); infinite for parameters that lie in directions which no sample depends on."""
    inverse, silent = inverse_of(jacobian)
    return np.where(silent, np.inf, np.diag(inverse))


def inverse_of(jacobian: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(pseudo-inverse of J^T J, True for the parameters that lie in directions which no sample depends on)."""
    _, sizes, directions = np.linalg.svd(jacobian, full_matrices=False)
    told = sizes > sizes.max() * TOLD
    scaled = directions[told] / sizes[told, None]
    return scaled.T @ scaled, 1 - (directions[told] ** 2).sum(0) > 1e-6
