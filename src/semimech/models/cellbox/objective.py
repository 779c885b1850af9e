"""The loss of the CellBox law at steady state, its gradient by the implicit adjoint, and the contraction guard."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from semimech.models.fitting import Errors
from semimech.numerics.contraction import guard
from semimech.numerics.fields import (
    Blocks,
    Field,
    effective,
    fixed_point_map,
    gain_of,
    molecule_system,
    readout,
)
from semimech.numerics.integrate import settle
from semimech.numerics.steady_state import Solver, steady_state


class Observations(NamedTuple):
    """One member's data; nodes are the molecules, then the phenotypes.

    observed, weights: what is fitted, conditions x nodes; validation_observed, validation_weights: what the best
    parameters are told by. activity: conditions x inputs. clamped, level: conditions x molecules. ridge:
    weight of the squared drive edges. wiring: molecules x inputs, what the drive edges are a multiple of; None where
    each is free.
    """

    observed: Array
    weights: Array
    validation_observed: Array
    validation_weights: Array
    activity: Array
    clamped: Array
    level: Array
    ridge: Array
    wiring: Array | None = None


class Warm(NamedTuple):
    """Where the last step's solves ended (conditions x molecules), and the guard's vector (molecules,)."""

    states: Array
    adjoints: Array
    direction: Array


@dataclass(frozen=True)
class SteadyStateObjective:
    """sum w (x - observed)^2 / sum w + ridge |drive|^2 / sum w at the steady state x of the law.

    `limit` bounds steepest * sigma_max(diag(s) W); None lets the network be multistable: states are then those
    that integration from x = 0 reaches.
    """

    field: Field
    solver: Solver
    limit: float | None = 0.9
    self_loops: bool = False

    def allowed(self, internal: Array) -> Array:
        """Internal edges with a zero diagonal, unless self-loops are asked for."""
        return internal if self.self_loops else internal - jnp.diag(jnp.diag(internal))

    def start(self, blocks: Blocks, data: Observations) -> Warm:
        """States at zero; any direction will do for the guard, all ones is one."""
        nothing = jnp.zeros_like(data.level)
        m = blocks.internal.shape[0]
        return Warm(nothing, nothing, jnp.full(m, m**-0.5, blocks.internal.dtype))

    def states(self, blocks: Blocks, warm: Warm, data: Observations, extra: Array) -> Array:
        """Steady states of the molecules; `extra` is added to each, its gradient is the adjoint."""
        system = molecule_system(
            self.field, blocks, data.activity, jnp.zeros_like(data.level), data.clamped, data.level
        )
        start = warm.states
        if self.limit is None:
            fixed = lax.stop_gradient(system)
            start = settle(lambda x: fixed_point_map(self.field.activation, fixed, x) - x, jnp.zeros_like(start)).values
        system = system._replace(outside=system.outside + extra)
        return steady_state(self.solver, self.field.activation, system, start, warm.adjoints).values

    @partial(jax.jit, static_argnums=0)
    def predict(self, blocks: Blocks, data: Observations) -> Array:
        """Steady states of all nodes (conditions x nodes), solved from zero."""
        masked = blocks._replace(internal=self.allowed(blocks.internal))
        molecules = self.states(masked, self.start(blocks, data), data, jnp.zeros_like(data.level))
        return jnp.concatenate([molecules, readout(self.field, masked, molecules)], 1)

    def gradient(self, blocks: Blocks, warm: Warm, data: Observations) -> tuple[Blocks, Warm, Errors]:
        """Gradient of the smooth part; both solves start where those of the last step ended."""
        total = data.weights.sum()

        def loss(blocks: Blocks, extra: Array) -> tuple[Array, tuple[Array, Array]]:
            masked = blocks._replace(internal=self.allowed(blocks.internal))
            molecules = self.states(masked, warm, data, extra)
            predicted = jnp.concatenate([molecules, readout(self.field, masked, molecules)], 1)
            squared = (data.weights * (predicted - data.observed) ** 2).sum() / total
            return squared + data.ridge * (blocks.drive**2).sum() / total, (squared, predicted)

        nothing = jnp.zeros_like(data.level)
        (_, (squared, predicted)), (gradient, adjoints) = jax.value_and_grad(loss, (0, 1), has_aux=True)(
            blocks, nothing
        )
        if data.wiring is not None:
            gradient = gradient._replace(drive=_tied(gradient.drive, data.wiring))
        held = data.validation_weights.sum()
        missed = (data.validation_weights * (predicted - data.validation_observed) ** 2).sum() / held
        m = blocks.internal.shape[0]
        return gradient, Warm(predicted[:, :m], adjoints, warm.direction), Errors(squared, missed)

    def project(self, blocks: Blocks, warm: Warm) -> tuple[Blocks, Warm]:
        """Keep the map a contraction; edges that are not allowed have no gradient and stay at zero."""
        if self.limit is None:
            return blocks, warm
        m = blocks.internal.shape[0]
        # Second-order self-loops are linear in W: rescaling W rescales the effective matrix.
        matrix = effective(self.field, blocks.internal)
        factor, direction = guard(
            matrix, gain_of(blocks)[:m], warm.direction, self.limit, self.field.activation.steepest
        )
        return blocks._replace(internal=blocks.internal * factor), warm._replace(direction=direction)


def _tied(gradient: Array, wiring: Array) -> Array:
    """The derivative in the one factor of the wiring, on each of its edges with the edge's sign.

    Adam moves all by the same step then, which the rates make proportional to the edges: the multiple stays one.
    """
    return jnp.sign(wiring) * (gradient * wiring).sum()
