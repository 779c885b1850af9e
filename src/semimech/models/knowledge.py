"""What is known of perturbations before any response is seen: targets with signs, pathways, direction of the dose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from semimech.data.condition import GENETIC, Condition, Perturbation, design_matrix
from semimech.data.effects import Effects
from semimech.data.inner import inner_effects
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.base import what_it_rests_on

Mixture = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Knowledge:
    """Annotations of perturbations as arrays; the first `learnt` perturbations are those of the screen.

    targets: perturbations x features, the sign of the expected direct change, 0 where there is none. membership:
    perturbations x pathways, rows of length 1 (0 without a pathway). directions: sign of the usual dose, in which
    the signs of the targets hold; 0: whichever dose is given (a perturbation that is not in the screen).
    """

    perturbations: tuple[str, ...]
    features: tuple[str, ...]
    targets: np.ndarray
    pathways: tuple[str, ...]
    membership: np.ndarray
    directions: np.ndarray
    learnt: int

    @classmethod
    def of(cls, screen: Screen) -> Knowledge:
        """What the screen's perturbations say of themselves."""
        pathways = tuple(sorted({name for p in screen.perturbations for name in p.pathways}))
        doses = screen.default_doses
        return cls(
            screen.perturbation_names,
            screen.feature_names,
            _targets(screen.perturbations, screen.feature_names),
            pathways,
            _membership(screen.perturbations, pathways),
            np.array([-1.0 if doses[name] < 0 else 1.0 for name in screen.perturbation_names]),
            len(screen.perturbations),
        )

    def knowing(self, perturbations: Sequence[Perturbation]) -> Knowledge:
        """The same with perturbations that are not in the screen; those it has already stay as they are."""
        new = [p for p in perturbations if p.name not in self.perturbations]
        return replace(
            self,
            perturbations=(*self.perturbations, *(p.name for p in new)),
            targets=np.concatenate([self.targets, _targets(new, self.features)]),
            membership=np.concatenate([self.membership, _membership(new, self.pathways)]),
            directions=np.concatenate([self.directions, np.zeros(len(new))]),
        )

    def permuted(self, seed: int) -> Knowledge:
        """Each perturbation with the annotations of another: what annotations are worth is the loss by this."""
        order = np.random.default_rng([seed, 32_452_843]).permutation(self.learnt)
        return replace(self, targets=self.targets[order], membership=self.membership[order])

    def strengths(self, conditions: Sequence[Condition], *, saturated: bool = True) -> np.ndarray:
        """tanh(dose), or the dose itself, counted in the usual direction (conditions x perturbations)."""
        doses = design_matrix(conditions, self.perturbations).astype(np.float64)
        signed = np.where(self.directions == 0, np.abs(doses), doses * self.directions)
        return np.tanh(signed) if saturated else signed

    def columns(self, mixture: Mixture) -> np.ndarray:
        """Phi = [sqrt a, sqrt b pathways, sqrt(1 - a - b) one-hot], perturbations x (1 + pathways + learnt).

        What all share, what a pathway shares, and a perturbation's own part, which one that is not in the screen
        does not have. Every row has length 1 where there is a pathway.
        """
        a, b = mixture
        shared = np.full((len(self.perturbations), 1), np.sqrt(a))
        own = np.sqrt(max(1 - a - b, 0.0)) * np.eye(len(self.perturbations), self.learnt)
        return np.concatenate([shared, np.sqrt(b) * self.membership, own], 1)

    def similarity(self, mixture: Mixture) -> np.ndarray:
        """Phi Phi' of all perturbations with those learnt from (perturbations x learnt)."""
        columns = self.columns(mixture)
        return columns @ columns[: self.learnt].T

    @cached_property
    def is_annotated(self) -> np.ndarray:
        """Which perturbations have a target or a pathway (perturbations,)."""
        return (self.targets != 0).any(1) | (self.membership != 0).any(1)

    def words(self, name: str) -> str:
        """What is known of a perturbation, in words; '' where nothing is."""
        if name not in self.perturbations:
            return ""
        row = self.perturbations.index(name)
        targets = [f for f, sign in zip(self.features, self.targets[row], strict=True) if sign]
        pathways = [p for p, weight in zip(self.pathways, self.membership[row], strict=True) if weight]
        parts = [f"its targets {_few(targets)}"] if targets else []
        return " and ".join([*parts, f"the pathway {_few(pathways)}"] if pathways else parts)


def is_informed(screen: Screen) -> bool:
    """The screen says more of its perturbations than their names: pathways, or targets of what is not genetic."""
    return any(p.pathways or (p.targets and p.kind not in GENETIC) for p in screen.perturbations)


def informed_folds(screen: Screen, split: Split, folds: int, seed: int) -> list[tuple[Effects, Effects]]:
    """Inner folds that ask what the outer split asks; new perturbations where there is no test row.

    Where there are no more perturbations than folds, each is left out by itself.
    """
    return inner_effects(screen, split, folds, seed, question=None if split.test.size else "perturbations")


def informed_words(
    knowledge: Knowledge, condition: Condition, seen: Sequence[Condition], *, shared: bool = True
) -> str:
    """What a prediction rests on, in words: training conditions, or what is known of an unseen perturbation.

    shared: whether all perturbations have something in common.
    """
    text = what_it_rests_on(condition, seen)
    learnt = {name for other in seen for name in other.names}
    for name in (name for name in condition.names if name not in learnt):
        if name not in knowledge.perturbations:
            text += f"; {name} is unknown and counts as no change"
        else:
            parts = [knowledge.words(name), "what all perturbations share" if shared else ""]
            known = ", and ".join(filter(None, parts))
            text += f"; for {name}, {known or 'nothing that the model uses is known: it counts as no change'}"
    return text


def _targets(perturbations: Sequence[Perturbation], features: Sequence[str]) -> np.ndarray:
    column = {name: j for j, name in enumerate(features)}
    signs = np.zeros((len(perturbations), len(features)))
    for row, perturbation in enumerate(perturbations):
        for name, sign in perturbation.targets.items():
            if name in column:
                signs[row, column[name]] = sign
    return signs


def _membership(perturbations: Sequence[Perturbation], pathways: Sequence[str]) -> np.ndarray:
    """Rows of length 1; a pathway that is not in the list counts for the length only, for nothing is known of it."""
    rows = np.zeros((len(perturbations), len(pathways)))
    for row, perturbation in enumerate(perturbations):
        for name in set(perturbation.pathways).intersection(pathways):
            rows[row, pathways.index(name)] = len(set(perturbation.pathways)) ** -0.5
    return rows


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
