"""The encoder of cells, the decoder to rates, and the likelihood."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from semimech.models.vae.form import Form, Minibatch, Parameters, Tables
from semimech.models.vae.guide import LEAK, Draw, pushed
from semimech.numerics.counts import dispersion_part, gaussian, poisson, softmax_part


def standardised(form: Form, tables: Tables, values: Array, library: Array) -> Array:
    """What the encoder sees: log1p of 1e4-normalised counts, or the values, centred and scaled (... x features)."""
    level = jnp.log1p(values * (1e4 / library)[:, None]) if form.counts else values
    return (level - tables.centre[None, :]) / tables.scale[None, :]


def encoded(parameters: Parameters, first: Array) -> tuple[Array, Array]:
    """Mean and log sd of q(z | x, u, q e) (particles x cells x L).

    first: x, u and q e through the first layer, summed, without its bias (particles x cells x hidden).
    """
    hidden = jax.nn.leaky_relu(first + parameters["encode_bias"][None, None], LEAK)
    mean = hidden @ parameters["encode_mean"] + parameters["encode_mean_bias"][None, None]
    return mean, hidden @ parameters["encode_sd"] + parameters["encode_sd_bias"][None, None]


def hidden_of(form: Form, parameters: Parameters, latent: Array, draw: Draw, cells: Minibatch) -> Array:
    """The first layer of the decoder without artefact: [z; u] W, or (z + u) W (particles x cells x hidden)."""
    weights = parameters["decode_u" if form.square else "decode_z"]
    return latent @ parameters["decode_z"] + pushed(draw, cells, weights) + parameters["decode_bias"][None, None]


def decoded(parameters: Parameters, first: Array) -> Array:
    """Residual perceptron of two layers, from the sum of the first to logits of the rates (... x features)."""
    hidden = jax.nn.leaky_relu(first, LEAK)
    inner = hidden @ parameters["decode_hidden"] + parameters["decode_hidden_bias"][None, None]
    hidden = hidden + jax.nn.leaky_relu(inner, LEAK)
    return hidden @ parameters["decode_out"] + parameters["decode_out_bias"][None, None]


def fixed_part(tables: Tables, cells: Minibatch) -> Array:
    """Log rates of the controls of the batch and the closed-form changes of the conditions (cells x features)."""
    return tables.base[cells.batch][None, :] + tables.offset[cells.condition]


def log_mean(logits: Array, library: Array) -> Array:
    """log(library * softmax(logits)) (... x features)."""
    return jax.nn.log_softmax(logits, axis=-1) + jnp.log(library)[:, None]


def log_likelihood(form: Form, parameters: Parameters, logits: Array, cells: Minibatch) -> Array:
    """log p(x | z, u, e) without log x! (particles x cells); `logits` hold the fixed part."""
    shared = parameters["log_theta"]
    if form.likelihood == "gaussian":
        return gaussian(cells.values[None], logits, shared[None, None, :]).sum(2)
    if form.likelihood == "poisson":
        return poisson(cells.values[None], jax.vmap(log_mean, (0, None))(logits, cells.library)).sum(2)
    # The part with the gamma functions does not depend on the draw: once for each cell, not for each particle.
    alone = dispersion_part(cells.values, shared).sum(1)
    return softmax_part(cells.values, logits, cells.library, shared) + alone[None, :]
