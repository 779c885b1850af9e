"""Baselines that are told the same annotations as an informed model: they must be beaten for a mechanism to count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from semimech.data.condition import Condition, Perturbation
from semimech.data.effects import Effects, effects_of
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.base import Prediction
from semimech.models.baselines.ridge import DEFAULT_PENALTY, PENALTIES, KernelFunction, Path, Weighting, inner_errors
from semimech.models.knowledge import Knowledge, Mixture, informed_folds, informed_words
from semimech.support.progress import Monitor, silent

FOLDS = 12
SHARES = (0.0, 0.15, 0.3, 0.5, 0.8)
MIXTURES = tuple((a, b) for a in (0.0, 0.15, 0.3, 0.5) for b in (0.0, 0.3, 0.6) if a + b < 1)
NOISES = (float("inf"), 0.3, 1.0, 3.0, 10.0, 30.0)  # infinity imputes nothing: first, as what nothing speaks against


class _Refitted:
    """Refits parts of the training rows with the kernel, penalty and imputation of a fit."""

    weights: Weighting

    def refits(
        self, screen: Screen, split: Split, fitted: Similarity, inner: Sequence[Split], *, seed: int, monitor: Monitor
    ) -> list[np.ndarray]:
        """Effects of the test conditions of each inner split, by its training rows (see `models.intervals`)."""
        found = []
        for each in inner:
            known, asked = effects_of(screen, each.train), effects_of(screen, each.test).conditions
            part = learnt(fitted.knowledge, known, fitted.mixture, fitted.penalty, self.weights, fitted.basis)
            found.append(replace(part, noise=fitted.noise).predict(asked).mean)
        return found


@dataclass(frozen=True)
class MeanDrug(_Refitted):
    """effect = sum_d t_d (sqrt(a) z + sqrt(1 - a) z_d): ridge on tanh(doses) with a column that all share.

    t_d is the strength, tanh(dose) in the usual direction; the ridge penalty and a are chosen by inner folds. A
    perturbation that was not seen has the shared effect.
    """

    weights: Weighting = "rows"
    name: ClassVar[str] = "mean-drug"
    is_baseline: ClassVar[bool] = True
    needs_annotation: ClassVar[bool] = True

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> Similarity:
        """Choose a and lambda by inner folds, then fit all training conditions."""
        return _fit(screen, split, [(a, 0.0) for a in SHARES], self.weights, seed, "a shared effect")


@dataclass(frozen=True)
class PathwayKernel(_Refitted):
    """effect = sum_d t_d Phi_d Z, Phi_d = [sqrt a, sqrt b pathways_d, sqrt(1 - a - b) one-hot_d], |Z|^2 penalised.

    Kernel ridge in which perturbations are alike by a, and by b more where they share a pathway. t_d as in
    `MeanDrug`; a, b and lambda are chosen by inner folds.
    """

    weights: Weighting = "rows"
    name: ClassVar[str] = "pathway-kernel"
    is_baseline: ClassVar[bool] = True
    needs_annotation: ClassVar[bool] = True

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> Similarity:
        """Choose a, b and lambda by inner folds, then fit all training conditions."""
        return _fit(screen, split, MIXTURES, self.weights, seed, "shared and pathway effects")


@dataclass(frozen=True)
class TargetImputation(_Refitted):
    """`PathwayKernel`, and the annotated targets of an unseen perturbation carried to the other features.

    e' = e + (v - e_J) (C_JJ + nu m 1)^-1 C_J, with e its effect by the kernel, J its targets, v their signs times the
    typical own effect of the perturbations seen, C the second moments of the training effects, m the mean of
    their diagonal, and nu chosen by inner folds (infinity: no imputation).
    """

    weights: Weighting = "rows"
    name: ClassVar[str] = "target-imputation"
    is_baseline: ClassVar[bool] = True
    needs_annotation: ClassVar[bool] = True

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> Similarity:
        """Choose the kernel as `PathwayKernel` does, then nu by the same inner folds."""
        fitted = PathwayKernel(self.weights).fit(screen, split, seed=seed)
        error = np.zeros(len(NOISES))
        for fit, held in informed_folds(screen, split, FOLDS, seed):
            counted = scored_entries(screen, held.conditions)
            inner = learnt(fitted.knowledge, fit, fitted.mixture, fitted.penalty, self.weights, fitted.basis)
            for i, noise in enumerate(NOISES):
                predicted = replace(inner, noise=noise).predict(held.conditions).mean
                error[i] += ((predicted - held.values)[counted] ** 2).sum()
        best = NOISES[int(error.argmin())]
        words = f"target imputation (nu {best:g})" if np.isfinite(best) else "no target imputation"
        return replace(fitted, noise=best, basis=f"{fitted.basis}, {words}")


@dataclass(frozen=True, eq=False)
class Similarity:
    """effect = sum_d t_d e_d, with e = (Phi Phi') weights: effects of perturbations by their likeness to those learnt.

    weights: learnt perturbations x features. values: training effects (conditions x features), from which the
    targets of unseen perturbations are carried on where `noise` is finite (see `TargetImputation`).
    """

    features: tuple[str, ...]
    knowledge: Knowledge
    mixture: Mixture
    penalty: float
    weights: np.ndarray
    basis: str
    seen: tuple[Condition, ...]
    values: np.ndarray = field(repr=False)
    noise: float = float("inf")

    def predict(self, conditions: Sequence[Condition]) -> Prediction:
        """Effects of the conditions, linear in the strengths."""
        conditions = tuple(conditions)
        mean = self.knowledge.strengths(conditions) @ self.effects
        used, shared = self._used, self.mixture[0] > 0
        words = tuple(f"{self.basis}; {informed_words(used, c, self.seen, shared=shared)}" for c in conditions)
        return Prediction(conditions, self.features, mean, rests_on=words)

    def network(self) -> None:
        """None: likeness of perturbations is no network."""
        return

    def knowing(self, perturbations: Sequence[Perturbation]) -> Similarity:
        """The same, told of perturbations that are not in the screen."""
        return replace(self, knowledge=self.knowledge.knowing(perturbations))

    @property
    def _used(self) -> Knowledge:
        """What is known, without the targets or the pathways where they have no part in the effects."""
        known = self.knowledge
        targets, membership = known.targets * np.isfinite(self.noise), known.membership * (self.mixture[1] > 0)
        return replace(known, targets=targets, membership=membership)

    @cached_property
    def effects(self) -> np.ndarray:
        """The effect of each perturbation at strength 1 (perturbations x features)."""
        effects = self.knowledge.similarity(self.mixture) @ self.weights
        return self._imputed(effects) if np.isfinite(self.noise) else effects

    def _imputed(self, effects: np.ndarray) -> np.ndarray:
        names = {name for condition in self.seen for name in condition.names}
        seen = np.array([name in names for name in self.knowledge.perturbations], bool)
        signs = self.knowledge.targets
        own = (signs * effects)[seen][signs[seen] != 0]
        if not own.size:
            return effects
        typical, scale = max(float(own.mean()), 0.0), float((self.values**2).mean())
        imputed = effects.copy()
        for row in np.flatnonzero(~seen & (signs != 0).any(1)):
            targets = np.flatnonzero(signs[row])
            moments = self.values[:, targets].T @ self.values / len(self.values)
            inner = moments[:, targets] + self.noise * scale * np.eye(len(targets))
            missing = typical * signs[row, targets] - effects[row, targets]
            imputed[row] += missing @ np.linalg.solve(inner, moments)
        return imputed


def _fit(
    screen: Screen, split: Split, mixtures: Sequence[Mixture], weights: Weighting, seed: int, what: str
) -> Similarity:
    effects, knowledge = effects_of(screen, split.train), Knowledge.of(screen)
    pairs = informed_folds(screen, split, FOLDS, seed)
    errors = [inner_errors(kernel_of(knowledge, mixture), screen, pairs, weights) for mixture in mixtures]
    best = int(np.argmin([error.min() for error in errors]))
    penalty = PENALTIES[int(errors[best].argmin())] if pairs else DEFAULT_PENALTY
    how = "by inner folds" if pairs else "by default"
    words = f"ridge on tanh(doses) with {what} (a {mixtures[best][0]:g}, b {mixtures[best][1]:g}, lambda {penalty:.3g})"
    return learnt(knowledge, effects, mixtures[best], penalty, weights, f"{words} {how}")


def learnt(
    knowledge: Knowledge, effects: Effects, mixture: Mixture, penalty: float, weights: Weighting, basis: str
) -> Similarity:
    """Kernel ridge of the effects at settings that are given."""
    strengths = knowledge.strengths(effects.conditions)
    gram = strengths @ knowledge.similarity(mixture) @ strengths.T
    dual = strengths.T @ Path.of(gram, effects, weights).solve(penalty)
    return Similarity(
        effects.features, knowledge, mixture, penalty, dual, basis, effects.conditions, effects.values.astype(float)
    )


def kernel_of(knowledge: Knowledge, mixture: Mixture) -> KernelFunction:
    """k(tanh u, tanh v) = t_u Phi Phi' t_v', t the strengths in the usual directions of the doses."""
    likeness = knowledge.directions[:, None] * knowledge.similarity(mixture) * knowledge.directions
    return lambda a, b: a @ likeness @ b.T
