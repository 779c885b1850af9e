"""What a fit of time courses becomes: a vector field that predicts conditions at any time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import jax.numpy as jnp
import numpy as np
import pandas as pd

from semimech.data.condition import Condition
from semimech.data.effects import effects_of
from semimech.data.network import Network, input_node
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.base import Prediction, what_it_rests_on
from semimech.models.cellbox.nodes import NodeMap
from semimech.models.cellbox.problem import activity
from semimech.models.dynamics.law import Law, NetworkLaw, NetworkParameters, NeuralLaw, NeuralParameters
from semimech.models.dynamics.learning import courses_of
from semimech.models.dynamics.objective import WORDS, CourseObjective, Courses
from semimech.models.dynamics.population import PopulationObjective
from semimech.models.dynamics.problem import CourseProblem
from semimech.models.dynamics.table import course_table, time_of, timeless
from semimech.numerics.activations import Activation, ActivationName
from semimech.numerics.fields import Field
from semimech.numerics.trajectory import Method, SolverName, Trajectory

LEVEL = 0.9
Z_LEVEL = 1.6449  # two-sided 90 % of a normal distribution
STEPS_PER_UNIT = 8
RATES = ("eps", "alpha", "psi")


@dataclass(frozen=True, eq=False)
class FittedCourses:
    """dx/dt = f(x; perturbation), x(0) = 0, with fitted parameters.

    kind, field (envelope, activation, power), self_loops: the law. steady: fitted to states taken for those at rest.
    times: those of training. unit, time_unit: what x and t are divided by in `parameters` and `errors` (standard
    errors: infinite where the data do not tell, NaN where not fitted; and q, the q-values of the edges). residual: root
    mean square error of each node on held-out inner conditions. train_error, validation_error: mean squared errors
    after 0, 1, ... updates. cells: unperturbed cells over which predictions are averaged (one at 0 where means were
    fitted); population_error: distance between predicted and observed cells after 0, 1, ... updates.
    """

    kind: Literal["cellbox", "neural"]
    field: tuple[Literal[0, 1, 2], ActivationName, int]
    self_loops: bool
    solver: SolverName
    steady: bool
    nodes: NodeMap
    seen: tuple[Condition, ...]
    times: np.ndarray
    unit: float
    time_unit: float
    parameters: Mapping[str, np.ndarray]
    errors: Mapping[str, np.ndarray]
    residual: np.ndarray
    sparsity: float
    steps: int
    train_error: np.ndarray
    validation_error: np.ndarray
    cells: np.ndarray
    population_error: np.ndarray

    @property
    def law(self) -> Law:
        """The vector field."""
        if self.kind == "neural":
            return NeuralLaw(len(self.parameters["bias"]))
        envelope, activation, power = self.field
        return NetworkLaw(Field(envelope, Activation(activation, power)), self.self_loops, len(self.nodes.molecules))

    def predict(self, conditions: Sequence[Condition]) -> Prediction:
        """Effects at the time that each condition's context names; at the last of training where it names none.

        A perturbation that is neither clamped nor was seen in training counts as no change, and is said so; a course
        that the solver did not finish is NaN, and said in `status`.
        """
        conditions = tuple(conditions)
        nodes = self.nodes
        mean = np.zeros((len(conditions), len(nodes.features)), np.float32)
        status: tuple[str, ...] = ()
        if conditions:
            states, status = self._states(conditions)
            mean[:, nodes.observed] = states
            measured = nodes.input_features >= 0
            mean[:, nodes.input_features[measured]] = self._activity(conditions)[:, measured]
        lower = upper = None
        if np.isfinite(self.residual).any():
            half = np.zeros(len(nodes.features), np.float32)
            half[nodes.observed] = Z_LEVEL * np.where(
                np.isfinite(self.residual), self.residual, np.nanmean(self.residual)
            )
            lower, upper = mean - half, mean + half
        rests_on = tuple(self._rests_on(condition) for condition in conditions)
        return Prediction(conditions, nodes.features, mean, lower, upper, LEVEL, rests_on, status)

    def network(self) -> Network | None:
        """W and the drives in the data's units (change of phi's argument per unit of the source); None if neural.

        spread: standard error of the weight; q_value: of the test that it is 0; NaN for what cannot be tested.
        """
        if self.kind == "neural":
            return None
        nodes, place = self.nodes, self.nodes.observed
        extra = [name for name, j in zip(nodes.inputs, nodes.input_features, strict=True) if j < 0]
        names = (*nodes.features, *(input_node(name, nodes.features) for name in extra))
        column = {name: len(nodes.features) + i for i, name in enumerate(extra)}
        inputs = np.array(
            [j if j >= 0 else column[n] for n, j in zip(nodes.inputs, nodes.input_features, strict=True)], int
        )
        tables = {name: np.full((len(names), len(names)), np.nan) for name in ("spread", "q_value")}
        weights = np.zeros((len(names), len(names)))
        inner = np.ix_(place, place)
        assert isinstance(self.law, NetworkLaw)
        weights[inner] = np.asarray(self.law.edges(self._tree())) / self.unit
        weights[np.ix_(place, inputs)] = self.parameters["drive"][:, : len(inputs)] * self._learnt()
        if self.errors:
            tables["spread"][inner], tables["q_value"][inner] = self.errors["weights"] / self.unit, self.errors["q"]
        edges = Network.from_matrix(weights, names).edges
        row, source = (edges[end].map({name: i for i, name in enumerate(names)}) for end in ("target", "source"))
        found = {name: table[row.to_numpy(int), source.to_numpy(int)] for name, table in tables.items()}
        return Network(names, edges.assign(**found), (*nodes.roles, *("input" for _ in extra)))

    def rates(self) -> pd.DataFrame:
        """eps and alpha of each node with their standard errors, in the data's units; empty if neural.

        identified: the standard error is below half of the value. eps: change per unit of time; alpha: per unit of
        time.
        """
        if self.kind == "neural":
            return pd.DataFrame()
        table = {"node": [self.nodes.features[j] for j in self.nodes.observed]}
        for name in ("eps", "alpha"):
            raw = self.parameters[name].astype(float)
            value = np.logaddexp(raw, 0) / self.time_unit * (self.unit if name == "eps" else 1)
            error = (
                self.errors.get(name, np.full(raw.shape, np.nan)) / (1 + np.exp(-raw)) * (value / np.logaddexp(raw, 0))
            )
            table |= {name: value, f"{name}_error": error, f"{name}_identified": error < value / 2}
        return pd.DataFrame(table)

    def held_out(self, screen: Screen, inner: Sequence[Split], parameters: Sequence[Any]) -> list[np.ndarray]:
        """Effects of the test conditions of each inner split of the training rows, with the parameters fitted to it."""
        place = {condition: row for row, condition in enumerate(self.seen)}
        found = []
        for each, leaves in zip(inner, parameters, strict=True):
            kept = {name: np.asarray(leaf) for name, leaf in leaves._asdict().items()}
            told = replace(self, parameters=kept, seen=effects_of(screen, each.train).conditions)
            asked = [place[condition] for condition in effects_of(screen, each.test).conditions]
            found.append(told.predict(self.seen).mean[asked])  # all of them, so that shapes stay the same
        return found

    def history(self) -> pd.DataFrame:
        """Learning curve: step, train_error, validation_error (inner folds)."""
        steps = max(len(self.train_error), len(self.validation_error))
        columns = {"train_error": self.train_error, "validation_error": self.validation_error}
        padded = {name: np.r_[curve, np.full(steps - len(curve), np.nan)] for name, curve in columns.items()}
        return pd.DataFrame({"step": np.arange(steps), **padded})

    def _tree(self) -> Any:
        kind = NetworkParameters if self.kind == "cellbox" else NeuralParameters
        return kind(**{name: jnp.asarray(leaf) for name, leaf in self.parameters.items()})

    def _learnt(self) -> np.ndarray:
        """1 for the inputs that were given in training (inputs,)."""
        return self.nodes.doses(self.seen).any(0).astype(float)

    def _activity(self, conditions: Sequence[Condition]) -> np.ndarray:
        """What the inputs do: tanh(dose)."""
        return np.asarray(activity(self.nodes, conditions, 0, Activation()))

    def _states(self, conditions: tuple[Condition, ...]) -> tuple[np.ndarray, tuple[str, ...]]:
        """States (conditions x nodes) in the data's units, and a word for each condition."""
        last = float(self.times[-1])
        table = course_table(conditions, last)
        found = self._solved(table.courses, table.times if len(table.times) else np.array([last]))
        states = np.where(np.asarray(found.status)[:, None, None] == 0, np.asarray(found.states), np.nan)
        asked = states[table.row, np.maximum(table.column, 0)] * self.unit
        asked[table.column < 0] = 0  # nothing has changed at the time of the perturbation
        words = [WORDS[int(code)] for code in np.asarray(found.status)]
        return asked, tuple(self._word(condition, words[row]) for condition, row in zip(conditions, table.row))

    def _solved(self, courses: tuple[Condition, ...], times: np.ndarray) -> Trajectory:
        """Scaled effects of the courses at the times, in the unit of obs["time"]."""
        data, method = self._asked(courses, times), self._method(times)
        if self.steady:
            return CourseObjective(self.law, method, "steady").predict(self._tree(), data)
        return PopulationObjective(self.law, method).predict(self._tree(), data, jnp.asarray(self.cells, jnp.float32))

    def _method(self, times: np.ndarray) -> Method:
        gap = float(np.diff(times, prepend=0).max()) / self.time_unit
        return Method(self.solver, steps=max(2, round(gap * STEPS_PER_UNIT)))

    def _asked(self, courses: tuple[Condition, ...], times: np.ndarray) -> Courses:
        nodes = self.nodes
        readouts = ((0, 0), (0, len(nodes.readouts)))
        clamped, level = (np.pad(part, readouts) for part in nodes.clamps(courses))
        return courses_of(
            times / self.time_unit,
            np.zeros((len(courses), len(times), len(nodes.observed))),
            activity=self._activity(courses) * self._learnt(),
            held=clamped,
            level=level / self.unit,
        )

    def _word(self, condition: Condition, word: str) -> str:
        time, last = time_of(condition), float(self.times[-1])
        if self.steady:
            return word
        if time is None:
            return word or f"no time was asked for: the effect at the last time of training, {last:g}"
        return word or (f"later than all training, which ends at {last:g}" if time > last else "")

    def _rests_on(self, condition: Condition) -> str:
        """The course it is a point of, and whether training has its perturbations."""
        seen = [timeless(each) for each in self.seen]
        if (timeless(condition), time_of(condition)) in zip(seen, map(time_of, self.seen), strict=True):
            return "the same condition in training"
        if timeless(condition) in seen:
            return "the same perturbations at other times in training"
        return what_it_rests_on(timeless(condition), seen)


def described(problem: CourseProblem, law: Law, solver: SolverName) -> dict[str, Any]:
    """What `FittedCourses` says of the law, the courses and the units; fitted to means, without evidence or choices."""
    if isinstance(law, NetworkLaw):
        phi = law.field.activation
        form = {"kind": "cellbox", "field": (law.field.envelope, phi.name, phi.power), "self_loops": law.self_loops}
    else:
        form = {"kind": "neural", "field": (0, "tanh", 1), "self_loops": False}
    return form | {
        "solver": solver,
        "steady": False,
        "nodes": problem.nodes,
        "seen": problem.effects.conditions,
        "times": problem.times * problem.time_unit,
        "unit": problem.unit,
        "time_unit": problem.time_unit,
        "errors": {},
        "sparsity": 0.0,
        "validation_error": np.empty(0),
        "cells": np.zeros((1, len(problem.nodes.observed))),
        "population_error": np.empty(0),
    }
