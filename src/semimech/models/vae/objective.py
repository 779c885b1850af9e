"""The loss of a mini-batch: the evidence bound with plates, the counterfactual term, the network's alignment."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from semimech.models.vae.alignment import alignment_loss
from semimech.models.vae.decoder import (
    decoded,
    encoded,
    fixed_part,
    hidden_of,
    log_likelihood,
    shared_part,
    standardised,
)
from semimech.models.vae.form import Form, Minibatch, Parameters, Tables
from semimech.models.vae.guide import drawn, effect_of, logits
from semimech.numerics.draws import sum_over_draws
from semimech.numerics.spikes import kl_normal


class Shared(NamedTuple):
    """What all particles use: the parameters, and x through the encoder's first layer (cells x hidden)."""

    parameters: Parameters
    seen: Array


class Particle(NamedTuple):
    """Draws of one particle: of effects (`Draw.effect`), of the artefact (L,) if there is one, of z (cells x L)."""

    effect: Array
    artefact: Array | None
    noise: Array


class Fixed(NamedTuple):
    """What has no gradient: tables, cells, the fixed part of their logits, the share of each in a mean (cells,)."""

    tables: Tables
    cells: Minibatch
    logits: Array
    share: Array


class Posterior(NamedTuple):
    """Of z (cells x L), the effects it was made for (cells x L), and the decoder's first layer without artefact."""

    mean: Array
    log_sd: Array
    effect: Array
    first: Array


def loss(form: Form, parameters: Parameters, tables: Tables, cells: Minibatch, key: Array) -> tuple[Array, Array]:
    """(what is minimised, negative evidence bound), both means over the cells of the mini-batch.

    bound_i = log p(x_i | z, u, e) - KL(z_i) - sum over its perturbations t of KL(E_t, M_t) / N_t - q_i KL(e) / N_q:
    what is shared by N_t cells is paid once, a share by each. Added to the negative bound: beta times the KL between
    the posteriors of a cell and its counterfactual, alignment times the network's misfit, sparsity times its density.
    """
    keys = jax.random.split(key, 3)
    draw = drawn(form, parameters, tables, cells, keys[0])
    artefact, cost = _artefact(form, parameters, tables, cells, keys[1])
    latents = parameters["encode_mean"].shape[1]
    noise = jax.random.normal(keys[2], (form.particles, len(cells.weight), latents), cells.values.dtype)
    particles = Particle(draw.effect, artefact, noise)
    seen = standardised(form, tables, cells.values, cells.library) @ parameters["encode_x"]
    shared = Shared(parameters, seen)
    share = cells.weight / jnp.maximum(cells.weight.sum(), 1)
    fixed = Fixed(tables, cells, fixed_part(tables, cells), share)

    given = (cells.dose != 0).astype(noise.dtype)
    paid = (given * (draw.cost * tables.plate)[cells.given]).sum(1) + cost
    first = jax.tree.map(lambda leaf: leaf[0], particles)
    own, posterior = _bound(form, shared, first, fixed)
    if form.particles > 1:
        rest = jax.tree.map(lambda leaf: leaf[1:], particles)
        own = own + sum_over_draws(partial(_only_bound, form), shared, rest, fixed)
    total = own + (share * (paid - shared_part(form, parameters, cells))).sum()

    extra = jnp.zeros((), noise.dtype)
    if form.quality and form.beta:
        # The first draw is as good as the mean of all: the counterfactual costs what one particle costs.
        extra = extra + form.beta * _disagreement(form, parameters, posterior, first, fixed)
    if form.square:
        extra = extra + form.alignment * alignment_loss(form, parameters, tables, cells)
        density = jax.nn.sigmoid(logits(form, parameters, tables)).mean()
        extra = extra + form.sparsity * density
    return total + extra, total


def _artefact(
    form: Form, parameters: Parameters, tables: Tables, cells: Minibatch, key: Array
) -> tuple[Array | None, Array]:
    """The artefact e of each particle (particles x L), and what each cell pays for it (cells,)."""
    if not form.quality:
        return None, jnp.zeros_like(cells.weight)
    mean, log_sd = parameters["artefact_mean"], parameters["artefact_sd"]
    noise = jax.random.normal(key, (form.particles, 1, mean.shape[0]), mean.dtype)[:, 0]
    cost = kl_normal(mean, log_sd, 0.0, 0.0).sum() * tables.failing_plate
    return mean[None] + jnp.exp(log_sd)[None] * noise, cells.failing * cost


def _bound(form: Form, shared: Shared, own: Particle, fixed: Fixed) -> tuple[Array, Posterior]:
    """KL(z) - log p(x | z, u, e), its mean over cells and this particle's part of the mean over particles."""
    parameters, cells = shared.parameters, fixed.cells
    effect = effect_of(own.effect, form.network_guide, cells)
    into = _spoiled(shared.seen + effect @ parameters["encode_u"], parameters, "encode_e", own.artefact, cells.failing)
    mean, log_sd = encoded(parameters, into)
    first = hidden_of(form, parameters, mean + jnp.exp(log_sd) * own.noise, effect)
    now = _spoiled(first, parameters, "decode_e", own.artefact, cells.failing)
    fit = log_likelihood(form, parameters, decoded(parameters, now) + fixed.logits, cells)
    value = (fixed.share * (kl_normal(mean, log_sd, 0.0, 0.0).sum(1) - fit)).sum() / form.particles
    return value, Posterior(mean, log_sd, effect, first)


def _only_bound(form: Form, shared: Shared, own: Particle, fixed: Fixed) -> Array:
    return _bound(form, shared, own, fixed)[0]


def _spoiled(first: Array, parameters: Parameters, name: str, artefact: Array | None, failing: Array) -> Array:
    """The first layer with the artefact of the cells that fail; as a product, whose gradient is one too."""
    if artefact is None:
        return first
    return first + failing[:, None] @ (artefact @ parameters[name])[None]


def _disagreement(form: Form, parameters: Parameters, own: Posterior, draw: Particle, fixed: Fixed) -> Array:
    """Mean KL between the posteriors of a cell and of the same cell of the other quality, z and perturbation the same.

    Of the first `again` cells. Improper, as published: summed over the latents, without the first variance.
    """
    part = slice(None, form.again)
    flipped = 1 - fixed.cells.failing[part]
    first = _spoiled(own.first[part], parameters, "decode_e", draw.artefact, flipped)
    values = decoded(parameters, first) + fixed.logits[part]
    if form.counts:
        values = jax.nn.softmax(values, axis=1)
    level = standardised(form, fixed.tables, values, jnp.ones_like(flipped))
    into = level @ parameters["encode_x"] + own.effect[part] @ parameters["encode_u"]
    again = encoded(parameters, _spoiled(into, parameters, "encode_e", draw.artefact, flipped))
    mean, log_sd = own.mean[part], own.log_sd[part]
    few = fixed.share[part] / jnp.maximum(fixed.share[part].sum(), 1e-6)
    if form.proper:
        return (few * kl_normal(mean, log_sd, *again).mean(1)).sum()
    distance = 0.5 * (mean - again[0]) ** 2 * jnp.exp(-2 * again[1]) + again[1] - log_sd - 0.5
    return (few * distance.sum(1)).sum()
