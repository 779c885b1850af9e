"""What an annotation-informed fit becomes: it predicts perturbations never given, and says what that rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array

from semimech.data.condition import Condition, Perturbation
from semimech.data.network import Network, input_node
from semimech.models.annotated.linear import Kick, strengths_of
from semimech.models.annotated.objective import Parts, drive, states
from semimech.models.base import Prediction
from semimech.models.cellbox.nodes import NodeMap
from semimech.models.cellbox.problem import activity
from semimech.models.jackknife import jackknife_interval
from semimech.models.knowledge import Knowledge, Mixture, informed_words
from semimech.numerics.activations import Activation
from semimech.numerics.steady_state import Solver


@dataclass(frozen=True, eq=False)
class FittedAnnotated:
    """x = s tanh((A x + b) / s) with fitted A, s and b (see `AnnotatedCellBox`), in units of `unit`.

    network_weights: molecules x molecules, A[target, source]. readout: read-outs x molecules. mixed: columns of Phi x
    nodes. kick, saturation (log s): (nodes,). inner_network, inner_readout: the same without some perturbations
    (folds x ...).
    """

    nodes: NodeMap
    knowledge: Knowledge
    mixture: Mixture
    kick_kind: Kick
    unit: float
    seen: tuple[Condition, ...]
    network_weights: np.ndarray
    readout: np.ndarray
    mixed: np.ndarray
    kick: np.ndarray
    saturation: np.ndarray
    inner_network: np.ndarray
    inner_readout: np.ndarray
    penalties: tuple[float, ...]
    train_error: np.ndarray
    validation_error: np.ndarray

    def knowing(self, perturbations: Sequence[Perturbation]) -> FittedAnnotated:
        """The same, told of perturbations that are not in the screen."""
        return replace(self, knowledge=self.knowledge.knowing(perturbations))

    def predict(self, conditions: Sequence[Condition]) -> Prediction:
        """Steady states, and what they rest on."""
        conditions = tuple(conditions)
        features = len(self.nodes.features)
        mean = np.zeros((len(conditions), features), np.float32)
        columns = self.nodes.observed
        values, reached = self._solve(conditions)
        mean[:, columns] = values * self.unit
        measured = self.nodes.input_features >= 0
        inputs = activity(self.nodes, conditions, 0, Activation())
        mean[:, self.nodes.input_features[measured]] = inputs[:, measured]
        words = tuple(informed_words(self.knowledge, condition, self.seen) for condition in conditions)
        status = tuple("" if ok else "the steady state was not reached" for ok in reached)
        return Prediction(conditions, self.nodes.features, mean, rests_on=words, status=status)

    def network(self) -> Network:
        """Edges between nodes, and from each perturbation seen to what it drives at strength 1.

        stability: share of the inner fits, which leave out perturbations, with the same sign; lower, upper: 90 %
        interval by their jackknife (all NaN for the edges from perturbations, which differ by what is left out).
        """
        nodes = self.nodes
        extra = [name for name, j in zip(nodes.inputs, nodes.input_features, strict=True) if j < 0]
        place = {name: len(nodes.features) + i for i, name in enumerate(extra)}
        inputs = [int(j) if j >= 0 else place[n] for n, j in zip(nodes.inputs, nodes.input_features, strict=True)]
        labels = [input_node(name, nodes.features) for name in extra]
        names, roles = (*nodes.features, *labels), (*nodes.roles, *("input" for _ in extra))
        size, evidence = len(names), dict[str, np.ndarray]()
        inner = np.ix_(nodes.molecules, nodes.molecules), np.ix_(nodes.readouts, nodes.molecules)
        drives = np.ix_(nodes.observed, np.array(inputs, int))
        weights = np.zeros((size, size), np.float32)
        weights[inner[0]], weights[inner[1]], weights[drives] = self.network_weights, self.readout, self._drives()
        parts = ((self.network_weights, self.inner_network), (self.readout, self.inner_readout))
        for block, (estimate, refits) in zip(inner, parts, strict=True):
            found = (_agreement(refits, estimate), *jackknife_interval(estimate, refits))
            for name, values in zip(("stability", "lower", "upper"), found, strict=True):
                evidence.setdefault(name, np.full((size, size), np.nan))[block] = values
        return Network.from_matrix(weights, names, roles, evidence)

    def history(self) -> pd.DataFrame:
        """Learning curve at the settings chosen: step, train_error, validation_error (inner folds)."""
        length = len(self.train_error)
        validation = self.validation_error if len(self.validation_error) == length else np.full(length, np.nan)
        return pd.DataFrame({"step": range(length), "train_error": self.train_error, "validation_error": validation})

    def contraction(self) -> float:
        """sigma_max(A): below 1 the steady state is unique."""
        return float(np.linalg.norm(self.network_weights, 2))

    def _drives(self) -> np.ndarray:
        """b of each perturbation at strength 1, zero for those that were never given (nodes x perturbations)."""
        learnt = self.knowledge.learnt
        columns = self.knowledge.columns(self.mixture)[:learnt]
        b = columns @ self.mixed + self.knowledge.targets[:learnt][:, self.nodes.observed] * self.kick
        given = {name for condition in self.seen for name in condition.names}
        return (b * np.array([name in given for name in self.knowledge.perturbations[:learnt]])[:, None]).T

    def _solve(self, conditions: Sequence[Condition]) -> tuple[np.ndarray, np.ndarray]:
        """States of the nodes (conditions x nodes) in units of `unit`, and whether each was reached."""
        if not conditions:
            return np.zeros((0, len(self.nodes.observed))), np.ones(0, bool)
        dtype = self.network_weights.dtype
        mixed = self.knowledge.strengths(conditions) @ self.knowledge.columns(self.mixture)
        targets = self.knowledge.targets[:, self.nodes.observed]
        kick = strengths_of(self.knowledge, conditions, self.kick_kind) @ targets
        with jax.enable_x64(dtype == np.float64):
            arrays = (self.network_weights, self.readout, self.mixed, self.kick, self.saturation)
            parts = Parts(*(jnp.asarray(array) for array in arrays))
            values, converged = _steady(parts, jnp.asarray(mixed, dtype), jnp.asarray(kick, dtype))
            return np.asarray(values), np.asarray(converged)


@partial(jax.jit)
def _steady(parts: Parts, mixed: Array, kick: Array) -> tuple[Array, Array]:
    b = drive(parts, mixed, kick)
    nothing = jnp.zeros_like(b[:, : parts.network.shape[0]])
    solver = Solver(tolerance=1e-5 if b.dtype == jnp.float32 else 1e-12)
    return states(solver, parts, b, nothing, nothing, nothing)


def _agreement(members: np.ndarray, weights: np.ndarray) -> np.ndarray:
    if not len(members):
        return np.full(weights.shape, np.nan)
    return ((np.sign(members) == np.sign(weights)) & (weights != 0)).mean(0)
