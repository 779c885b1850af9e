"""One field for knock-outs, knock-downs and time series together: regulated production of mRNA, and its protein."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.flatten_util import ravel_pytree

from semimech.models.fitting import Errors, Schedule, train

STEP = 0.5  # of the interval between two samples of a series
SETTLING = 36  # steps until a state counts as steady
SPEED, SPEED_SD = np.log((1.4, 1.7)), 0.5  # log of the rates of mRNA and protein for each sample, and their prior's sd
BIAS_SD, WEIGHT_SD, PUSH_SD = 3.0, 3.0, 1.0  # of the Gaussian priors of the errors; the bias has it in the fit too
RATE = 0.05


class Experiments(NamedTuple):
    """What was measured of one system, levels between 0 and 1.

    steady: levels (rows x genes), row 0 untouched. left: share of each gene's production that is left (rows x genes).
    trust: samples that a steady level stands for, 0 where it says nothing. series: (series x times x genes), at rest at
    time 0. pushed: 1 where the unknown push of a series acts in the interval before a time (times - 1,).
    """

    steady: Array
    left: Array
    trust: Array
    series: Array
    pushed: Array


class Production(NamedTuple):
    """weights: W[target, source]; bias (genes,); decay, lag: log rates of mRNA and protein; push: series x genes."""

    weights: Array
    bias: Array
    decay: Array
    lag: Array
    push: Array


class States(NamedTuple):
    """mRNA at the samples, and the protein that drives it: at rest (rows x genes), before every step of a series."""

    steady: Array
    series: Array
    steady_protein: Array
    protein: Array


@dataclass(frozen=True, eq=False)
class ProductionFit:
    """weights, errors: starts x target x source, errors being standard errors at the penalised maximum.

    steady_protein, protein: of `States`, mean over the starts.
    """

    weights: np.ndarray
    errors: np.ndarray
    steady_protein: np.ndarray
    protein: np.ndarray

    @property
    def evidence(self) -> np.ndarray:
        """|W| / standard error, mean over the starts (target x source)."""
        return np.abs(self.weights / self.errors).mean(0)


def states(parameters: Production, seen: Experiments) -> States:
    """dx/dt = a (m s(W y + b + u) - x), dy/dt = c (x - y): m the share of production left, u the push.

    Exponential steps of half a sample, each with the protein of its begin: what lags twice behind can be 0.05 away
    right after a push; steady states are exact.
    """
    weights = parameters.weights * (1 - jnp.eye(seen.steady.shape[1], dtype=seen.steady.dtype))
    quick, slow = (1 - jnp.exp(-STEP * jnp.exp(part)) for part in (parameters.decay, parameters.lag))

    def step(state: tuple[Array, Array], left: Array, push: Array) -> tuple[Array, Array]:
        mrna, protein = state
        made = left * jax.nn.sigmoid(protein @ weights.T + parameters.bias[None] + push)
        after = mrna + quick[None] * (made - mrna)
        return after, protein + slow[None] * ((mrna + after) / 2 - protein)

    silent = jnp.zeros_like(seen.steady)
    begin = seen.steady[:1] * seen.left
    rest, _ = lax.scan(lambda state, _: (step(state, seen.left, silent), None), (begin, begin), None, SETTLING)
    start = jnp.broadcast_to(rest[0][:1], parameters.push.shape), jnp.broadcast_to(rest[1][:1], parameters.push.shape)
    whole = jnp.ones_like(parameters.push)

    def interval(state: tuple[Array, Array], on: Array) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        push = on * parameters.push
        half = step(state, whole, push)
        end = step(half, whole, push)
        return end, (end[0], jnp.stack([(state[1] + half[1]) / 2, (half[1] + end[1]) / 2]))

    _, (levels, driving) = lax.scan(interval, start, seen.pushed)
    driving = driving.reshape(-1, *parameters.push.shape)
    return States(rest[0], jnp.swapaxes(levels, 0, 1), rest[1], jnp.swapaxes(driving, 0, 1))


@dataclass(frozen=True)
class ProductionObjective:
    """Half the sum of squares over noise^2; samples of a series, whose errors hang together, count `share` each."""

    noise: float
    share: float

    def residuals(self, parameters: Production, seen: Experiments) -> Array:
        """(model - level) / noise of every level, flat."""
        found = states(parameters, seen)
        steady = jnp.sqrt(seen.trust) * (found.steady - seen.steady)
        series = jnp.sqrt(self.share) * (found.series - seen.series[:, 1:])
        return jnp.concatenate([steady.ravel(), series.ravel()]) / self.noise

    def start(self, parameters: Production, data: Experiments) -> Array:
        """Nothing is carried."""
        return jnp.zeros(())

    def gradient(self, parameters: Production, state: Array, data: Experiments) -> tuple[Production, Array, Errors]:
        """Of the squares and the Gaussian priors of the rates and the bias."""

        def loss(parameters: Production) -> tuple[Array, Array]:
            squares = (self.residuals(parameters, data) ** 2).sum()
            decay, lag = (parameters.decay - SPEED[0]) / SPEED_SD, (parameters.lag - SPEED[1]) / SPEED_SD
            prior = (decay**2).sum() + (lag**2).sum() + ((parameters.bias / BIAS_SD) ** 2).sum()
            return (squares + prior) / 2, squares

        (_, squares), gradient = jax.value_and_grad(loss, has_aux=True)(parameters)
        return gradient, state, Errors(squares, jnp.full((), jnp.nan, squares.dtype))

    def project(self, parameters: Production, state: Array) -> tuple[Production, Array]:
        """Every value is allowed."""
        return parameters, state


def fit_production(
    seen: Experiments,
    *,
    noise: float = 0.05,
    share: float = 0.3,
    sparsity: float = 3.0,
    starts: int = 3,
    steps: int = 1000,
    seed: int = 0,
) -> ProductionFit:
    """Fit `states` to all experiments at once from several random starts, with Laplace priors on weights and pushes.

    sparsity: lambda of exp(-lambda |W|). noise: sd of a level. Standard errors are those of the curvature J^T J of the
    likelihood with Gaussian priors in place of the Laplace ones.
    """
    objective = ProductionObjective(noise, share)
    members = jax.tree.map(lambda part: jnp.stack([jnp.asarray(part, jnp.float32)] * starts), seen)
    begin = jax.vmap(_start)(jax.random.split(jax.random.key(seed), starts), members)
    rates = Production(RATE, RATE, RATE, RATE, RATE)  # type: ignore[arg-type]
    penalties = Production(*(np.full(starts, size, np.float32) for size in (sparsity, 0, 0, 0, 2.0)))  # type: ignore[arg-type]
    found = train(objective, begin, members, rates, penalties, Schedule(steps=steps)).last
    errors = _errors(objective, found, members)
    each = jax.vmap(states)(found, members)
    return ProductionFit(
        np.asarray(found.weights), np.asarray(errors), *(np.asarray(part).mean(0) for part in (each[2], each[3]))
    )


def _start(key: Array, seen: Experiments) -> Production:
    keys = jax.random.split(key, 3)
    rest = jnp.clip(seen.steady[0], 0.03, 0.97)
    genes = rest.size
    weights = 0.3 * jax.random.normal(keys[0], (genes, genes)) * (1 - jnp.eye(genes))
    decay = SPEED[0] + 0.2 * jax.random.normal(keys[1], (genes,))
    push = 0.1 * jax.random.normal(keys[2], (seen.series.shape[0], genes))
    return Production(weights, jnp.log(rest / (1 - rest)) - weights @ rest, decay, jnp.full(genes, SPEED[1]), push)


@partial(jax.jit, static_argnums=0)
def _errors(objective: ProductionObjective, found: Production, members: Experiments) -> Array:
    def one(parameters: Production, seen: Experiments) -> Array:
        flat, restored = ravel_pytree(parameters)
        slopes = jax.jacfwd(lambda x: objective.residuals(restored(x), seen))(flat)
        widths = Production(*map(np.float32, (WEIGHT_SD, BIAS_SD, SPEED_SD, SPEED_SD, PUSH_SD)))  # type: ignore[arg-type]
        known = jax.tree.map(lambda part, sd: jnp.full_like(part, 1 / sd**2), parameters, widths)
        covariance = jnp.linalg.inv(slopes.T @ slopes + jnp.diag(ravel_pytree(known)[0]))
        return jnp.sqrt(restored(jnp.diag(covariance)).weights)

    return jax.vmap(one)(found, members)
