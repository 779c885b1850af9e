"""What a CellBox fit becomes: one network or an ensemble of them, that predicts and says what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array, lax

from semimech.data.condition import Condition
from semimech.data.network import Network, input_node
from semimech.models.base import Prediction, what_it_rests_on
from semimech.models.cellbox.nodes import NodeMap
from semimech.models.cellbox.problem import activity
from semimech.numerics.activations import Activation, ActivationName
from semimech.numerics.fields import Blocks, Field, fixed_point_map, gain_of, molecule_system, raw_of, readout
from semimech.numerics.integrate import branches, settle
from semimech.numerics.steady_state import Solver, steady_state


@dataclass(frozen=True, eq=False)
class FittedCellBox:
    """x = s phi(W x + u) with fitted W and s, for one or more members, or x(u) - x(0) under a fitted constant b.

    internal: members x molecules x molecules, W[target, source]; drive: members x molecules x inputs; readout:
    members x read-outs x molecules; gain: members x nodes, s. All are on the scale of the data. train_error and
    validation_error: mean squared errors after 0, 1, ... updates, at the penalties chosen
    (sparsity, input_sparsity, input_ridge, prior_factor). basal: members x nodes, a = W x(0) + b, None without a basal
    offset. prior: what was made of an edge table, '' without one. declared: whether the drive is a multiple of the
    declared targets, of perturbations never given too.
    """

    envelope: Literal[0, 1, 2]
    activation: ActivationName
    power: int
    second_order: bool
    guard: float
    nodes: NodeMap
    seen: tuple[Condition, ...]
    internal: np.ndarray
    drive: np.ndarray
    readout: np.ndarray
    gain: np.ndarray
    penalties: tuple[float, ...]
    steps: int
    train_error: np.ndarray
    validation_error: np.ndarray
    basal: np.ndarray | None = None
    prior: str = ""
    declared: bool = False

    @property
    def field(self) -> Field:
        """The form of the law."""
        return Field(self.envelope, Activation(self.activation, self.power), self.second_order)

    @property
    def members(self) -> int:
        """Networks in the ensemble."""
        return len(self.internal)

    def predict(self, conditions: Sequence[Condition]) -> Prediction:
        """Mean steady state over the members, and their spread where there are several.

        A perturbation that is neither clamped nor was seen in training counts as no change, and is said so; a
        steady state that was not reached, or is one of several, is said in `status`.
        """
        conditions = tuple(conditions)
        states, status = self._solve(conditions)
        features = len(self.nodes.features)
        mean = np.zeros((len(conditions), features), np.float32)
        columns = self.nodes.observed
        mean[:, columns] = states.mean(0)
        measured = self.nodes.input_features >= 0
        inputs = activity(self.nodes, conditions, self.envelope, self.field.activation)
        mean[:, self.nodes.input_features[measured]] = inputs[:, measured]
        spread = np.zeros_like(mean) if self.members > 1 else None
        if spread is not None:
            spread[:, columns] = states.std(0)
        prior = f"; {self.prior}" if self.prior else ""
        rests_on = tuple(self._rests_on(condition) + prior for condition in conditions)
        return Prediction(conditions, self.nodes.features, mean, rests_on=rests_on, status=status, spread=spread)

    def network(self) -> Network:
        """Mean weights over the members, with what the members agree on.

        Nodes are the features, then the unobserved input nodes. stability: share of members that have the edge with
        the sign of the mean; lower, upper: quantiles .05 and .95 of the weight over the members (NaN of one member).
        """
        nodes, roles, weights = self._assembled()
        mean = weights.mean(0)
        stability = ((np.sign(weights) == np.sign(mean)) & (mean != 0)).mean(0)
        bounds = np.quantile(weights, (0.05, 0.95), axis=0) if self.members > 1 else np.full((2, *mean.shape), np.nan)
        evidence = {"stability": stability, "lower": bounds[0], "upper": bounds[1]}
        return Network.from_matrix(mean, nodes, roles, evidence)

    def offset(self) -> np.ndarray | None:
        """The constant b = a - W x(0) of each node (members x nodes), None where none was fitted."""
        if self.basal is None:
            return None
        m = self.internal.shape[1]
        resting = self.gain[:, :m] * np.asarray(self.field.activation(jnp.asarray(self.basal[:, :m])))
        through = np.concatenate([self.effective(), self.readout], 1) @ resting[:, :, None]
        return self.basal - through[:, :, 0]

    def history(self) -> pd.DataFrame:
        """Learning curve at the chosen penalties: step, train_error, validation_error (inner folds)."""
        steps = np.arange(len(self.train_error))
        return pd.DataFrame({"step": steps, "train_error": self.train_error, "validation_error": self.validation_error})

    def contraction(self) -> np.ndarray:
        """steepest slope * sigma_max(diag(s) W) of each member: below 1 states are unique."""
        steepest = self.field.activation.steepest
        matrices = self.gain[:, : self.internal.shape[1], None] * self.effective()
        return steepest * np.linalg.norm(matrices, 2, axis=(1, 2))

    def effective(self) -> np.ndarray:
        """What multiplies x inside phi: W, with the second-order self-loops where the law has them."""
        loops = self.internal.sum(2) if self.second_order else np.zeros(self.internal.shape[:2])
        return self.internal + loops[:, :, None] * np.eye(self.internal.shape[1], dtype=self.internal.dtype)

    def _assembled(self) -> tuple[tuple[str, ...], tuple[str, ...], np.ndarray]:
        """Names, roles and weights (members x nodes x nodes) of the whole network."""
        nodes = self.nodes
        extra = [name for name, j in zip(nodes.inputs, nodes.input_features, strict=True) if j < 0]
        label = {name: input_node(name, nodes.features) for name in extra}
        names = (*nodes.features, *(label[name] for name in extra))
        roles = (*nodes.roles, *("input" for _ in extra))
        place = {name: len(nodes.features) + i for i, name in enumerate(extra)}
        inputs = [j if j >= 0 else place[n] for n, j in zip(nodes.inputs, nodes.input_features, strict=True)]
        weights = np.zeros((self.members, len(names), len(names)), np.float32)
        every = np.arange(self.members)
        weights[np.ix_(every, nodes.molecules, nodes.molecules)] = self.internal
        weights[np.ix_(every, nodes.molecules, np.array(inputs, int))] = self.drive
        weights[np.ix_(every, nodes.readouts, nodes.molecules)] = self.readout
        return names, roles, weights

    def _rests_on(self, condition: Condition) -> str:
        """What the prediction of one condition rests on, in words."""
        nodes = self.nodes
        held = [name for name in condition.names if name in nodes.clamped]
        known = {name for other in self.seen for name in other.names}
        if not held or all(name in known for name in held):
            told = what_it_rests_on(condition, self.seen)
            unseen = self.declared and not known.issuperset(condition.names)
            return f"{told}, but its declared targets" if unseen else told
        assumed = [name for name in held if name not in nodes.measured]
        text = f"its target clamped at an assumed level for {' and '.join(assumed)}"
        others = [name for name in condition.names if name not in known and name not in held]
        return f"{text}; no training data with {' and '.join(others)}" if others else text

    def _solve(self, conditions: Sequence[Condition]) -> tuple[np.ndarray, tuple[str, ...]]:
        """States (members x conditions x nodes) on the scale of the data, and a word for each condition."""
        if not conditions:
            return np.zeros((self.members, 0, len(self.nodes.observed))), ()
        dtype = self.internal.dtype
        with jax.enable_x64(dtype == np.float64):
            clamped, level = self.nodes.clamps(conditions)
            inputs = activity(self.nodes, conditions, self.envelope, self.field.activation)
            arrays = tuple(jnp.asarray(a, dtype) for a in (inputs, clamped, level))
            raw = raw_of(jnp.asarray(self.gain))
            ones = raw_of(jnp.ones_like(raw))
            internal, drive, reading = (jnp.asarray(a) for a in (self.internal, self.drive, self.readout))
            basal = None if self.basal is None else jnp.asarray(self.basal)
            blocks = Blocks(internal, drive, reading, raw, ones, ones, basal)
            if self.guard:
                states, converged = (np.asarray(a) for a in _fixed_points(self.field, blocks, *arrays))
                reached = np.all(converged, axis=0).tolist()
                words = ["" if ok else "the steady state was not reached" for ok in reached]
            else:
                ends, converged = (np.asarray(a) for a in _integrated(self.field, blocks, *arrays))
                states = ends[:, 0]
                words = [_branch_words(ends[:, :, i], converged[:, 0, i]) for i in range(len(conditions))]
        return states, tuple(words)


def _branch_words(ends: np.ndarray, converged: np.ndarray) -> str:
    """For one condition, ends: members x starts x nodes."""
    if not converged.all():
        return "integration from x = 0 did not come to rest"
    found = max(int(branches(member[:, None]).max()) + 1 for member in ends)
    return f"the branch reached from x = 0; {found} steady states were found from 3 starts" if found > 1 else ""


@partial(jax.jit, static_argnums=0)
def _fixed_points(field: Field, blocks: Blocks, inputs: Array, clamped: Array, level: Array) -> tuple[Array, Array]:
    """(states members x conditions x nodes, converged members x conditions), one member at a time."""
    solver = Solver(tolerance=1e-5 if inputs.dtype == jnp.float32 else 1e-12)

    def member(blocks: Blocks) -> tuple[Array, Array]:
        nothing = jnp.zeros_like(level)
        system = molecule_system(field, blocks, inputs, nothing, clamped, level)
        solution = steady_state(solver, field.activation, system, nothing, nothing)
        return jnp.concatenate([solution.values, readout(field, blocks, solution.values)], 1), solution.converged

    return lax.map(member, blocks)


@partial(jax.jit, static_argnums=0)
def _integrated(field: Field, blocks: Blocks, inputs: Array, clamped: Array, level: Array) -> tuple[Array, Array]:
    """The same by integration from x = 0, x = s and x = -s (members x starts x conditions x ...)."""

    def member(blocks: Blocks) -> tuple[Array, Array]:
        system = molecule_system(field, blocks, inputs, jnp.zeros_like(level), clamped, level)
        high = jnp.ones_like(level) * gain_of(blocks)[None, : level.shape[1]]

        def from_start(start: Array) -> tuple[Array, Array]:
            end = settle(lambda x: fixed_point_map(field.activation, system, x) - x, start)
            return jnp.concatenate([end.values, readout(field, blocks, end.values)], 1), end.converged

        return lax.map(from_start, jnp.stack([jnp.zeros_like(high), high, -high]))

    return lax.map(member, blocks)
