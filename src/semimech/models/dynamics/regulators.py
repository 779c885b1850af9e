"""Which genes regulate which: every small set of regulators of each gene, weighed by its marginal likelihood."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from scipy.special import logsumexp

from semimech.models.dynamics.production import STEP, Experiments, ProductionFit

ITERATIONS = 14  # of Levenberg-Marquardt
BIAS_SD, WEIGHT_SD, SPEED_SD, PUSH_SD = 3.0, 4.0, 0.5, 1.0  # of the Gaussian priors
SPEED = float(
    np.log(1.2)
)  # prior mean of the log rate of mRNA for each sample: what a gene's own protein adds is in it


class Driven(NamedTuple):
    """One gene, given the proteins of the others less their level at rest.

    steady: rows x others; driving: series x steps x others; pushed: steps; left, trust, level: rows; course: series x
    times.
    """

    steady: Array
    driving: Array
    pushed: Array
    left: Array
    trust: Array
    level: Array
    course: Array


def log_odds(
    seen: Experiments,
    fit: ProductionFit,
    *,
    noise: float = 0.1,
    share: float = 0.5,
    inclusion: float = 0.05,
    most: int = 2,
) -> np.ndarray:
    """Posterior log odds of each edge (target x source), -inf on the diagonal.

    Sets of up to `most` regulators, each with prior probability `inclusion`. Given the proteins of a fit, each gene is
    one equation dx/dt = a (m s(W y + b + u) - x); the marginal likelihood of a set is Laplace's approximation with
    Gaussian priors of W, b, log a and of the push u of each series. noise: sd of a level about it, what is wrong with
    the proteins included.
    """
    genes = seen.steady.shape[1]
    sets = np.array(
        [
            [k in chosen for k in range(genes - 1)]
            for size in range(most + 1)
            for chosen in combinations(range(genes - 1), size)
        ]
    )
    size = sets.sum(1)
    prior = size * np.log(inclusion) + (genes - 1 - size) * np.log1p(-inclusion)
    found = np.full((genes, genes), -np.inf)
    for target in range(genes):
        others = np.arange(genes) != target
        likelihood = _likelihoods(jnp.asarray(sets, jnp.float32), _driven(seen, fit, target, others), noise, share)
        weight = np.where(np.isfinite(likelihood), likelihood, -np.inf) + prior
        found[target, others] = [logsumexp(weight[has]) - logsumexp(weight[~has]) for has in sets.T]
    return found


def _driven(seen: Experiments, fit: ProductionFit, target: int, others: np.ndarray) -> Driven:
    rest = fit.steady_protein[0, others]
    parts = (
        fit.steady_protein[:, others] - rest,
        fit.protein[:, :, others] - rest,
        np.repeat(seen.pushed, round(1 / STEP)),
        *(np.asarray(part)[:, target] for part in (seen.left, seen.trust, seen.steady)),
        np.asarray(seen.series)[:, :, target],
    )
    return Driven(*(jnp.asarray(part, jnp.float32) for part in parts))


def _residuals(x: Array, inside: Array, gene: Driven, noise: Array, share: Array) -> Array:
    """(model - level) / noise; x: bias, weights of the others, log rate, push of each series."""
    others = inside.size
    bias, weights, speed, push = x[0], x[1 : others + 1] * inside, x[others + 1], x[others + 2 :]
    steady = gene.left * jax.nn.sigmoid(bias + gene.steady @ weights)
    made = jax.nn.sigmoid(bias + gene.driving @ weights + push[:, None] * gene.pushed[None])
    kept = 1 - jnp.exp(-STEP * jnp.exp(speed))

    def step(level: Array, towards: Array) -> tuple[Array, Array]:
        after = level + kept * (towards - level)
        return after, after

    _, course = lax.scan(step, jnp.full_like(push, jax.nn.sigmoid(bias)), made.T)
    every = round(1 / STEP)
    missed = jnp.sqrt(share) * (course[every - 1 :: every].T - gene.course[:, 1:])
    return jnp.concatenate([jnp.sqrt(gene.trust) * (steady - gene.level), missed.ravel()]) / noise


@jax.jit
def _likelihoods(sets: Array, gene: Driven, noise: Array, share: Array) -> Array:
    """Laplace's approximation of the log marginal likelihood of each set, up to a constant of the gene."""
    others, series = sets.shape[1], gene.course.shape[0]
    width = jnp.concatenate(
        [jnp.array([BIAS_SD]), jnp.full(others, WEIGHT_SD), jnp.array([SPEED_SD]), jnp.full(series, PUSH_SD)]
    )
    mean = jnp.zeros(width.shape).at[others + 1].set(SPEED)
    rest = jnp.clip(gene.level[0], 0.03, 0.97)
    begin = mean.at[0].set(jnp.log(rest / (1 - rest)))

    def one(inside: Array) -> Array:
        def missed(x: Array) -> Array:
            return jnp.concatenate([_residuals(x, inside, gene, noise, share), (x - mean) / width])

        x, squares = _least_squares(missed, begin)
        slopes = jax.jacfwd(missed)(x)
        return -0.5 * squares - 0.5 * jnp.linalg.slogdet(slopes.T @ slopes)[1] - jnp.log(width).sum()

    return jax.vmap(one)(sets)


def _least_squares(missed, begin: Array) -> tuple[Array, Array]:  # type: ignore[no-untyped-def]
    """(x, sum of squares) by Levenberg-Marquardt, a fixed number of iterations."""

    def iterate(carry: tuple[Array, Array, Array], _: None) -> tuple[tuple[Array, Array, Array], None]:
        x, damping, squares = carry
        slopes, residual = jax.jacfwd(missed)(x), missed(x)
        normal = slopes.T @ slopes
        trial = x - jnp.linalg.solve(normal + damping * jnp.diag(jnp.diag(normal)), slopes.T @ residual)
        after = (missed(trial) ** 2).sum()
        better = after < squares
        kept = jnp.where(better, trial, x), jnp.where(better, 0.2, 8.0) * damping, jnp.where(better, after, squares)
        return kept, None

    start = begin, jnp.full((), 0.1, begin.dtype), (missed(begin) ** 2).sum()
    (x, _, squares), _ = lax.scan(iterate, start, None, ITERATIONS)
    return x, squares
