"""Random networks with a known truth, and screens of them: knock-outs, knock-outs in cells, drugs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.network import Network
from semimech.data.screen import Screen
from semimech.simulate.steady_state import contract

NODES, EDGES, GAIN = 20, 2, 0.8


@dataclass(frozen=True)
class Setting:
    """A kind of screen: 'knock-outs' or 'knock-outs in cells' (x = -1 held), or 'drugs' (pushes of up to `push`).

    singles: perturbations, each given alone; pairs: random pairs beside them; noise: sd of the error of one row in sd
    of all effects ('in cells': of the mean of 4 rows' worth); hidden: nodes that are not measured;
    off_target: share of perturbations with a second target that is not told.
    """

    kind: str
    singles: int
    pairs: int
    noise: float
    push: float = 2.5
    hidden: int = 0
    off_target: float = 0.0

    @property
    def key(self) -> tuple[int, ...]:
        """Numbers that tell settings apart, so that each draws its own networks."""
        shares = round(1000 * self.noise), round(1000 * self.off_target)
        return len(self.kind), self.singles, self.pairs, self.hidden, *shares

    @property
    def conditions(self) -> int:
        return self.singles + self.pairs


def simulate(setting: Setting, random: np.random.Generator) -> Screen:
    """A screen of a random network; its truth is among the measured nodes."""
    scale = random.uniform(0.8, 1.2, NODES)
    weights = _network(random, scale)
    hit = _targets(setting, random)
    given = np.zeros((setting.conditions, setting.singles))
    given[np.arange(setting.singles), np.arange(setting.singles)] = 1
    for row in range(setting.singles, setting.conditions):
        given[row, random.choice(setting.singles, 2, replace=False)] = 1
    effects = _states(setting, weights, scale, given @ hit)
    seen = np.sort(random.permutation(NODES)[setting.hidden :])
    told = hit.copy()
    for drug in range(setting.singles):
        several = np.flatnonzero(hit[drug])
        if len(several) > 1 and random.random() < 2 * setting.off_target:
            told[drug, several[-1]] = 0
    return _measured(setting, weights, effects, given, told, seen, random)


def _network(random: np.random.Generator, scale: np.ndarray) -> np.ndarray:
    weights = np.zeros((NODES, NODES))
    for target in range(NODES):
        sources = random.choice(np.delete(np.arange(NODES), target), EDGES, replace=False)
        weights[target, sources] = random.choice([-1.0, 1.0], EDGES) * random.uniform(0.3, 1.0, EDGES)
    return contract(weights, scale, GAIN)


def _targets(setting: Setting, random: np.random.Generator) -> np.ndarray:
    """Direct pushes of the perturbations (perturbations x nodes); each node is a target before any is one again."""
    hit = np.zeros((setting.singles, NODES))
    order = random.permutation(NODES)
    for number in range(setting.singles):
        hit[number, order[number % NODES]] = 1
        if setting.kind == "drugs" and number % 2:
            hit[number, random.integers(NODES)] = 1
    if setting.kind == "drugs":
        signs = np.where(random.random(hit.shape) < 0.75, -1.0, 1.0)
        return hit * signs * random.uniform(0.6, 1.0, hit.shape) * setting.push
    return -hit


def _states(setting: Setting, weights: np.ndarray, scale: np.ndarray, push: np.ndarray) -> np.ndarray:
    """Steady states (conditions x nodes) by iteration; knock-outs hold their target."""
    held = (push != 0) & (setting.kind != "drugs")
    state = np.zeros_like(push)
    for _ in range(200):  # each step brings it closer by GAIN
        state = np.where(held, -1.0, scale * np.tanh(state @ weights.T + push))
    return state


def _measured(
    setting: Setting,
    weights: np.ndarray,
    effects: np.ndarray,
    given: np.ndarray,
    told: np.ndarray,
    seen: np.ndarray,
    random: np.random.Generator,
) -> Screen:
    """The screen with its noise; perturbations that act on nodes out of sight are told so."""
    cells = setting.kind == "knock-outs in cells"
    replicates = 40 if cells else 4
    noise = setting.noise * effects.std() * (np.sqrt(10) if cells else 1)
    if cells:
        given, effects = np.vstack([given, np.zeros((2, given.shape[1]))]), np.vstack([effects, np.zeros((2, NODES))])
    rows = np.repeat(np.arange(len(given)), replicates)
    error = random.standard_normal((len(rows), NODES))
    batch = np.arange(len(rows)) % 2
    if cells:
        error = np.sqrt(0.6) * error + np.sqrt(0.4) * random.standard_normal((len(rows), 1))
    level = (6 + 0.2 * batch[:, None]) if cells else 0.0
    names = [f"n{i}" for i in range(NODES)]
    kind = "drug" if setting.kind == "drugs" else "knock-out"
    responses = level + effects[rows] + noise * error
    return Screen(
        responses=responses[:, seen].astype(np.float32),
        design=sp.csr_array(given[rows]),
        perturbations=tuple(
            Perturbation(f"p{d}", kind, {names[i]: float(np.sign(told[d, i])) for i in np.flatnonzero(told[d])})
            for d in range(len(told))
        ),
        features=pd.DataFrame({"role": "molecule"}, index=[names[i] for i in seen]),
        obs=pd.DataFrame({"batch": batch} if cells else {}, index=[f"row {i}" for i in range(len(rows))]),
        scale="log-normalised" if cells else "log-ratio",
        truth=Network.from_matrix(weights[np.ix_(seen, seen)], [names[i] for i in seen]),
    )
