"""The CellBox law: its forms, its parameters in blocks by role, and the fixed-point problem they pose."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from semimech.numerics.activations import Activation


@dataclass(frozen=True)
class Field:
    """Which form of the law; x, u and the rates are per node.

    envelope 0: dx/dt = eps phi(W x + u) - alpha x; 1: dx/dt = eps (phi(W x) + u) - alpha x;
    2: dx/dt = eps phi(W x) + psi u - alpha x. `second_order` adds (sum_j W_ij) x_i to the argument of phi, which
    is linear in x and so a self-loop of that weight. The form of Ji et al. (arXiv:2104.06467),
    dx/dt = a tanh(W x - mu) - x, is envelope 0 with eps = a, alpha = 1 and u - mu for u.
    Source: Yuan et al. 2021, doi:10.1016/j.cels.2020.11.013.
    """

    envelope: Literal[0, 1, 2] = 0
    activation: Activation = field(default_factory=Activation)
    second_order: bool = False


class Blocks(NamedTuple):
    """Parameters by role: inputs are closed form and phenotypes a read-out, so only `internal` is implicit.

    internal: molecules x molecules, W[target, source]. drive: molecules x inputs. readout: phenotypes x molecules.
    eps, alpha, psi: positive rates of the molecules, then the phenotypes, as softplus arguments (nodes,); at
    steady state only eps / alpha and psi / alpha can be identified. basal: the argument a = W x(0) + b of phi in
    the untreated state x(0) (nodes,), where the law has a constant b and x counts from x(0): see `untreated`.
    """

    internal: Array
    drive: Array
    readout: Array
    eps: Array
    alpha: Array
    psi: Array
    basal: Array | None = None


class System(NamedTuple):
    """x = clamped ? level : gain * phi(W x + inside) + outside, for a batch of conditions.

    weights: nodes x nodes. gain: (nodes,). inside, outside, level: conditions x nodes. clamped: the same, 0 or 1.
    """

    weights: Array
    gain: Array
    inside: Array
    outside: Array
    clamped: Array
    level: Array


def positive(raw: Array) -> Array:
    """softplus(raw) = log(1 + exp(raw))."""
    return jax.nn.softplus(raw)


def raw_of(value: Array) -> Array:
    """The inverse of `positive`: log(exp(value) - 1)."""
    return value + jnp.log(-jnp.expm1(-value))


def gain_of(blocks: Blocks) -> Array:
    """s = eps / alpha, all that a steady state can identify of the two (nodes,)."""
    return positive(blocks.eps) / positive(blocks.alpha)


def untreated(field: Field, gain: Array, basal: Array) -> Array:
    """x(0) = s phi(a), the state at u = 0 under a constant b inside phi, for gain s and basal a (nodes,).

    With y = x - x(0) and a = W x(0) + b the law is y = s (phi(W y + a + u) - phi(a)): given a, both steady states
    take one solve, and the gradient through both is that of this one. b = a - W x(0) follows.
    """
    return gain * field.activation(basal)


def effective(field: Field, internal: Array) -> Array:
    """The matrix that multiplies x inside phi: W, with the second-order self-loops where the field has them."""
    return internal + jnp.diag(internal.sum(1)) if field.second_order else internal


def molecule_system(
    field: Field, blocks: Blocks, activity: Array, force: Array, clamped: Array, level: Array
) -> System:
    """The implicit problem of the molecule block.

    activity: conditions x inputs, the steady state of the input nodes. force: conditions x molecules, the input u
    given to the molecules themselves (zero where drugs act through input nodes). The states are differences to the
    untreated state, and so are the levels of the clamps.
    """
    m = blocks.internal.shape[0]
    gain = gain_of(blocks)[:m]
    through = activity @ blocks.drive.T
    if field.envelope == 0:
        inside, outside = through + force, jnp.zeros_like(force)
    elif field.envelope == 1:
        inside, outside = through, gain[None, :] * force
    else:
        ratio = (positive(blocks.psi) / positive(blocks.alpha))[:m]
        inside, outside = through, ratio[None, :] * force
    if blocks.basal is not None:
        basal = blocks.basal[:m]
        inside, outside = inside + basal[None, :], outside - untreated(field, gain, basal)[None, :]
    return System(effective(field, blocks.internal), gain, inside, outside, clamped, level)


def fixed_point_map(activation: Activation, system: System, x: Array) -> Array:
    """One application of x -> gain * phi(W x + inside) + outside, clamped nodes at their level."""
    free = system.gain[None, :] * activation(x @ system.weights.T + system.inside) + system.outside
    return jnp.where(system.clamped > 0, system.level, free)


def readout(field: Field, blocks: Blocks, molecules: Array) -> Array:
    """Steady state of the phenotypes s phi(W_pm x_m), which send nothing and receive no drug directly.

    Where there is a basal state, s (phi(W_pm x_m + a) - phi(a)).
    """
    m = blocks.internal.shape[0]
    through, gain = molecules @ blocks.readout.T, gain_of(blocks)[m:]
    if blocks.basal is None:
        return gain[None, :] * field.activation(through)
    basal = blocks.basal[m:]
    return gain[None, :] * field.activation(through + basal[None, :]) - untreated(field, gain, basal)[None, :]


def rate(field: Field, weights: Array, eps: Array, alpha: Array, psi: Array, x: Array, u: Array) -> Array:
    """dx/dt of the whole network in one condition; x, u and the rates, positive numbers, are per node (nodes,)."""
    inner = effective(field, weights) @ x
    if field.envelope == 0:
        return eps * field.activation(inner + u) - alpha * x
    if field.envelope == 1:
        return eps * (field.activation(inner) + u) - alpha * x
    return eps * field.activation(inner) + psi * u - alpha * x
