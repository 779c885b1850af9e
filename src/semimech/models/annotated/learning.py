"""Choosing the settings by leaving out perturbations, and the fit on all training conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from semimech.data.effects import Effects
from semimech.models.annotated.linear import Fold, Kick, Linear, LinearLaw, Setting, settings_of
from semimech.models.annotated.objective import Evidence, Parts
from semimech.models.cellbox.problem import Problem
from semimech.models.fitting import Schedule, Trained, train
from semimech.support.progress import Monitor

if TYPE_CHECKING:
    from semimech.models.annotated.estimator import AnnotatedCellBox

Pairs = Sequence[tuple[Effects, Effects]]
MEMBER_BYTES = 400 * 2**20
LARGEST_LOG_RATIO = 8.0  # a larger dose is no log-ratio, by which a target could be moved


class Member(NamedTuple):
    """One fit: its fold, and the penalty of its network (infinity: none)."""

    fold: Fold
    network_ridge: float


@dataclass(frozen=True, eq=False)
class Learnt:
    """parts: the fit of all conditions. inner: fits without some perturbations (members x ...), for evidence.

    train_error, validation_error: learning curves.
    """

    setting: Setting
    network_ridge: float
    parts: Parts
    inner: Parts
    train_error: np.ndarray
    validation_error: np.ndarray


@dataclass(frozen=True, eq=False)
class Learning:
    """The fits of one training set."""

    options: AnnotatedCellBox
    problem: Problem
    law: LinearLaw
    monitor: Monitor

    def fold(self, fit: Effects, held: Effects | None = None) -> Fold:
        """The rows of one fit. A perturbation's own targets teach the kick, whether they are scored or not."""
        found = self.problem.observations(fit, held)
        arrays = [np.asarray(a, float) for a in (found.observed, found.validation_observed, found.validation_weights)]
        return Fold(arrays[0], np.asarray(found.weights, float).max(1), arrays[1], arrays[2])

    def learn(self, choosing: Pairs, for_evidence: Pairs) -> Learnt:
        """Choose by the first folds; fit everything, and the other folds (or the first) for evidence."""
        options = self.options
        folds = [self.fold(fit, held) for fit, held in choosing]
        setting = self.law.choose(folds, settings_of(options.mixtures, options.mixed_ridge, self._kicks()))
        ridges = options.network_ridge if options.internal_network else (float("inf"),)
        best, inner, validation_error = ridges[len(ridges) // 2], None, np.empty(0)
        if folds:
            members = [Member(fold, ridge) for ridge in ridges for fold in folds]
            trained = self._train(setting, members, "choosing the network's penalty")
            held = np.array([fold.held_weights.sum() for fold in folds])
            curves = trained.validation_error.reshape(len(ridges), len(folds), -1) * held[:, None] / held.sum()
            number = int(curves[:, :, -1].sum(1).argmin())
            best, mine = ridges[number], slice(number * len(folds), (number + 1) * len(folds))
            inner = jax.tree.map(lambda leaf: leaf[mine], trained.last)
            validation_error = curves[number].sum(0) * self.problem.unit**2
        again = [Member(self.fold(fit, held), best) for fit, held in for_evidence]
        last = self._train(setting, [Member(self.fold(self.problem.effects), best), *again], "fitting")
        final = jax.tree.map(lambda leaf: np.asarray(leaf[0]), last.last)
        if again or inner is None:
            inner = jax.tree.map(lambda leaf: leaf[1:], last.last)
        return Learnt(setting, best, final, inner, last.train_error[0] * self.problem.unit**2, validation_error)

    def held_out(self, setting: Setting, network_ridge: float, pairs: Pairs) -> list[np.ndarray]:
        """Effects of the held-out conditions of each pair (held x features) by a fit of the others; NaN if no node."""
        members = [Member(self.fold(fit, held), network_ridge) for fit, held in pairs]
        trained = self._train(setting, members, "predicting conditions left out")
        row_of = {condition: i for i, condition in enumerate(self.problem.effects.conditions)}
        found = []
        for number, (member, (_, held)) in enumerate(zip(members, pairs, strict=True)):
            parts = jax.tree.map(lambda leaf, i=number: jnp.asarray(leaf[i]), trained.last)
            data = self._evidence(setting, member, Linear(np.empty(0), np.empty(0), 0.0))
            states = np.asarray(self.options.objective.predict(parts, data))[[row_of[c] for c in held.conditions]]
            found.append(np.full(held.values.shape, np.nan))
            found[-1][:, self.problem.nodes.observed] = states * self.problem.unit
        return found

    def _kicks(self) -> tuple[Kick, ...]:
        """The doses themselves are tried only where they can be log-ratios of the targets."""
        if self.options.kick != "auto":
            return (self.options.kick,)
        largest = float(np.abs(self.problem.effects.design).max(initial=0))
        return ("tanh", "dose") if largest <= LARGEST_LOG_RATIO else ("tanh",)

    def _evidence(self, setting: Setting, member: Member, linear: Linear) -> Evidence:
        fold = member.fold
        largest = float(np.abs(fold.values).max(initial=1e-3))
        ridge = member.network_ridge if np.isfinite(member.network_ridge) else 0.0
        arrays = (
            fold.values,
            np.broadcast_to(fold.weights[:, None], fold.values.shape),
            fold.held_values,
            fold.held_weights,
            self.law.mixed(setting),
            self.law.kicks[setting.kick],
            linear.typical,
            np.log(largest),
            setting.mixed_ridge,
            ridge,
        )
        return Evidence(*(jnp.asarray(array, self.problem.dtype) for array in arrays))

    def _start(self, linear: Linear, evidence: Evidence) -> Parts:
        """A = 0 and the closed form of the linear law."""
        m, r = len(self.problem.nodes.molecules), len(self.problem.nodes.readouts)
        saturation = np.full(m + r, evidence.saturation)
        arrays = (np.zeros((m, m)), np.zeros((r, m)), linear.mixed, linear.kick, saturation)
        return Parts(*(jnp.asarray(array, self.problem.dtype) for array in arrays))

    def _train(self, setting: Setting, members: Sequence[Member], stage: str) -> Trained:
        """Train members in groups that fit in memory, all of one size so that they share compiled code."""
        start, data = self._begun(setting, members[0])
        size = max(1, MEMBER_BYTES // (6 * sum(leaf.nbytes for leaf in (*start, *data))))
        groups = -(-len(members) // size)
        size = -(-len(members) // groups)
        done = []
        for group in range(groups):
            numbers = np.minimum(np.arange(group * size, (group + 1) * size), len(members) - 1)
            where = stage if groups == 1 else f"{stage}, part {group + 1} of {groups}"
            done.append(self._train_group(setting, [members[i] for i in numbers], where))
        joined = jax.tree.map(lambda *leaves: np.concatenate(leaves)[: len(members)], *done)
        return Trained(**joined)

    def _begun(self, setting: Setting, member: Member) -> tuple[Parts, Evidence]:
        linear = self.law.fit(member.fold.values, member.fold.weights, setting)
        evidence = self._evidence(setting, member, linear)
        return self._start(linear, evidence), evidence

    def _train_group(self, setting: Setting, members: Sequence[Member], stage: str) -> dict[str, Any]:
        dtype = self.problem.dtype
        begun = [self._begun(setting, member) for member in members]
        # An l1 penalty without bound keeps every edge of a member without network at zero.
        none = jnp.asarray([np.inf if np.isinf(member.network_ridge) else 0.0 for member in members], dtype)
        nothing = jnp.zeros(len(members), dtype)
        trained = train(
            self.options.objective,
            _stacked([start for start, _ in begun]),
            _stacked([data for _, data in begun]),
            Parts(*(jnp.asarray(self.options.rate, dtype) for _ in range(5))),
            Parts(none, none, nothing, nothing, nothing),
            Schedule(self.options.steps),
            monitor=self.monitor,
            stage=stage,
        )
        return jax.tree.map(np.asarray, trained.__dict__)


def _stacked(items: Sequence[NamedTuple]) -> NamedTuple:
    return jax.tree.map(lambda *leaves: jnp.asarray(np.stack(leaves)), *items)
