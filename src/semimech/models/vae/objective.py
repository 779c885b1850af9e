"""The loss of a mini-batch: the evidence bound with plates, the counterfactual term, the network's alignment."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from semimech.models.vae.alignment import alignment_loss
from semimech.models.vae.decoder import decoded, encoded, fixed_part, hidden_of, log_likelihood, log_mean, standardised
from semimech.models.vae.form import Form, Minibatch, Parameters, Tables
from semimech.models.vae.guide import Draw, drawn, logits, pushed
from semimech.numerics.spikes import kl_normal


def loss(form: Form, parameters: Parameters, tables: Tables, cells: Minibatch, key: Array) -> tuple[Array, Array]:
    """(what is minimised, negative evidence bound), both means over the cells of the mini-batch.

    bound_i = log p(x_i | z, u, e) - KL(z_i) - sum over its perturbations t of KL(E_t, M_t) / N_t - q_i KL(e) / N_q:
    what is shared by N_t cells is paid once, a share by each. Added to the negative bound: beta times the KL between
    the posteriors of a cell and its counterfactual, alignment times the network's misfit, sparsity times its density.
    """
    keys = jax.random.split(key, 3)
    draw = drawn(form, parameters, tables, cells, keys[0])
    share = cells.weight / jnp.maximum(cells.weight.sum(), 1)
    seen = standardised(form, tables, cells.values, cells.library) @ parameters["encode_x"]
    effect = pushed(draw, cells, parameters["encode_u"])
    artefact, cost = _artefact(form, parameters, tables, cells, keys[1])
    if artefact is not None:
        effect = effect + artefact @ parameters["encode_e"] * cells.failing[None, :, None]
    mean, log_sd = encoded(parameters, seen[None] + effect)
    latent = mean + jnp.exp(log_sd) * jax.random.normal(keys[2], mean.shape, mean.dtype)
    first = hidden_of(form, parameters, latent, draw, cells)
    spoiled = None if artefact is None else artefact @ parameters["decode_e"]
    now = first if spoiled is None else first + spoiled * cells.failing[None, :, None]
    fixed = fixed_part(tables, cells)
    fit = log_likelihood(form, parameters, decoded(parameters, now) + fixed[None], cells)
    own = kl_normal(mean, log_sd, 0.0, 0.0).sum(2)
    given = (cells.dose != 0).astype(mean.dtype)
    shared = (given * (draw.cost * tables.plate)[cells.given]).sum(1)
    bound = (fit - own).mean(0) - shared - cost
    total = -(share * bound).sum()
    extra = jnp.zeros((), mean.dtype)
    if form.quality and form.beta:
        assert spoiled is not None
        assert artefact is not None
        # The first draw is as good as the mean of all: the counterfactual costs what one particle costs.
        other = first[:1, : form.again] + spoiled[:1] * (1 - cells.failing)[None, : form.again, None]
        again = _counterfactual(form, parameters, tables, cells, draw, artefact[:1], other, fixed)
        extra = extra + form.beta * _agreement(form, (mean[:1], log_sd[:1]), again, share)
    if form.square:
        extra = extra + form.alignment * alignment_loss(form, parameters, tables, cells)
        density = jax.nn.sigmoid(logits(form, parameters, tables)).mean()
        extra = extra + form.sparsity * density
    return total + extra, total


def _artefact(
    form: Form, parameters: Parameters, tables: Tables, cells: Minibatch, key: Array
) -> tuple[Array | None, Array]:
    """The artefact e of each particle (particles x 1 x L), and what each cell pays for it (cells,)."""
    if not form.quality:
        return None, jnp.zeros_like(cells.weight)
    mean, log_sd = parameters["artefact_mean"], parameters["artefact_sd"]
    noise = jax.random.normal(key, (form.particles, 1, mean.shape[0]), mean.dtype)
    cost = kl_normal(mean, log_sd, 0.0, 0.0).sum() * tables.failing_plate
    return mean[None, None] + jnp.exp(log_sd)[None, None] * noise, cells.failing * cost


def _counterfactual(
    form: Form,
    parameters: Parameters,
    tables: Tables,
    cells: Minibatch,
    draw: Draw,
    artefact: Array,
    first: Array,
    fixed: Array,
) -> tuple[Array, Array]:
    """The posterior of the cell as it would have been with the other quality, the same z and the same perturbation."""
    part = slice(None, form.again)
    some = Minibatch(*(leaf if leaf.ndim == 0 else leaf[part] for leaf in cells))
    few = Draw(
        None if draw.effect is None else draw.effect[:1, part],
        None if draw.table is None else draw.table[:1],
        draw.cost,
    )
    values = decoded(parameters, first) + fixed[None, part]
    if form.counts:
        values = jnp.exp(jax.vmap(log_mean, (0, None))(values, some.library))
    seen = jax.vmap(lambda v: standardised(form, tables, v, some.library))(values) @ parameters["encode_x"]
    flipped = artefact @ parameters["encode_e"] * (1 - some.failing)[None, :, None]
    effect = pushed(few, some, parameters["encode_u"])
    return encoded(parameters, seen + effect + flipped)


def _agreement(form: Form, own: tuple[Array, Array], again: tuple[Array, Array], share: Array) -> Array:
    """Mean KL between the two posteriors of the cells that have both.

    Improper, as published: summed over the latents, without the first variance.
    """
    mean, log_sd = (part[:, : form.again] for part in own)
    few = share[: form.again] / jnp.maximum(share[: form.again].sum(), 1e-6)
    if form.proper:
        return (few * kl_normal(mean, log_sd, *again).mean(2).mean(0)).sum()
    distance = 0.5 * (mean - again[0]) ** 2 * jnp.exp(-2 * again[1]) + again[1] - log_sd - 0.5
    return (few * distance.sum(2).mean(0)).sum()
