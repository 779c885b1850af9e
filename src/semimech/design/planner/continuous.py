"""The best allocation with cells that may be divided: where the rule of the square root comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from semimech.design.planner.program import Program


@dataclass(frozen=True, eq=False)
class Shares:
    """Cells and variance of each arm (K,), controls of all batches together, and the loss; nothing is rounded."""

    cells: np.ndarray
    controls: float
    variance: np.ndarray
    loss: float


def best_shares(program: Program, total: float, batches: int) -> Shares:
    """The optimum over `total` cells in `batches` alike, arm p in m_p of them (`replication`).

    For the sum: n_p ~ sqrt(weight_p spread_p), N_0 ~ sqrt(control B sum_p weight_p / m_p), and
    loss = (sum_p sqrt(weight_p spread_p) + sqrt(control B sum_p weight_p / m_p))^2 / total
    + sum_p weight_p (interaction / m_p + constant_p). Of K arms alike in all batches the controls of a
    batch are then sqrt(K) times the cells of an arm. With inverse-variance weights the variance is convex in (n_pb,
    n_0b), so that the mean over all orders of batches alike is no worse than any layout: every arm belongs in every
    batch that has a place for it.
    """
    m = replication(program, np.full(program.arms, float(batches)), batches * program.arms_per_batch)
    fixed = program.interaction / m + program.constant
    per_control = program.control * batches / m
    if program.worst:
        return _worst(program, total, fixed, per_control)
    arms = np.sqrt(program.weight * program.spread)
    control = np.sqrt(per_control @ program.weight)
    whole = arms.sum() + control
    return _shares(program, total * arms / whole, total * control / whole, fixed, per_control)


def replication(program: Program, most: np.ndarray, places: float) -> np.ndarray:
    """In how many batches each arm is (K,), divided: from 1 to `most`, `places` altogether.

    Where there are places enough, in `most`; else m_p ~ sqrt(weight_p), the optimum of sum_p weight_p / m_p, and for
    the worst arm m_p ~ weight_p.
    """
    wanted = program.weight if program.worst else np.sqrt(program.weight)
    if most.sum() <= places:
        return most

    def taken(log_factor: float) -> np.ndarray:
        return np.clip(np.exp(log_factor) * wanted, 1.0, most)

    low, high = -np.log(wanted.max()), float(np.log((most / wanted).max()))
    if taken(low).sum() >= places:
        return taken(low)
    return taken(float(brentq(lambda x: taken(x).sum() - places, low, high)))


def _worst(program: Program, total: float, fixed: np.ndarray, per_control: np.ndarray) -> Shares:
    """Every arm at weight_p v_p = t: n_p = weight_p spread_p / (t - weight_p (fixed_p + per_control_p / N_0))."""
    weight, spread = program.weight, program.weight * program.spread

    def level(controls: float) -> float:
        floor = weight * (fixed + per_control / controls)
        cells = total - controls
        low = float((floor + spread / cells).max())
        high = float(floor.max() + spread.sum() / cells) * (1 + 1e-9)
        return float(brentq(lambda t: (spread / (t - floor)).sum() - cells, low * (1 - 1e-12), high))

    found = minimize_scalar(lambda x: level(total * x), bounds=(1e-6, 1 - 1e-6), method="bounded")
    controls, t = float(total * found.x), float(found.fun)
    cells = spread / (t - weight * (fixed + per_control / controls))
    return _shares(program, cells, controls, fixed, per_control)


def _shares(program: Program, cells: np.ndarray, controls: float, fixed: np.ndarray, per_control: np.ndarray) -> Shares:
    variance = program.spread / cells + per_control / controls + fixed
    return Shares(cells, controls, variance, program.total_of(variance))
