"""The encoder of cells, the decoder to rates, and the likelihood."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from semimech.models.vae.form import Form, Minibatch, Parameters, Tables
from semimech.models.vae.guide import LEAK
from semimech.numerics.counts import dispersion_part, gaussian, poisson, softmax_part


def standardised(form: Form, tables: Tables, values: Array, library: Array) -> Array:
    """What the encoder sees: log1p of 1e4-normalised counts, or the values, centred and scaled (... x features)."""
    level = jnp.log1p(values * (1e4 / library)[:, None]) if form.counts else values
    return (level - tables.centre[None, :]) / tables.scale[None, :]


def encoded(parameters: Parameters, first: Array) -> tuple[Array, Array]:
    """Mean and log sd of q(z | x, u, q e) (cells x L).

    first: x, u and q e through the first layer, summed, without its bias (cells x hidden).
    """
    hidden = jax.nn.leaky_relu(first + parameters["encode_bias"][None], LEAK)
    both = hidden @ jnp.concatenate([parameters["encode_mean"], parameters["encode_sd"]], axis=1)
    mean, log_sd = jnp.split(both, 2, axis=1)
    return mean + parameters["encode_mean_bias"][None], log_sd + parameters["encode_sd_bias"][None]


def hidden_of(form: Form, parameters: Parameters, latent: Array, effect: Array) -> Array:
    """The first layer of the decoder without artefact: [z; u] W, or (z + u) W (cells x hidden)."""
    if form.square:
        first = latent @ parameters["decode_z"] + effect @ parameters["decode_u"]
    else:
        first = (latent + effect) @ parameters["decode_z"]
    return first + parameters["decode_bias"][None]


def decoded(parameters: Parameters, first: Array) -> Array:
    """Residual perceptron of two layers, from the sum of the first to logits of the rates (cells x features)."""
    hidden = jax.nn.leaky_relu(first, LEAK)
    inner = hidden @ parameters["decode_hidden"] + parameters["decode_hidden_bias"][None]
    hidden = hidden + jax.nn.leaky_relu(inner, LEAK)
    return hidden @ parameters["decode_out"] + parameters["decode_out_bias"][None]


def fixed_part(tables: Tables, cells: Minibatch) -> Array:
    """Log rates of the controls of the batch and the closed-form changes of the conditions (cells x features)."""
    return tables.base[cells.batch][None, :] + tables.offset[cells.condition]


def log_mean(logits: Array, library: Array) -> Array:
    """log(library * softmax(logits)) (... x features)."""
    return jax.nn.log_softmax(logits, axis=-1) + jnp.log(library)[:, None]


def log_likelihood(form: Form, parameters: Parameters, logits: Array, cells: Minibatch) -> Array:
    """log p(x | z, u, e) without log x! and without `shared_part` (cells,); `logits` hold the fixed part."""
    shared = parameters["log_theta"]
    if form.likelihood == "gaussian":
        return gaussian(cells.values, logits, shared[None, :]).sum(1)
    if form.likelihood == "poisson":
        return poisson(cells.values, log_mean(logits, cells.library)).sum(1)
    return softmax_part(cells.values, logits, cells.library, shared)


def shared_part(form: Form, parameters: Parameters, cells: Minibatch) -> Array:
    """The part of the log likelihood that does not depend on the draw: once for each cell, not for each particle."""
    if form.likelihood == "negative-binomial":
        return dispersion_part(cells.values, parameters["log_theta"])
    return jnp.zeros_like(cells.weight)
