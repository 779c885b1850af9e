"""A fitted ODE as a structural causal model: one equation for each node, interventions that replace equations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.sparse.csgraph import connected_components

from semimech.data.condition import Condition
from semimech.data.network import input_node
from semimech.models.cellbox.fitted import FittedCellBox
from semimech.models.cellbox.problem import activity
from semimech.models.dynamics.fitted import FittedCourses
from semimech.models.dynamics.law import NetworkLaw, NetworkParameters
from semimech.models.dynamics.table import timeless
from semimech.numerics.activations import Activation, ActivationName
from semimech.numerics.equilibria import Equilibria, equilibria
from semimech.numerics.fields import effective, positive
from semimech.support.errors import UserError

STARTS = 24
EXTENT = 2.0  # of the starts, in units of what the law can reach: the rest of the plane flows in


@dataclass(frozen=True)
class Law:
    """The vector field dx/dt = r (s phi(W x + b) + c - x) of the equations; args are (W, s, b, c, r)."""

    phi: Activation

    def __call__(self, t: Any, x: jax.Array, args: Any) -> jax.Array:
        """dx/dt (nodes,)."""
        weights, gain, inside, outside, rates = args
        return rates * (gain * self.phi(weights @ x + inside) + outside - x)


@dataclass(frozen=True, eq=False)
class Answer:
    """What an intervention does: the value of each node, and whether the model may be asked.

    values: nodes, NaN where there is no single attracting equilibrium. equilibria: how many were found. leading: the
    largest real part of an eigenvalue there. is_proved: uniqueness follows from a contraction, not from starts alone.
    """

    levels: Mapping[str, float]
    values: np.ndarray
    equilibria: int
    leading: float
    is_proved: bool
    status: str

    @property
    def is_valid(self) -> bool:
        """The intervened system has one attracting equilibrium."""
        return bool(np.isfinite(self.values).all())


@dataclass(frozen=True, eq=False)
class StructuralModel:
    """x_i = s_i phi(sum_j W_ij x_j + b_i) + c_i for each node; do(x_i = v) puts x_i = v in its place.

    The equations are the fixed points of dx/dt = r (s phi(W x + b) + c - x). nodes: names; the exogenous ones (no
    equation but x = 0, until an intervention sets them) are drugs. weights: W[target, source] (nodes x nodes). gain,
    inside, outside: s, b, c (nodes,). rates: r > 0, the decay of each node (nodes,); a fit to steady states does not
    tell them, and has 1. Such a model has the meaning of the ODE only where each intervened system has one attracting
    equilibrium, which cells have reached when they are sampled; Mooij, Janzing and Schoelkopf 2013, arXiv:1304.7920.
    """

    nodes: tuple[str, ...]
    weights: np.ndarray
    gain: np.ndarray
    inside: np.ndarray
    outside: np.ndarray
    rates: np.ndarray
    exogenous: tuple[str, ...]
    activation: ActivationName = "tanh"
    power: int = 1

    @property
    def phi(self) -> Activation:
        """The saturating function of the equations."""
        return Activation(self.activation, self.power)

    @property
    def contraction(self) -> float:
        """The largest steepest slope * sigma_max(diag(s) W) among the feedback loops' strongly connected blocks.

        Below 1 every intervened system has one equilibrium x*, and it attracts globally, whatever the rates: a clamp
        only takes rows away, and sum_i (x_i - x*_i)^2 / r_i decreases.
        """
        scaled = self.phi.steepest * self.gain[:, None] * self.weights
        count, block = connected_components(scaled != 0, connection="strong")
        parts = (np.flatnonzero(block == number) for number in range(count))
        return max(float(np.linalg.norm(scaled[np.ix_(part, part)], 2)) for part in parts)

    def parents(self, node: str) -> tuple[str, ...]:
        """The nodes in the equation of a node; UserError for an unknown name."""
        return tuple(self.nodes[j] for j in np.flatnonzero(self.weights[self.index(node)]))

    def index(self, node: str) -> int:
        """The place of a node; UserError for an unknown name."""
        if node not in self.nodes:
            near = get_close_matches(node, self.nodes, 1)
            hint = f"did you mean {near[0]}?" if near else f"the nodes are {', '.join(self.nodes[:5])} and so on."
            raise UserError(f"The structural model has no node '{node}': {hint}")
        return self.nodes.index(node)

    def equation(self, node: str) -> str:
        """`B = 0.9 tanh(1.2 A - 0.3 C) + 0.1`, with three digits."""
        i = self.index(node)
        if node in self.exogenous:
            return f"{node} = 0"
        terms = [f"{self.weights[i, j]:+.3g} {self.nodes[j]}" for j in np.flatnonzero(self.weights[i])]
        terms += [f"{self.inside[i]:+.3g}"] if self.inside[i] else []
        inner = " ".join(terms) or "0"
        outer = f" {self.outside[i]:+.3g}" if self.outside[i] else ""
        name = self.activation if self.power == 1 else f"{self.activation}{self.power}"
        return f"{node} = {self.gain[i]:.3g} {name}({inner.removeprefix('+')}){outer}"

    def do(self, levels: Mapping[str, float], starts: int = STARTS, seed: int = 0) -> Answer:
        """The state under do(x_i = v for the named nodes), reached by integration from random starts.

        Where the equations contract, one start is enough; otherwise all of `starts` must lead to the same attracting
        equilibrium. UserError for unknown nodes and levels that are not finite.
        """
        held = np.zeros(len(self.nodes), bool)
        level = np.zeros(len(self.nodes))
        for node, value in levels.items():
            if not np.isfinite(value):
                raise UserError(f"do({node} = {value}) sets no finite level: give a number.")
            held[self.index(node)], level[self.index(node)] = True, value
        is_proved = self.contraction < 1
        with jax.enable_x64(True):
            began = np.where(held, level, self._starts(1 if is_proved else starts, seed))
            # In units of the slowest decay, so that the time allowed is enough for every node.
            parts = (self.weights, self.gain, self.inside, self.outside, self.rates / self.rates.min())
            args = tuple(jnp.asarray(part, jnp.float64) for part in parts)
            found = equilibria(Law(self.phi), args, jnp.asarray(began), jnp.asarray(held, jnp.float64), tolerance=1e-9)
        return self._answer(levels, found, is_proved)

    def _starts(self, number: int, seed: int) -> np.ndarray:
        """Starts in a box that the flow cannot leave, twice over (starts x nodes)."""
        reach = EXTENT * (np.abs(self.gain) + np.abs(self.outside))
        return reach * np.random.default_rng(seed).uniform(-1, 1, (number, len(self.nodes)))

    def _answer(self, levels: Mapping[str, float], found: Equilibria, is_proved: bool) -> Answer:
        count, leading = len(found.values), float(found.leading.max(initial=-np.inf) * self.rates.min())
        rests = f"contraction {self.contraction:.2f}" if is_proved else f"{len(found.reached)} starts"
        if found.is_unique:
            status = f"one attracting equilibrium ({rests})"
        elif (found.reached < 0).any():
            status = f"{int((found.reached < 0).sum())} of {len(found.reached)} starts did not come to rest"
        else:
            status = (
                f"{count} attracting equilibria from {len(found.reached)} starts: the intervention has no one answer"
            )
        values = found.values[0] if found.is_unique else np.full(len(self.nodes), np.nan)
        return Answer(dict(levels), values, count, leading, is_proved, status)


def structural_model(fitted: FittedCellBox | FittedCourses, member: int = 0) -> StructuralModel:
    """The equations of a fitted CellBox field, with a node for each drug that acts through an input.

    fitted: to steady states (one `member` of it), or to time courses, whose decays are the fitted ones, per unit of
    time. States are effects, differences to the untreated state: do(x_i = v) holds node i at effect v. Raises UserError
    for a member that is not there and for a law that has no such equations.
    """
    return _of_courses(fitted) if isinstance(fitted, FittedCourses) else _of_member(fitted, member)


def _of_member(fitted: FittedCellBox, member: int) -> StructuralModel:
    if not 0 <= member < fitted.members:
        raise UserError(f"The model has no member {member}: it has {fitted.members}, counted from 0.")
    nodes, m = fitted.nodes, len(fitted.nodes.molecules)
    observed = [nodes.features[j] for j in nodes.observed]
    drugs = [input_node(name, observed) for name in nodes.inputs]
    size = len(observed) + len(drugs)
    weights = np.zeros((size, size))
    weights[:m, :m] = fitted.effective()[member]
    weights[:m, len(observed) :] = fitted.drive[member]
    weights[m : len(observed), :m] = fitted.readout[member]
    gain, inside, outside = np.zeros((3, size))
    gain[: len(observed)] = fitted.gain[member]
    if fitted.basal is not None:
        inside[: len(observed)] = fitted.basal[member]
        outside = -gain * np.asarray(fitted.field.activation(jnp.asarray(inside)))
    names = (*observed, *drugs)
    rates = np.ones(size)
    return StructuralModel(names, weights, gain, inside, outside, rates, tuple(drugs), fitted.activation, fitted.power)


def structural_law(
    law: NetworkLaw, parameters: NetworkParameters, nodes: Sequence[str], inputs: Sequence[str] = ()
) -> StructuralModel:
    """The equations of a CellBox field fitted to time courses, with a node for each input; decays are the fitted ones.

    Raises UserError for a field whose inputs act outside phi (envelope 1 or 2).
    """
    if law.field.envelope != 0:
        raise UserError(f"The field has envelope {law.field.envelope}: equations are written for envelope 0 only.")
    n, size = len(nodes), len(nodes) + len(inputs)
    alpha = np.asarray(positive(parameters.alpha), float)
    weights, gain, rates = np.zeros((size, size)), np.zeros(size), np.full(size, alpha.min())
    weights[:n, :n] = effective(law.field, law.edges(parameters))
    weights[:n, n:] = parameters.drive
    gain[:n], rates[:n] = np.asarray(positive(parameters.eps), float) / alpha, alpha
    phi, nothing = law.field.activation, np.zeros(size)
    return StructuralModel(
        (*nodes, *inputs), weights, gain, nothing, nothing, rates, tuple(inputs), phi.name, phi.power
    )


def _of_courses(fitted: FittedCourses) -> StructuralModel:
    """In the data's units: x = unit z of the law's z, and time in that of the screen."""
    law = fitted.law
    if not isinstance(law, NetworkLaw):
        raise UserError(
            "A neural field has no equations of single nodes: export a CellBox field, such as cellbox-courses."
        )
    nodes = fitted.nodes
    observed = [nodes.features[j] for j in nodes.observed]
    drugs = [input_node(name, observed) for name in nodes.inputs]
    given = nodes.doses(fitted.seen).any(0)  # nothing is known of the others
    leaves = {**fitted.parameters, "drive": fitted.parameters["drive"] * given}
    parameters = NetworkParameters(**{name: jnp.asarray(leaf) for name, leaf in leaves.items()})
    found = structural_law(law, parameters, observed, drugs)
    weights = found.weights.copy()
    weights[:, : len(observed)] /= fitted.unit
    return replace(found, weights=weights, gain=found.gain * fitted.unit, rates=found.rates / fitted.time_unit)


def interventions_of(fitted: FittedCellBox | FittedCourses, conditions: Sequence[Condition]) -> list[dict[str, float]]:
    """Each condition as the levels that its do() sets: clamped targets, and activities of the drugs given.

    The points of one course are one intervention.
    """
    nodes = fitted.nodes
    if isinstance(fitted, FittedCourses):
        conditions = tuple(dict.fromkeys(timeless(condition) for condition in conditions))
        given = activity(nodes, conditions, 0, Activation())
    else:
        given = activity(nodes, conditions, fitted.envelope, fitted.field.activation)
    clamped, level = nodes.clamps(conditions)
    observed = {nodes.features[j] for j in nodes.observed}
    drugs = [input_node(name, observed) for name in nodes.inputs]
    molecules = [nodes.features[j] for j in nodes.molecules]
    return [
        {name: float(v) for name, is_held, v in zip(molecules, held, levels, strict=True) if is_held}
        | {name: float(v) for name, v in zip(drugs, drive, strict=True) if v}
        for held, levels, drive in zip(clamped, level, given, strict=True)
    ]
