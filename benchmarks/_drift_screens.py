"""Simulated time courses of networks that rest untreated, or that a new medium moves."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from scipy.integrate import solve_ivp

from semimech.simulate.recovery import random_weights
from semimech.simulate.steady_state import contract, solve_steady_state

NODES, SPARSITY, GAIN = 12, 0.7, 0.9
TIMES, LATE = np.array([0.5, 1.0, 1.5, 2.5, 4.0]), 8.0  # in units of the median lifetime of a node
DRUGS, LOW_DOSE = 4, 0.4

Acting = Literal["dose", "clamp"]


@dataclass(frozen=True)
class Setting:
    """acting: drugs that push two nodes each, or knock-outs. conditions: n, all of them single perturbations.

    noise: sd of a measurement, in sd of the effects. medium: sd of what a new medium, given with the perturbation, adds
    to the push on each node; 0: untreated cells rest.
    """

    acting: Acting
    conditions: int
    noise: float
    medium: float = 0.0


@dataclass(frozen=True, eq=False)
class Drawn:
    """States minus the untreated state at time 0, in sd of the effects, at TIMES and LATE.

    untreated: times x nodes. single, pair: conditions x times x nodes; observed ones have noise. activity, held, level:
    of the singles, then the pairs (conditions x inputs or nodes). members: 1 where a pair holds a single at dose 1.
    """

    untreated: np.ndarray
    observed_untreated: np.ndarray
    single: np.ndarray
    observed: np.ndarray
    pair: np.ndarray
    activity: np.ndarray
    held: np.ndarray
    level: np.ndarray
    members: np.ndarray


def draw(setting: Setting, truth: int, seed: int) -> Drawn:
    """The network comes from `truth`, the noise from both."""
    random = np.random.default_rng([truth, 1])
    weights, scale = random_weights(random, NODES, SPARSITY)
    weights = contract(weights, scale, GAIN)
    rates, basal = np.exp(0.3 * random.standard_normal(NODES)), 0.5 * random.standard_normal(NODES)
    medium = setting.medium * random.standard_normal(NODES)
    dosed = setting.acting == "dose"
    given = DRUGS if dosed else setting.conditions
    targets = random.choice(NODES, given, replace=False)
    push = np.zeros((given, NODES))
    push[np.arange(given), targets] = -1.5
    push[np.arange(given), random.choice(NODES, given)] += random.choice([-0.8, 0.8], given)
    start = solve_steady_state(weights, scale, basal[None])[0]

    one = np.eye(given)
    singles = np.concatenate([one, LOW_DOSE * one])[: setting.conditions]
    members = np.array([one[i] + one[j] for i, j in combinations(range(given), 2)])
    doses = np.concatenate([np.zeros((1, given)), singles, members])
    held = np.zeros((len(doses), NODES))
    if not dosed:
        held[:, targets] = doses
    level = held * (-scale - start)

    def course(u: np.ndarray, fixed: np.ndarray, begin: np.ndarray) -> np.ndarray:
        def rate(t: float, x: np.ndarray) -> np.ndarray:
            return (1 - fixed) * rates * (scale * np.tanh(weights @ x + basal + u) - x)

        at = np.r_[TIMES, LATE]
        return solve_ivp(rate, (0, LATE), begin, "RK45", at, rtol=1e-6, atol=1e-8).y.T - start

    acting = doses @ push if dosed else np.zeros((len(doses), NODES))
    clean = np.stack([course(u + medium, h, start + v) for u, h, v in zip(acting, held, level, strict=True)])
    n = setting.conditions
    unit = np.sqrt(np.mean((clean[1 : 1 + n] - clean[:1]) ** 2))
    clean, level = clean / unit, level / unit
    noise = setting.noise * np.random.default_rng([truth, seed, 2]).standard_normal(clean.shape)
    observed = clean + noise
    return Drawn(
        clean[0], observed[0], clean[1 : 1 + n], observed[1 : 1 + n], clean[1 + n :],
        (doses if dosed else doses[:, :0])[1:], held[1:], level[1:], members,
    )  # fmt: skip
