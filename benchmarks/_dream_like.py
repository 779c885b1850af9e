"""Experiments of the design of DREAM4 on simulated networks, and the scores of edges that its recipes combine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import least_squares
from scipy.special import expit, logit
from scipy.stats import rankdata
from sklearn.ensemble import RandomForestRegressor

from semimech.numerics.trajectory import Method, trajectories
from semimech.simulate.laws import Kinetics
from semimech.simulate.topology import Topology

# Noise, speed and size of the perturbations are those of the levels of DREAM4; its gold standards were not looked at.
NOISE = 0.05  # sd of a level, as of the time points 0
HALF_LIFE = {10: 0.8, 100: 1.5}  # in samples, as of the return to rest in the second half of the series
STEPS = 20  # intervals of a series; the perturbation ends in the middle
KNOCK_OUT, KNOCK_DOWN = -20.0, -1.0  # log2 of the production that is left
MOVED = 0.8  # sd of the log2 of the production of the third of the genes that a series perturbs
LIMIT = 0.02  # levels are taken for at least this, and at most 1 less this, by the sigmoid


@dataclass(frozen=True, eq=False)
class Experiment:
    """rest: wild type pooled with the time series at time 0 (genes,). out, down: levels after the knock-out and the
    knock-down of each gene (genes x genes). series: levels (times x genes) each. truth: target x source, bool."""

    rest: np.ndarray
    out: np.ndarray
    down: np.ndarray
    series: list[np.ndarray]
    truth: np.ndarray

    @property
    def pairs(self) -> np.ndarray:
        """True where an edge could be."""
        return ~np.eye(len(self.rest), dtype=bool)


def simulated(seed: int, genes: int, series: int) -> Experiment:
    """Hill regulation of mRNA on a random network with 1.5 regulators a gene at size 10, 2 at larger sizes."""
    random = np.random.default_rng([seed, genes])
    network = Topology(nodes=genes, edges=1.5 if genes <= 10 else 2.0).build(random, Path())
    law = Kinetics(half_life=HALF_LIFE[genes]).law_of(network, random)
    begin = jnp.broadcast_to(jnp.asarray(law.start, jnp.float32), (2 * genes + 1, genes))
    one = np.eye(genes)
    pushes = np.concatenate([np.zeros((1, genes)), KNOCK_OUT * one, KNOCK_DOWN * one])
    settled = _run(law.rate, begin, pushes, np.array([100.0]))[:, 0]
    moved = MOVED * random.standard_normal((series, genes)) * (random.random((series, genes)) < 1 / 3)
    half = np.arange(1.0, STEPS // 2 + 1)
    first = _run(law.rate, jnp.broadcast_to(settled[0], moved.shape), moved, half)
    second = _run(law.rate, first[:, -1], 0 * moved, half)
    start = jnp.broadcast_to(settled[0], (series, 1, genes))
    clean = np.concatenate([start, first, second], 1)

    def read(levels: np.ndarray) -> np.ndarray:
        return np.maximum(levels + NOISE * random.standard_normal(levels.shape), 0)

    courses = [read(each) for each in clean]
    wild = read(np.asarray(settled[:1]))
    rest = np.concatenate([wild, *(each[:1] for each in courses)]).mean(0)
    out, down = read(np.asarray(settled[1 : genes + 1])), read(np.asarray(settled[genes + 1 :]))
    return Experiment(rest, out, down, courses, network.matrix() != 0)


def _run(rate, begin, pushes, times) -> jax.Array:  # type: ignore[no-untyped-def]
    begun, ends = jnp.zeros(()), jnp.asarray(times, jnp.float32)
    method = Method(steps=400 if len(times) == 1 else 8)
    pushed = jnp.asarray(pushes, jnp.float32)
    solve = jax.jit(lambda x, u: trajectories(method, lambda t, x, a: rate(x, a[1]), x, begun, ends, None, u).states)
    return solve(begin, pushed)


def ranks(score: np.ndarray) -> np.ndarray:
    """Ranks of the ordered pairs, in (0, 1]; 0 on the diagonal."""
    pairs = ~np.eye(len(score), dtype=bool)
    found = np.zeros(score.shape)
    found[pairs] = rankdata(score[pairs]) / pairs.sum()
    return found


def deviation(seen: Experiment) -> np.ndarray:
    """'ks': |knock-out + knock-down| / sd over knock-outs (target x source)."""
    found = (np.abs(seen.out + seen.down - 2 * seen.rest) / seen.out.std(0)).T
    np.fill_diagonal(found, 0)
    return found


def refit(seen: Experiment, share: float, ridge: float, sigmoid: bool) -> np.ndarray:
    """Direct effects |W_ji x own shift of i| / sd_j, W fitted on the `share` of pairs with the largest deviations.

    The field is W x - x, or k s(W x + b) - x with k = 1/2 for a knocked-down j; rows that knock j out are left out.
    Each W_ji has a ridge of `ridge` / the pair's deviation.
    """
    size, dev = len(seen.rest), deviation(seen)
    kept = ranks(dev) > 1 - share
    rows = np.concatenate([seen.out, seen.down]) - seen.rest
    who = np.tile(np.arange(size), 2)
    weights = np.zeros((size, size))
    for j in range(size):
        sources = np.flatnonzero(kept[j])
        if not len(sources):
            continue
        held = ridge / np.maximum(dev[j, sources], 0.3)
        used = who != j
        table, wanted = rows[used][:, sources], rows[used, j]
        linear = np.linalg.solve(table.T @ table + np.diag(held**2), table.T @ wanted)
        weights[j, sources] = _sigmoid(seen.rest[j], table, wanted, held, linear) if sigmoid else linear
    return np.abs(weights) * np.abs(np.diag(seen.out) - seen.rest) / seen.out.std(0)[:, None]


def _sigmoid(rest: float, table: np.ndarray, wanted: np.ndarray, held: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Slopes at rest, rest (1 - rest) W, of rest + shift = s(W x + b) with s(b) = rest."""
    at = float(np.clip(rest, LIMIT, 1 - LIMIT))
    slope = at * (1 - at)

    def missed(v: np.ndarray) -> np.ndarray:
        return np.concatenate([expit(logit(at) + table @ v / slope) - at - wanted, held * v])

    return least_squares(missed, start, max_nfev=15).x


def lagged(seen: Experiment, ridge: float) -> np.ndarray:
    """|slope| x sd of the source / sd of the target, on all levels one sample before, where nothing is perturbed."""
    half = STEPS // 2
    before = np.concatenate([each[half:-1] for each in seen.series])
    after = np.concatenate([each[half + 1 :] for each in seen.series])
    centred = before - before.mean(0)
    normal = centred.T @ centred
    whole = np.concatenate([each[1:] for each in seen.series])
    added = ridge * len(before) * whole.var(0).mean() * np.eye(len(normal))
    slopes = np.linalg.solve(normal + added, centred.T @ (after - after.mean(0))).T
    return np.abs(slopes) * before.std(0) / whole.std(0)[:, None]


def forest(seen: Experiment, own: bool) -> np.ndarray:
    """Importance of each other gene's level one sample before in a random forest, over the whole series.

    own: what a gene's own level before tells of it is taken out first, by a straight line.
    """
    before = np.concatenate([each[:-1] for each in seen.series])
    after = np.concatenate([each[1:] for each in seen.series])
    found = np.zeros(seen.truth.shape)
    for j in range(len(found)):
        others = np.arange(len(found)) != j
        line = np.polyfit(before[:, j], after[:, j], 1)
        wanted = after[:, j] - np.polyval(line, before[:, j]) if own else after[:, j]
        trees = RandomForestRegressor(100, max_features="sqrt", random_state=0)
        found[j, others] = trees.fit(before[:, others], wanted).feature_importances_
    return found
