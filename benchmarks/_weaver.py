"""Experiments of DREAM4's design on networks made as GeneNetWeaver makes them, alike in their levels.

mRNA and protein, independent and competing modules of regulators with random states of activation, noise in the
dynamics and in the reading (Schaffter, Marbach and Floreano 2011, doi:10.1093/bioinformatics/btr373), written anew from
its description. Topologies are random, with hubs, 1.6 edges a gene and about half the genes regulators.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
from benchmarks._dream_like import STEPS, Experiment
from numpy.random import Generator

DYNAMIC, READ = 0.05, 0.033  # noise of the Langevin equation, and sd of a reading
HALF_LIFE = (20.0, 7.5, 5.0, 40.0)  # minutes, of mRNA and of protein: mean, sd, limits
BETWEEN = 50.0  # minutes between two samples
EXTREME = 0.1  # at most this share of genes rests below 0.1, and above 0.8, as DREAM4's do
MOVED = (0.01, 0.08)  # share of pairs that a knock-out moves by more than 0.4


@dataclass(frozen=True)
class Module:
    """Regulators that act as one: it is on with a probability by Hill's law."""

    activators: tuple[int, ...]
    repressors: tuple[int, ...]
    half: np.ndarray
    power: np.ndarray
    complex: bool

    def on(self, protein: np.ndarray) -> np.ndarray:
        """Probability for each row."""
        ratio = (protein / self.half) ** self.power
        bound = ratio[:, list(self.activators)].prod(1)
        if self.complex:
            against = ratio[:, list(self.repressors)].prod(1) if self.repressors else 0
            return bound / (1 + bound * (1 + against))
        return bound / (1 + ratio[:, [*self.activators, *self.repressors]]).prod(1)


@dataclass(frozen=True, eq=False)
class Gene:
    """activation: relative production in each of the 2^modules states."""

    modules: tuple[Module, ...]
    activation: np.ndarray

    def production(self, protein: np.ndarray, push: np.ndarray) -> np.ndarray:
        """Mean over the states, each activation moved by the push and kept within 0 and 1."""
        on = [module.on(protein) for module in self.modules]
        made = np.zeros(len(protein))
        for state, activation in enumerate(self.activation):
            chance = np.ones(len(protein))
            for number, each in enumerate(on):
                chance = chance * (each if state >> number & 1 else 1 - each)
            made += chance * np.clip(activation + push, 0, 1)
        return made


def experiments(genes: int, series: int) -> Iterator[Experiment]:
    """Those of the seeds 0, 1, 2... whose levels are like DREAM4's; its gold standards were not looked at."""
    for seed in count():
        seen = _experiment(np.random.default_rng([seed, 77]), genes, series)
        if seen is not None:
            yield seen


def _experiment(random: Generator, genes: int, series: int) -> Experiment | None:
    signs = _topology(random, genes)
    laws = [_gene(random, row) for row in signs]
    speeds = np.log(2) / np.array([[_within(random, *HALF_LIFE) for _ in range(genes)] for _ in range(2)])

    def run(state, left, push, minutes, noise, step):  # type: ignore[no-untyped-def]
        mrna, protein = state
        for _ in range(int(minutes / step)):
            gain = speeds[0] * left * np.stack([law.production(protein, push[:, j]) for j, law in enumerate(laws)], 1)
            loss = speeds[0] * mrna
            drawn = random.standard_normal((2, *mrna.shape))
            shaken = noise * np.sqrt(step) * (np.sqrt(gain) * drawn[0] + np.sqrt(loss) * drawn[1])
            protein = np.maximum(protein + step * speeds[1] * (mrna - protein), 0)
            mrna = np.maximum(mrna + step * (gain - loss) + shaken, 0)
        return mrna, protein

    half, one, none = np.full((1, genes), 0.5), np.ones((1, genes)), np.zeros((1, genes))
    rest = run((half, half), one, none, 1000, 0, 4.0)
    if (rest[0] > 0.8).mean() > EXTREME or (rest[0] < 0.1).mean() > EXTREME:
        return None
    left = np.concatenate([one, 1 - np.eye(genes), 1 - np.eye(genes) / 2])
    still = 0 * left
    settled = run(tuple(np.repeat(part, len(left), 0) for part in rest), left, still, 700, 0, 4.0)
    steady = run(settled, left, still, 150, DYNAMIC, 1.0)[0]
    shift = np.abs(steady[1 : genes + 1] - steady[0])[~np.eye(genes, dtype=bool)]
    if not MOVED[0] <= (shift > 0.4).mean() <= MOVED[1]:
        return None
    shape = (series, genes)
    push = (random.random(shape) < 1 / 3) * random.choice([-1, 1], shape) * random.uniform(0.3, 1, shape)
    whole = np.ones(shape)
    state = run(tuple(np.repeat(part, series, 0) for part in rest), whole, 0 * push, 150, DYNAMIC, 1.0)
    course = [state[0]]
    for number in range(STEPS):
        state = run(state, whole, push * (number < STEPS // 2), BETWEEN, DYNAMIC, 2.0)
        course.append(state[0])

    def read(levels: np.ndarray) -> np.ndarray:
        return np.maximum(levels + READ * random.standard_normal(levels.shape), 0)

    levels, courses = read(steady) * (left > 0), read(np.stack(course, 1))
    wild = np.concatenate([levels[:1], courses[:, 0]]).mean(0)
    return Experiment(wild, levels[1 : genes + 1], levels[genes + 1 :], list(courses), signs != 0)


def _topology(random: Generator, genes: int) -> np.ndarray:
    """Signs (target x source) of a connected network; half the genes or so send edges, hubs many."""
    while True:
        senders = random.integers(4, 8)
        weight = 1 + random.pareto(1.2, senders)
        signs = np.zeros((genes, genes), int)
        for target in range(genes):
            number = min(random.choice(5, p=[0.1, 0.5, 0.26, 0.1, 0.04]), senders - 1)
            share = weight * (np.arange(senders) != target)
            sources = random.choice(senders, number, replace=False, p=share / share.sum())
            signs[target, sources] = np.where(random.random(number) < 0.6, 1, -1)
        linked = (signs != 0) | (signs != 0).T | np.eye(genes, dtype=bool)
        if np.linalg.matrix_power(linked.astype(int), genes).all():
            order = random.permutation(genes)
            return signs[np.ix_(order, order)]


def _gene(random: Generator, signs: np.ndarray) -> Gene:
    sources = random.permutation(np.flatnonzero(signs))
    if not len(sources):
        return Gene((), np.array([_within(random, 0.5, 0.25, 0.0, 1.0)]))
    number = random.integers(1, len(sources) + 1)
    where = np.concatenate([np.arange(number), random.integers(0, number, len(sources) - number)])
    modules, change = [], []
    for chosen in (sources[where == each] for each in range(number)):
        enhances = signs[chosen[0]] > 0
        helps = [int(k) for k in chosen if (signs[k] > 0) == enhances]
        hinders = [int(k) for k in chosen if (signs[k] > 0) != enhances]
        half = random.uniform(0.01, 1, len(signs))
        power = np.array([_within(random, 2, 2, 1, 10) for _ in signs])
        modules.append(Module(tuple(helps), tuple(hinders), half, power, bool(random.random() < 0.5)))
        change.append(random.uniform(0.25, 1) * (1 if enhances else -1))
    return Gene(tuple(modules), _activation(random, np.array(change)))


def _activation(random: Generator, change: np.ndarray) -> np.ndarray:
    """Of every state; the most active one makes 1, the least active one nearly nothing."""
    up, down = change > 0, change < 0
    if not up.any():
        basal = 1.0
    elif not down.any():
        basal = _within(random, 0, 0.05, 0, 0.1)
    else:
        basal = _within(random, 0.5, 0.2, 0.1, 0.9)
    if up.any():
        change[np.where(up, change, np.inf).argmin()] += max(1 - basal - change[up].sum(), 0)
    if down.any():
        change[np.where(down, change, -np.inf).argmax()] -= max(basal + change[down].sum(), 0)
    states = np.arange(2 ** len(change))[:, None] >> np.arange(len(change)) & 1
    return np.clip(basal + states @ change, 0, 1)


def _within(random: Generator, mean: float, sd: float, low: float, high: float) -> float:
    """A normal draw between two limits."""
    while True:
        drawn = random.normal(mean, sd)
        if low <= drawn <= high:
            return float(drawn)
