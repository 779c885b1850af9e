"""How well the sum over hops of the network gives the effects of perturbations on its nodes."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from semimech.models.vae.form import Form, Minibatch, Parameters, Tables
from semimech.models.vae.guide import design
from semimech.numerics.spikes import sum_over_hops

FAR = 1e12


def alignment_loss(form: Form, parameters: Parameters, tables: Tables, cells: Minibatch) -> Array:
    """mean |D T_K(W) - Delta| over treated cells and nodes, T_K(W) = W + W^2 / T + ... + W^(K+1) / T^K.

    Signed: Delta is the shrunken mean effect of the cell's condition, and the misfit is counted in its standard errors.
    As published: Delta = |x - match| - threshold, the match being a control cell of the mini-batch (`matched`).
    """
    network = parameters["network"]
    reached = sum_over_hops(design(cells, network.shape[0]), network, form.hops)
    given = (cells.dose != 0).any(1)
    treated = jnp.where(given, cells.weight, 0)
    if form.signed:
        known = (tables.precision[cells.condition] > 0).astype(network.dtype)
        misfit = jnp.abs(reached - tables.delta[cells.condition]) * tables.precision[cells.condition]
    else:
        # Without a control in the mini-batch there is nothing to match.
        treated = jnp.where(((cells.weight > 0) & ~given).any(), treated, 0)
        known = jnp.broadcast_to(tables.known[None, :], reached.shape)
        misfit = jnp.abs(reached - (jnp.abs(_change(form, tables, cells)) - form.threshold)) * known
    weight = treated[:, None] * known
    return (treated[:, None] * misfit).sum() / jnp.maximum(weight.sum(), 1)


def _change(form: Form, tables: Tables, cells: Minibatch) -> Array:
    """x - match on the nodes (cells x T)."""
    values = jnp.log1p(cells.values * (1e4 / cells.library)[:, None]) if form.counts else cells.values
    control = (cells.weight > 0) & ~(cells.dose != 0).any(1)
    nodes = values[:, tables.nodes]
    return nodes - nodes[matched(values, control, cells.weight > 0)]


def matched(values: Array, control: Array, present: Array) -> Array:
    """For each cell the control argmin_j (C_ij - mean_i C_ij), C_ij = |x_i - x_j|^2 (cells,).

    What entropic optimal transport between treated and control cells comes to where its plan is nearly uniform.
    """
    size = (values**2).sum(1)
    cost = size[:, None] + size[None, :] - 2 * values @ values.T
    treated = (present & ~control).astype(values.dtype)
    mean = treated @ cost / jnp.maximum(treated.sum(), 1)
    return jnp.argmin(cost - mean[None, :] + jnp.where(control, 0.0, FAR)[None, :], axis=1)
