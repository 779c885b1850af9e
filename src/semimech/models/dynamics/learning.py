"""Fitting time courses: many members (data sets, seeds), one `vmap` for each core, one trace per shape."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from semimech.models.dynamics.law import Given, Law, NetworkLaw, NetworkParameters
from semimech.models.dynamics.objective import CourseObjective, Courses
from semimech.models.dynamics.population import PopulationObjective, Populations
from semimech.models.fitting import Objective, Schedule, Trained, train
from semimech.models.groups import in_groups
from semimech.support.progress import Monitor, silent

RATE = 0.01
RATES = ("eps", "alpha", "psi")
SLOWER = 0.5  # of the rate of the weights, for the rates of production and decay


def courses_of(
    times: np.ndarray,
    observed: np.ndarray,
    *,
    push: np.ndarray | None = None,
    activity: np.ndarray | None = None,
    held: np.ndarray | None = None,
    level: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    validation: np.ndarray | None = None,
    held_out: np.ndarray | None = None,
    seed: int = 0,
    dtype: Any = np.float32,
) -> Courses:
    """One member from arrays: observed (conditions x times x nodes), NaN where nothing was measured.

    push, held, level: conditions x nodes; activity: conditions x inputs; weights, validation and held_out as observed.
    """
    conditions, _, nodes = observed.shape
    validation = observed if validation is None else validation
    weights = np.isfinite(observed) * (1 if weights is None else weights)
    held_out = np.isfinite(validation) * (0 if held_out is None else held_out)
    none = np.zeros((conditions, nodes))
    parts = (push, np.zeros((conditions, 0)) if activity is None else activity, held, level)
    given = Given(*(jnp.asarray(none if part is None else part, dtype) for part in parts))
    arrays = (times, np.nan_to_num(observed), weights, np.nan_to_num(validation), held_out)
    on, seen, weighed, kept, held_weights = (jnp.asarray(part, dtype) for part in arrays)
    return Courses(on, seen, weighed, kept, held_weights, given, jax.random.key(seed))


def stacked(members: list[Any]) -> Any:
    """Members of one shape as one tree with a leading axis."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *members)


def member_of(tree: Any, number: int) -> Any:
    """One member of a tree with a leading axis."""
    return jax.tree.map(lambda leaf: jnp.asarray(leaf[number]), tree)


def train_members(
    objective: Objective,
    start: Any,
    data: Any,
    rates: Any,
    penalties: Any,
    schedule: Schedule,
    stop: np.ndarray | None,
    alone: bool,
    monitor: Monitor,
    stage: str,
) -> Trained:
    """`fitting.train`, on CPU cores one `vmap` on each; or `alone`, one by one: one trace for any number.

    An objective that factorises matrices says so by its attribute `factorises`.
    """
    members = len(jax.tree.leaves(start)[0])
    stop = np.full(members, schedule.steps) if stop is None else stop
    wide = jax.tree.leaves(start)[0].dtype == np.float64

    def group(numbers: np.ndarray, monitor: Monitor) -> Trained:
        with jax.enable_x64(wide):  # a setting of the thread
            own = [jax.tree.map(lambda leaf: jnp.asarray(leaf)[numbers], tree) for tree in (start, data, penalties)]
            part = train(
                objective, own[0], own[1], rates, own[2], schedule, stop[numbers], monitor=monitor, stage=stage
            )
            return Trained(**jax.tree.map(np.asarray, part.__dict__))

    size = sum(leaf[0].size * leaf[0].dtype.itemsize for leaf in jax.tree.leaves((start, data)))
    factorises = getattr(objective, "factorises", False)
    return in_groups(group, members, size, monitor, stage, few=not alone, factorises=factorises)


def fit_courses(
    objective: CourseObjective | PopulationObjective,
    start: Any,
    data: Courses | Populations,
    *,
    steps: int = 2000,
    rate: float = RATE,
    sparsity: float = 0.0,
    known: tuple[str, ...] = (),
    stop: np.ndarray | None = None,
    alone: bool = False,
    monitor: Monitor = silent,
) -> Trained:
    """Minimise the objective over members (leading axis of `start` and `data`) by Adam with a cosine.

    sparsity: lambda of a Laplace prior exp(-lambda |w|) on every weight of a network (in units of the data and its
    times). known: names of the parameters that are held where they start. alone: see `train_members`.
    """
    names, fixed = start._fields, held_by(objective.law, known)
    moving = [0.0 if name in fixed else rate * (SLOWER if name in RATES else 1.0) for name in names]
    courses = data.courses if isinstance(data, Populations) else data
    samples = np.asarray(courses.weights.sum((1, 2, 3)))
    shares = [sparsity / samples if name == "weights" else np.zeros_like(samples) for name in names]
    dtype = courses.observed.dtype
    rates, penalties = (type(start)(*(jnp.asarray(each, dtype) for each in part)) for part in (moving, shares))
    schedule = Schedule(steps, 0.01, chunk=max(50, steps // 10))
    return train_members(objective, start, data, rates, penalties, schedule, stop, alone, monitor, "fitting courses")


def held_by(law: Law, known: tuple[str, ...] = ()) -> set[str]:
    """Names of the parameters that are not fitted: those known, and those that the law does not have."""
    return {*known, *(("psi",) if isinstance(law, NetworkLaw) and law.field.envelope != 2 else ())}


def free_parameters(law: NetworkLaw, parameters: NetworkParameters, known: tuple[str, ...] = ()) -> NetworkParameters:
    """True for each number that is fitted; edges that the law does not have are not."""
    fixed = held_by(law, known)
    whole = {
        name: jnp.full(leaf.shape, name not in fixed) for name, leaf in zip(parameters._fields, parameters, strict=True)
    }
    whole["weights"] = whole["weights"] & law.allowed(len(whole["weights"]))
    return NetworkParameters(**whole)


def first_guess(law: NetworkLaw, data: Courses, inputs: int, seed: int) -> NetworkParameters:
    """No edges, and a gain that reaches the largest state that was observed, for |x| < eps / alpha in the field."""
    size = float(jnp.max(jnp.where(data.weights > 0, jnp.abs(data.observed), 0)))
    start = law.start(data.observed.shape[2], inputs, seed, max(size, 1e-3))
    return jax.tree.map(lambda leaf: leaf.astype(data.observed.dtype), start)
