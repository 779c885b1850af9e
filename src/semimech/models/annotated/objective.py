"""The annotation-informed law, its loss and its gradient by the implicit adjoint."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from semimech.models.fitting import Errors
from semimech.numerics.activations import Activation
from semimech.numerics.contraction import guard
from semimech.numerics.fields import System
from semimech.numerics.steady_state import Solver, steady_state

TANH = Activation("tanh")


class Parts(NamedTuple):
    """Parameters; nodes are the molecules, then the read-outs.

    network: molecules x molecules, A[target, source]. readout: read-outs x molecules. mixed: columns of Phi x nodes,
    Z. kick: (nodes,), g. saturation: (nodes,), log s.
    """

    network: Array
    readout: Array
    mixed: Array
    kick: Array
    saturation: Array


class Evidence(NamedTuple):
    """One member's data.

    observed, weights, validation_observed, validation_weights: conditions x nodes. mixed: conditions x columns,
    sum_d t_d Phi_d. kick: conditions x nodes, the signed targets times the dose. typical: centre of the kicks.
    saturation: centre of log s. mixed_ridge, network_ridge: penalties of Z, and of A and the read-out.
    """

    observed: Array
    weights: Array
    validation_observed: Array
    validation_weights: Array
    mixed: Array
    kick: Array
    typical: Array
    saturation: Array
    mixed_ridge: Array
    network_ridge: Array


class Warm(NamedTuple):
    """Where the last step's solves ended (conditions x molecules), and the guard's vector (molecules,)."""

    states: Array
    adjoints: Array
    direction: Array


def drive(parts: Parts, mixed: Array, kick: Array) -> Array:
    """b = sum_d t_d Phi_d Z + g * targets, of all nodes (conditions x nodes)."""
    return mixed @ parts.mixed + kick * parts.kick[None, :]


def states(
    solver: Solver, parts: Parts, b: Array, start: Array, adjoint_start: Array, extra: Array
) -> tuple[Array, Array]:
    """x_m = s tanh((A x_m + b_m) / s) and x_r = s tanh((H x_m + b_r) / s): (conditions x nodes, converged).

    `extra` is added to the molecules; its gradient is the adjoint.
    """
    m = parts.network.shape[0]
    s = jnp.exp(parts.saturation)
    nothing = jnp.zeros_like(b[:, :m])
    system = System(parts.network / s[:m, None], s[:m], b[:, :m] / s[None, :m], extra, nothing, nothing)
    solution = steady_state(solver, TANH, system, start, adjoint_start)
    read = s[None, m:] * jnp.tanh((solution.values @ parts.readout.T + b[:, m:]) / s[None, m:])
    return jnp.concatenate([solution.values, read], 1), solution.converged


@dataclass(frozen=True)
class AnnotatedObjective:
    """sum w (x - observed)^2 + l_F |Z|^2 + l_A (|A|^2 + |H|^2) + l_g |g - typical|^2 + l_s |log s - centre|^2.

    `limit` bounds sigma_max(A): below 1 the steady state is unique, as |tanh'| <= 1.
    """

    limit: float = 0.85
    kick_prior: float = 0.1
    saturation_prior: float = 5.0
    solver: Solver = field(default_factory=lambda: Solver(1e-3, 100, 1e-3, 0))

    def start(self, parts: Parts, data: Evidence) -> Warm:
        """States at zero; any direction will do for the guard."""
        m = parts.network.shape[0]
        nothing = jnp.zeros_like(data.observed[:, :m])
        return Warm(nothing, nothing, jnp.full(m, m**-0.5, parts.network.dtype))

    @partial(jax.jit, static_argnums=0)
    def predict(self, parts: Parts, data: Evidence) -> Array:
        """Steady states of all nodes (conditions x nodes), solved from zero."""
        nothing = self.start(parts, data).states
        return states(self.solver, parts, drive(parts, data.mixed, data.kick), nothing, nothing, nothing)[0]

    def loss(self, parts: Parts, extra: Array, warm: Warm, data: Evidence) -> tuple[Array, tuple[Array, Array]]:
        """The loss, and with it the mean squared error and the states."""
        m = parts.network.shape[0]
        hollow = parts._replace(network=parts.network * (1 - jnp.eye(m, dtype=parts.network.dtype)))
        b = drive(parts, data.mixed, data.kick)
        predicted, _ = states(self.solver, hollow, b, warm.states, warm.adjoints, extra)
        squared = (data.weights * (predicted - data.observed) ** 2).sum()
        penalty = data.mixed_ridge * (parts.mixed**2).sum()
        penalty += data.network_ridge * ((hollow.network**2).sum() + (parts.readout**2).sum())
        penalty += self.kick_prior * ((parts.kick - data.typical) ** 2).sum()
        penalty += self.saturation_prior * ((parts.saturation - data.saturation) ** 2).sum()
        return squared + penalty, (squared / data.weights.sum(), predicted)

    def gradient(self, parts: Parts, warm: Warm, data: Evidence) -> tuple[Parts, Warm, Errors]:
        """Gradient of the loss; both solves start where those of the last step ended."""
        nothing = jnp.zeros_like(warm.states)
        (_, (squared, predicted)), (gradient, adjoints) = jax.value_and_grad(self.loss, (0, 1), has_aux=True)(
            parts, nothing, warm, data
        )
        missed = (data.validation_weights * (predicted - data.validation_observed) ** 2).sum()
        after = Warm(predicted[:, : warm.states.shape[1]], adjoints, warm.direction)
        return gradient, after, Errors(squared, missed / data.validation_weights.sum())

    def project(self, parts: Parts, warm: Warm) -> tuple[Parts, Warm]:
        """Keep the map a contraction; the diagonal has no gradient and stays at zero."""
        ones = jnp.ones(parts.network.shape[0], parts.network.dtype)
        factor, direction = guard(parts.network, ones, warm.direction, self.limit, TANH.steepest)
        return parts._replace(network=parts.network * factor), warm._replace(direction=direction)
