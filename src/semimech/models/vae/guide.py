"""Draws of what perturbations do (E * M), and what they cost in the evidence bound."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from semimech.models.vae.form import Form, Minibatch, Parameters, Tables
from semimech.numerics.spikes import kl_bernoulli, kl_normal, straight_through

LEAK = 0.01


class Draw(NamedTuple):
    """effect: u of each cell (particles x cells x L), or where it is shared the table E * M (particles x T x L).

    cost: KL of the rows of E and M from their priors (T,).
    """

    effect: Array
    cost: Array


def logits(form: Form, parameters: Parameters, tables: Tables) -> Array:
    """logit q(M = 1): a free parameter; with a signed network |W| / standard error - threshold."""
    if not form.square:
        return parameters["logit"]
    network = parameters["network"]
    return jnp.abs(network) / tables.error - form.threshold if form.signed else network


def drawn(form: Form, parameters: Parameters, tables: Tables, cells: Minibatch, key: Array) -> Draw:
    """u = D (E * M), drawn anew for each cell, or one table for all cells of a particle."""
    logit = logits(form, parameters, tables)
    spikes = kl_bernoulli(logit, tables.prior_logit).sum(1)
    one, two = jax.random.split(key)
    if form.network_guide:
        table, slabs = _by_network(form, parameters, tables, logit, (one, two))
        return Draw(table, spikes + slabs)
    mean, log_sd = parameters["slab_mean"], parameters["slab_sd"]
    slab = kl_normal(mean, log_sd, tables.prior_mean, float(np.log(form.slab)))
    cost = spikes + (jax.nn.sigmoid(logit) * slab).sum(1)
    shape = (form.particles, *cells.given.shape, logit.shape[1])
    on = straight_through(jnp.broadcast_to(logit[cells.given][None], shape), one)
    size = mean[cells.given][None] + jnp.exp(log_sd)[cells.given][None] * jax.random.normal(two, shape, mean.dtype)
    return Draw((cells.dose[None, :, :, None] * on * size).sum(2) + pairs(parameters, cells)[None], cost)


def _by_network(
    form: Form, parameters: Parameters, tables: Tables, logit: Array, keys: tuple[Array, Array]
) -> tuple[Array, Array]:
    """E * M of each particle by the perceptron (particles x T x L), and the KL of E (T,)."""
    on = straight_through(jnp.broadcast_to(logit[None], (form.particles, *logit.shape)), keys[0])
    mean, log_sd = guided(parameters, on)
    size = mean + jnp.exp(log_sd) * jax.random.normal(keys[1], mean.shape, mean.dtype)
    cost = kl_normal(mean, log_sd, tables.prior_mean[None], float(np.log(form.slab)))
    return on * size, cost.sum(2).mean(0)


def guided(parameters: Parameters, on: Array) -> tuple[Array, Array]:
    """Mean and log sd of E given its rows of M, by the perceptron (particles x T x L each)."""
    hidden = on @ parameters["guide_m"] + (parameters["guide_row"] + parameters["guide_bias_0"][None, :])[None]
    hidden = jax.nn.leaky_relu(hidden, LEAK)
    for k in (1, 2, 3):
        hidden = jax.nn.leaky_relu(hidden @ parameters[f"guide_{k}"] + parameters[f"guide_bias_{k}"][None, None], LEAK)
    log_sd = hidden @ parameters["guide_sd"] + parameters["guide_sd_bias"][None, None]
    return hidden @ parameters["guide_mean"], log_sd


def effect_of(draw: Array, shared: bool, cells: Minibatch) -> Array:
    """u of each cell (cells x L), from a draw of one particle: u itself, or the shared table E * M."""
    return design(cells, draw.shape[0]) @ draw if shared else draw


def design(cells: Minibatch, rows: int) -> Array:
    """Doses as a matrix (cells x T): a product with it is faster than gathering rows, and much so than its gradient."""
    return (cells.dose[:, :, None] * jnp.eye(rows, dtype=cells.dose.dtype)[cells.given]).sum(1)


def pairs(parameters: Parameters, cells: Minibatch) -> Array:
    """What perturbations given together add: sum over pairs of (a_p * a_q) V (cells x L), 0 without that term."""
    if "pair_in" not in parameters:
        return jnp.zeros((1, 1), cells.dose.dtype)
    given = cells.dose[:, :, None] * parameters["pair_in"][cells.given]
    both = 0.5 * (given.sum(1) ** 2 - (given**2).sum(1))
    return both @ parameters["pair_out"]
