"""Ridge regression of the effects on the doses, linear or of degree two, able to abstain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from semimech.data.effects import Effects, effects_of
from semimech.data.inner import inner_effects
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.baselines.fitted import Kernel, Linear, degree_two, encode
from semimech.support.errors import UserError
from semimech.support.options import require_one_of
from semimech.support.progress import Monitor, silent

PENALTIES = (*(float(value) for value in np.logspace(-3, 3, 25)), float("inf"))  # infinity predicts no change
DEFAULT_PENALTY = 1.0
Weighting = Literal["rows", "equal"]
KernelFunction = Callable[[np.ndarray, np.ndarray], np.ndarray]


def dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """k(a, b) = <a, b>."""
    return a @ b.T


@dataclass(frozen=True)
class Ridge:
    """effect(u) = tanh(u) @ B, B = argmin sum_p w_p |effect_p - tanh(u_p) @ B|^2 + lambda |B|^2.

    There is no intercept: nothing given, nothing changes. lambda is the best of a grid from .001 to 1,000, and
    infinity (no change), over inner folds of the training rows; 1 where nothing can be selected. `weights`: 'rows'
    (w_p proportional to the rows behind condition p, mean 1) or 'equal'. Hoerl and Kennard 1970,
    doi:10.1080/00401706.1970.10488634.
    """

    weights: Weighting = "rows"
    penalty: float | None = None
    name: ClassVar[str] = "ridge"
    is_baseline: ClassVar[bool] = True

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> Linear:
        """Choose lambda by inner folds, then fit all training conditions."""
        effects = effects_of(screen, split.train)
        penalty, words = choose_penalty(dot, screen, split, self.weights, self.penalty, seed)
        return fit_ridge(effects, penalty, words, self.weights)


@dataclass(frozen=True)
class Kernel2:
    """Kernel ridge with k(u, v) = (1 + <tanh u, tanh v>)^2 - 1: linear and pairwise terms of the doses.

    For combinations that are far from additive. lambda as in `Ridge`.
    """

    weights: Weighting = "rows"
    penalty: float | None = None
    name: ClassVar[str] = "kernel2"
    is_baseline: ClassVar[bool] = True

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> Kernel:
        """Choose lambda by inner folds, then fit all training conditions."""
        effects = effects_of(screen, split.train)
        penalty, words = choose_penalty(degree_two, screen, split, self.weights, self.penalty, seed)
        inputs = encode(effects.conditions, effects.perturbations)
        weights = Path.of(degree_two(inputs, inputs), effects, self.weights).solve(penalty)
        return Kernel(
            effects.features,
            effects.perturbations,
            inputs,
            weights,
            f"degree-2 kernel ridge on tanh(doses), {words}",
            effects.conditions,
        )


@dataclass(frozen=True, eq=False)
class Path:
    """All solutions a(lambda) = (K + lambda W^-1)^-1 Y from one eigendecomposition of W^1/2 K W^1/2."""

    basis: np.ndarray  # W^1/2 V, conditions x conditions
    eigenvalues: np.ndarray
    projected: np.ndarray  # V' W^1/2 Y, conditions x features

    @classmethod
    def of(cls, gram: np.ndarray, effects: Effects, weighting: Weighting) -> Path:
        """The path for effects Y whose conditions have the kernel matrix `gram`; UserError for an unknown weighting."""
        require_one_of("ridge", "weights", weighting, get_args(Weighting))
        root = np.sqrt(effects.counts / effects.counts.mean() if weighting == "rows" else np.ones(len(effects)))
        eigenvalues, vectors = np.linalg.eigh(root[:, None] * gram * root)
        basis = root[:, None] * vectors
        return cls(basis, np.maximum(eigenvalues, 0), basis.T @ effects.values)

    def solve(self, penalty: float) -> np.ndarray:
        """Dual weights (conditions x features)."""
        return self.basis @ (self.projected / (self.eigenvalues + penalty)[:, None])

    def predict(self, penalty: float, cross: np.ndarray) -> np.ndarray:
        """Effects (asked x features) of conditions whose kernel with the fitted ones is `cross`."""
        return (cross @ self.basis / (self.eigenvalues + penalty)) @ self.projected


def fit_ridge(effects: Effects, penalty: float, words: str, weighting: Weighting = "rows") -> Linear:
    """The ridge with a given penalty; `words` say how that was come by."""
    inputs = encode(effects.conditions, effects.perturbations)
    return Linear(
        effects.features,
        effects.perturbations,
        np.zeros(len(effects.features)),
        inputs.T @ Path.of(dot(inputs, inputs), effects, weighting).solve(penalty),
        f"ridge on tanh(doses), {words}",
        seen=effects.conditions,
    )


def choose_penalty(
    kernel: KernelFunction, screen: Screen, split: Split, weighting: Weighting, given: float | None, seed: int
) -> tuple[float, str]:
    """The penalty and in words how it was come by: given, best over inner folds, or the default.

    Where no condition can be held out (singles of one dose only), replicates of conditions are. Raises UserError for a
    penalty that is not above 0.
    """
    if given is not None:
        if not given > 0:
            raise UserError(f"The ridge's penalty is {given}: give a number above 0, or none for it to be chosen.")
        return given, f"lambda {given:.3g} as given"
    pairs = inner_effects(screen, split, seed=seed)
    told = "by inner folds" if pairs else "by replicates"
    error = inner_errors(kernel, screen, pairs or inner_effects(screen, split, seed=seed, question="rows"), weighting)
    # Errors that do not depend on lambda (only unseen perturbations were asked for) select nothing.
    if error.max() - error.min() <= 1e-9 * error.max():
        return DEFAULT_PENALTY, f"lambda {DEFAULT_PENALTY:g} by default as nothing in training can select it"
    best = PENALTIES[int(error.argmin())]
    return best, f"lambda {best:.3g} {told}" if np.isfinite(best) else f"no change {told}"


def inner_errors(
    kernel: KernelFunction, screen: Screen, pairs: Sequence[tuple[Effects, Effects]], weighting: Weighting
) -> np.ndarray:
    """Sum of squared errors over inner folds of kernel ridge on tanh(doses), for each of `PENALTIES`."""
    error = np.zeros(len(PENALTIES))
    for fit, held in pairs:
        counted = scored_entries(screen, held.conditions)
        known, asked = (encode(part.conditions, part.perturbations) for part in (fit, held))
        path, cross = Path.of(kernel(known, known), fit, weighting), kernel(asked, known)
        for i, penalty in enumerate(PENALTIES):
            error[i] += ((path.predict(penalty, cross) - held.values)[counted] ** 2).sum()
    return error
