"""Choosing penalties and steps by inner folds, and the fit on all training conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.ndimage import uniform_filter1d

from semimech.data.effects import Effects
from semimech.models.cellbox.objective import Observations
from semimech.models.cellbox.problem import Problem
from semimech.models.cellbox.support import on_support
from semimech.models.fitting import Schedule, Trained, train
from semimech.models.groups import in_groups
from semimech.numerics.fields import Blocks, raw_of
from semimech.support.errors import UserError
from semimech.support.progress import Monitor

if TYPE_CHECKING:
    from semimech.models.cellbox.estimator import CellBox

# Shape of the gamma weights of a member's conditions. 1 is the Bayesian bootstrap, whose heavy weights throw away
# a third of the data: with the 23 single-drug conditions of SK-MEL-133 it costs .002 of r on the pairs.
RESAMPLE = 4.0
SMOOTH = 15  # steps
SETTLE = 40  # steps
PUSH = 0.8  # largest declared push at the start: atanh(2/3), where a node's largest effect is of what it can reach

Pairs = Sequence[tuple[Effects, Effects]]


class Penalties(NamedTuple):
    """l1 on the edges between nodes, l1 and l2 on the edges from inputs, and the factor of the edge prior (1: none)."""

    sparsity: float
    input_sparsity: float
    input_ridge: float
    prior_factor: float = 1.0


@dataclass(frozen=True, eq=False)
class Choice:
    """Penalties and updates chosen by inner folds, with the curves that were seen on the way."""

    penalties: Penalties
    steps: int
    train_error: np.ndarray
    validation_error: np.ndarray


def choose(options: CellBox, problem: Problem, pairs: Pairs, seed: int, monitor: Monitor) -> Choice:
    """The penalties and the number of updates with the least squared error over all inner folds together.

    Without inner folds (a single held out of singles only would be an unseen perturbation) the middle of the grid,
    as little of the edge prior as it has, and all the updates.
    """
    factors = (1.0,) if problem.prior is None else options.prior_factor
    # One factor of known edges needs no penalty.
    inputs = (options.input_share, options.input_ridge) if problem.wiring is None else ((0.0,), (0.0,))
    every = product(factors, options.sparsity, *inputs)
    grid = [Penalties(l1, share * l1, l2, factor) for factor, l1, share, l2 in every]
    nothing = np.empty(0)
    if not pairs:
        untold = [each for each in grid if each.prior_factor == max(factors)]
        return Choice(untold[len(untold) // 2], options.steps, nothing, nothing)
    folds = [problem.observations(fit, held) for fit, held in pairs]
    members = [(fold, penalties) for penalties in grid for fold in folds]
    trained = _train(options, problem, members, None, seed, monitor, "choosing penalties")
    held = np.array([fold.validation_weights.sum() for fold in folds])
    shape = (len(grid), len(folds), -1)
    curves = trained.validation_error.reshape(shape) * (held / held.mean())[None, :, None]
    validation, training = curves.mean(1), trained.train_error.reshape(shape).mean(1)
    best, step = simplest(curves, _edges(trained.best).reshape(shape[:2]).mean(1))
    scale = problem.unit**2
    return Choice(grid[best], step, training[best] * scale, validation[best] * scale)


def simplest(curves: np.ndarray, edges: np.ndarray) -> tuple[int, int]:
    """The setting and the number of updates, from validation errors (settings x folds x steps).

    Of the settings whose error, each at its best step, is within half a standard error (over folds, of the paired
    difference) of the least, the one with the fewest edges (settings,). Curves are averaged over SMOOTH steps before
    the best step is looked for: a dip of one step will not come again in the refit. A setting that diverged (NaN) is
    left out. Raises UserError where all have.
    """
    curves = uniform_filter1d(curves, SMOOTH, axis=2, mode="nearest")
    mean = np.nan_to_num(curves.mean(1), nan=np.inf)
    steps, least = mean.argmin(1), mean.min(1)
    known = np.flatnonzero(np.isfinite(least))
    if not known.size:
        raise UserError("CellBox's fits have no finite error at any setting: give a smaller rate, or a guard above 0.")
    at_best = curves[known, :, steps[known]]
    difference = at_best - at_best[least[known].argmin()]
    error = difference.std(1, ddof=1) / np.sqrt(curves.shape[1]) / 2 if curves.shape[1] > 1 else np.zeros(len(known))
    within = known[difference.mean(1) <= error]
    best = min(within.tolist(), key=lambda i: (edges[i], least[i]))
    return int(best), int(steps[best])


def _edges(blocks: Blocks) -> np.ndarray:
    """Edges that are not zero, per member."""
    return sum((np.asarray(block) != 0).sum((1, 2)) for block in (blocks.internal, blocks.drive, blocks.readout))


def refit(options: CellBox, problem: Problem, chosen: Choice, seed: int, monitor: Monitor) -> Trained:
    """All training conditions; with several members each on its own random weights of the conditions."""
    whole = problem.observations(problem.effects)
    random = np.random.default_rng([seed, 104_729])
    members = []
    for _ in range(options.members):
        share = np.ones(problem.rows) if options.members == 1 else random.gamma(RESAMPLE, 1 / RESAMPLE, problem.rows)
        weighted = whole._replace(weights=whole.weights * jnp.asarray(share[:, None], problem.dtype))
        members.append((weighted, chosen.penalties))
    stop = np.full(options.members, chosen.steps)
    return _fit(options, problem, members, stop, seed, monitor, "fitting")


def held_out(
    options: CellBox, problem: Problem, chosen: tuple[Penalties, int], pairs: Pairs, seed: int, monitor: Monitor
) -> list[np.ndarray]:
    """Effects of the held-out conditions of each pair (held x features) by a fit of the others; NaN where not a node.

    chosen: penalties and updates of all these fits.
    """
    folds = [problem.observations(fit, held) for fit, held in pairs]
    stop = np.full(len(folds), chosen[1])
    members = [(fold, chosen[0]) for fold in folds]
    trained = _fit(options, problem, members, stop, seed, monitor, "predicting conditions left out")
    row_of = {condition: i for i, condition in enumerate(problem.effects.conditions)}
    found = []
    for number, (fold, (_, held)) in enumerate(zip(folds, pairs, strict=True)):
        blocks = jax.tree.map(lambda leaf, i=number: jnp.asarray(leaf[i]), trained.last)
        states = np.asarray(options.objective.predict(blocks, fold))[[row_of[c] for c in held.conditions]]
        found.append(np.full(held.values.shape, np.nan))
        found[-1][:, problem.nodes.observed] = states * problem.unit
    return found


def _fit(
    options: CellBox,
    problem: Problem,
    members: Sequence[tuple[Observations, Penalties]],
    stop: np.ndarray,
    seed: int,
    monitor: Monitor,
    stage: str,
) -> Trained:
    """Train all members, and on the edges left again where that is asked for."""
    trained = _train(options, problem, members, stop, seed, monitor, stage)
    if options.support_steps:
        for penalised in (False, True, False):
            trained = _train(options, problem, members, None, seed, monitor, stage, trained.last, penalised)
    return trained


def _train(
    options: CellBox,
    problem: Problem,
    members: Sequence[tuple[Observations, Penalties]],
    stop: np.ndarray | None,
    seed: int,
    monitor: Monitor,
    stage: str,
    support: Blocks | None = None,
    penalised: bool = True,
) -> Trained:
    """Train all members, in groups of one size so that they share compiled code.

    With `support` (members x ...) they begin there, its edges and no others, each `penalised` by its weight or not.
    Where edges are to be fitted without l1 in the end, gains are held as long as there is l1: it would make them
    large, as s W is what is seen.
    """
    start, schedule = _start(options, problem, seed), Schedule(options.steps, settle=0 if stop is None else SETTLE)
    begin = jax.tree.map(lambda leaf: np.broadcast_to(leaf, (len(members), *leaf.shape)), start)
    if support is not None:
        begin, schedule = support, Schedule(options.steps if penalised else options.support_steps)

    def group(numbers: np.ndarray, told: Monitor) -> Trained:
        with jax.enable_x64(options.dtype == "float64"):  # a setting of the thread
            penalties: np.ndarray = np.array([members[i][1] for i in numbers], problem.dtype)
            data = jax.tree.map(lambda *leaves: jnp.asarray(np.stack(leaves)), *(members[i][0] for i in numbers))
            first = jax.tree.map(lambda leaf: jnp.asarray(leaf[numbers]), begin)
            l1 = jnp.asarray(penalties[:, 0]) if penalised else None
            part = train(
                options.objective,
                first,
                data._replace(ridge=jnp.asarray(penalties[:, 2])),
                _rates(options, problem, gains=not (options.support_steps and penalised)),
                _penalties(options, problem, penalties)
                if support is None
                else on_support(first, l1, tied=problem.wiring is not None),
                schedule,
                None if stop is None else stop[numbers],
                monitor=told,
                stage=stage,
            )
            return Trained(**jax.tree.map(np.asarray, part.__dict__))

    size = sum(leaf.nbytes for leaf in jax.tree.leaves((start, members[0][0])))
    return in_groups(group, len(members), size, monitor, stage)


def _start(options: CellBox, problem: Problem, seed: int) -> Blocks:
    """W = 0; gains so that the largest training effect of each node is 2/3 of what it can reach.

    Where phi is flat at 0 nothing would ever move from W = 0: there the edges start at random, sd .1. The basal
    arguments a start at 0 and leave it: for tanh the effect's derivative in a is -s tanh^2 there, which vanishes
    only while no edge has moved.
    """
    nodes, dtype = problem.nodes, problem.dtype
    m, p, i = len(nodes.molecules), len(nodes.readouts), len(nodes.inputs)
    largest = np.abs(problem.effects.values[:, nodes.observed]).max(0).astype(float) / problem.unit
    gain = np.maximum(1.5 * largest, 0.05 * max(float(largest.max()), 1e-3))
    ones = np.full(m + p, float(raw_of(jnp.asarray(1.0))))
    raw = np.asarray(raw_of(jnp.asarray(gain)))
    spread = 0.1 if problem.activation.slope_at_zero == 0 else 0.0
    random = np.random.default_rng([seed, 15_485_863])
    shapes = ((m, m), (m, i), (p, m))
    edges = [spread * random.normal(size=shape) for shape in shapes]
    if problem.wiring is not None:
        edges[1] = problem.wiring * (PUSH / np.abs(problem.wiring).max())
    if not options.internal_network:
        edges[0][:] = 0
    elif not options.self_loops:
        np.fill_diagonal(edges[0], 0)
    basal = jnp.zeros(m + p, dtype) if options.basal_offset else None
    return Blocks(*(jnp.asarray(leaf, dtype) for leaf in (*edges, raw, ones, ones)))._replace(basal=basal)


def _rates(options: CellBox, problem: Problem, gains: bool) -> Blocks:
    """alpha and psi stay at 1: a steady state identifies no more than their ratios to eps."""
    rate, still = jnp.asarray(options.rate, problem.dtype), jnp.asarray(0.0, problem.dtype)
    drive = rate if problem.wiring is None else rate * jnp.asarray(np.abs(problem.wiring), problem.dtype)
    basal = rate if options.basal_offset else None
    return Blocks(
        rate if options.internal_network else still, drive, rate, rate if gains else still, still, still, basal
    )


def _penalties(options: CellBox, problem: Problem, penalties: np.ndarray) -> Blocks:
    """l1 per member; the read-out has few, well determined edges: a third of the penalty."""
    l1, drive = jnp.asarray(penalties[:, 0]), jnp.asarray(penalties[:, 1])
    nothing = jnp.zeros_like(l1)
    blocks = Blocks(l1, drive, l1 / 3, nothing, nothing, nothing, nothing if options.basal_offset else None)
    if problem.prior is None:
        return blocks
    m = len(problem.nodes.molecules)
    every = [problem.prior.relative(float(factor)) for factor in penalties[:, 3]]
    relative = jax.tree.map(lambda *parts: jnp.asarray(np.stack(parts), problem.dtype), *every)
    internal = jax.tree.map(lambda part: l1[:, None, None] * part[:, :m], relative)
    reading = jax.tree.map(lambda part: l1[:, None, None] / 3 * part[:, m:], relative)
    return blocks._replace(internal=internal, readout=reading)
