"""The laws of time courses: the CellBox field with both its rates, and a neural vector field that relaxes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from semimech.numerics.fields import Field, positive, rate, raw_of


class Given(NamedTuple):
    """What is done in one condition; held throughout.

    push: known input u of each node (nodes,). activity: of the perturbations whose effect on the nodes is learnt
    (inputs,). held: 1 where a node is clamped; level: where each node begins, and stays if clamped (nodes,).
    """

    push: Array
    activity: Array
    held: Array
    level: Array


class NetworkParameters(NamedTuple):
    """weights: W[target, source]; drive: nodes x inputs; eps, alpha, psi: rates as softplus arguments (nodes,)."""

    weights: Array
    drive: Array
    eps: Array
    alpha: Array
    psi: Array


class NeuralParameters(NamedTuple):
    """inside: hidden x (nodes + inputs); bias: (hidden,); outside: nodes x hidden; linear: nodes x (nodes + inputs).

    alpha: rates of relaxation as softplus arguments (nodes,).
    """

    inside: Array
    bias: Array
    outside: Array
    linear: Array
    alpha: Array


@dataclass(frozen=True)
class NetworkLaw:
    """The CellBox field; see `numerics.fields.Field` for its forms.

    self_loops: the diagonal of W is free. senders: only the first so many nodes send edges; all where not given.
    """

    field: Field = field(default_factory=Field)
    self_loops: bool = False
    senders: int | None = None

    def start(self, nodes: int, inputs: int, seed: int, gain: float = 1.0) -> NetworkParameters:
        """No edge at all, alpha = 1, eps = `gain`; the drive is small at random, for a zero would have no gradient."""
        one, zero = raw_of(jnp.ones(nodes)), jnp.zeros((nodes, nodes))
        drive = 0.1 * jax.random.normal(jax.random.key(seed), (nodes, inputs))
        return NetworkParameters(zero, drive, raw_of(gain * jnp.ones(nodes)), one, one)

    def rate(self, t: Any, x: Array, args: tuple[NetworkParameters, Given]) -> Array:
        """dx/dt of the nodes (nodes,); a clamped node stands still."""
        p, given = args
        return self.moves(t, x, (self.matrices(p), self.constants(p, given)))

    def matrices(self, p: NetworkParameters) -> Array:
        """What all conditions share, W where edges may be; what a solve computes once for all its steps."""
        return self.edges(p)

    def constants(self, p: NetworkParameters, given: Given) -> tuple[Array, ...]:
        """Push, 1 where a node is free, eps, alpha and psi in one condition, each (nodes,)."""
        rates = (positive(raw) for raw in (p.eps, p.alpha, p.psi))
        return given.push + p.drive @ given.activity, 1 - given.held, *rates

    def moves(self, t: Any, x: Array, args: tuple[Array, tuple[Array, ...]]) -> Array:
        """`rate`, from matrices and constants."""
        weights, (push, free, eps, alpha, psi) = args
        return free * rate(self.field, weights, eps, alpha, psi, x, push)

    def edges(self, p: NetworkParameters) -> Array:
        """W where the law allows an edge, 0 elsewhere."""
        return jnp.where(self.allowed(p.weights.shape[0]), p.weights, 0)

    def allowed(self, nodes: int) -> np.ndarray:
        """True where an edge may be (nodes x nodes)."""
        allowed = np.full((nodes, nodes), True) if self.self_loops else ~np.eye(nodes, dtype=bool)
        allowed[:, nodes if self.senders is None else self.senders :] = False
        return allowed


@dataclass(frozen=True)
class NeuralLaw:
    """dx/dt = g(x, a) - g(0, 0) - alpha x, g(x, a) = outside tanh(inside [x, a] + bias) + linear [x, a].

    An unperturbed system at x = 0 stays there, whatever the parameters are: the hard form of the steady-state
    condition, after Kovacevic et al. 2025, arXiv:2501.19178.
    """

    hidden: int = 32

    def start(self, nodes: int, inputs: int, seed: int) -> NeuralParameters:
        """Random inside, nothing outside: pure relaxation."""
        inside, drive, bias = jax.random.split(jax.random.key(seed), 3)
        n = nodes + inputs
        linear = jnp.zeros((nodes, n)).at[:, nodes:].set(0.1 * jax.random.normal(drive, (nodes, inputs)))
        return NeuralParameters(
            jax.random.normal(inside, (self.hidden, n)) / n**0.5,
            0.5 * jax.random.normal(bias, (self.hidden,)),
            jnp.zeros((nodes, self.hidden)),
            linear,
            raw_of(jnp.ones(nodes)),
        )

    def rate(self, t: Any, x: Array, args: tuple[NeuralParameters, Given]) -> Array:
        """dx/dt of the nodes (nodes,); a clamped node stands still."""
        p, given = args
        return self.moves(t, x, (self.matrices(p), self.constants(p, given)))

    def matrices(self, p: NeuralParameters) -> tuple[Array, ...]:
        """What acts on the states: inside, outside, linear."""
        nodes = p.outside.shape[0]
        return p.inside[:, :nodes], p.outside, p.linear[:, :nodes]

    def constants(self, p: NeuralParameters, given: Given) -> tuple[Array, ...]:
        """Bias of the hidden units, what they are at rest, push, 1 where a node is free, alpha; of one condition."""
        nodes = p.outside.shape[0]
        bias = p.inside[:, nodes:] @ given.activity + p.bias
        push = given.push + p.linear[:, nodes:] @ given.activity
        return bias, jnp.tanh(p.bias), push, 1 - given.held, positive(p.alpha)

    def moves(self, t: Any, x: Array, args: tuple[tuple[Array, ...], tuple[Array, ...]]) -> Array:
        """`rate`, from matrices and constants."""
        (inside, outside, linear), (bias, rest, push, free, alpha) = args
        hidden = jnp.tanh(inside @ x + bias) - rest
        return free * (outside @ hidden + linear @ x + push - alpha * x)


Law = NetworkLaw | NeuralLaw


def growth_at_rest(law: Law, parameters: Any, inputs: int) -> float:
    """The largest real eigenvalue of df/dx at x = 0 without perturbation, -inf where all are complex.

    Above 0 the start is a saddle, from which courses part to several attractors.
    """
    nodes = parameters.alpha.shape[0]
    zero = jnp.zeros(nodes, parameters.alpha.dtype)
    nothing = Given(zero, jnp.zeros(inputs, zero.dtype), zero, zero)
    values = np.linalg.eigvals(np.asarray(jax.jacfwd(lambda x: law.rate(0.0, x, (parameters, nothing)))(zero)))
    real = values.real[np.abs(values.imag) < 1e-6 * (1 + np.abs(values).max())]
    return float(real.max(initial=-np.inf))
