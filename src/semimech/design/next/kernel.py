"""How much the effects of two conditions are expected to have in common, as a sum of terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from semimech.data.condition import Condition, design_matrix

NEAR = 0.25  # in tanh(dose): doses further apart than this tell little of each other's curvature
BLOCK = 256


@dataclass(frozen=True, eq=False)
class Inputs:
    """Conditions as arrays: strengths t = tanh(dose) (conditions x perturbations), whether combined, contexts."""

    strengths: np.ndarray
    together: np.ndarray
    contexts: np.ndarray

    def take(self, rows: np.ndarray | Sequence[int]) -> Inputs:
        """Only some conditions."""
        return Inputs(self.strengths[rows], self.together[rows], self.contexts[rows])


Term = Callable[["Kernel", Inputs, Inputs], np.ndarray]


@dataclass(frozen=True, eq=False)
class Kernel:
    """k(u, v) = sum_j w_j k_j(u, v) over `terms`, the weights left open.

    shared: any perturbation does this. own: <t, t'>. alike: t A t', A = `alike` (perturbations x perturbations) from
    features of the perturbations. dose: sum_p t_p t'_p exp(-(t_p - t'_p)^2 / (2 .25^2)), what is not linear in
    tanh(dose). together: a perturbation in any combination. pair: sum over pairs given in both, t_a t_b t'_a t'_b.
    pair-alike: the same with pairs that are alike, by `profiles`, the cosines of the effects of perturbations alone.
    context: own within one context. All are positive semi-definite; only the terms of combinations tell of a
    combination beyond a sum.
    """

    perturbations: tuple[str, ...]
    terms: tuple[str, ...]
    profiles: np.ndarray
    alike: np.ndarray

    @classmethod
    def of(
        cls,
        conditions: Sequence[Condition],
        values: np.ndarray,
        asked: Sequence[Condition] = (),
        features: Mapping[str, np.ndarray] | None = None,
    ) -> Kernel:
        """The terms that measured `conditions` (values: conditions x features) and those `asked` for call for.

        `features` describes perturbations by vectors of one length; those it does not name are like no other.
        """
        every = (*conditions, *asked)
        names = tuple(sorted({name for condition in every for name in condition.names}))
        terms = ["shared", "own"]
        if features:
            terms.append("alike")
        if _several_doses(every):
            terms.append("dose")
        if any(condition.is_combination for condition in every):
            terms += ["together", "pair", "pair-alike"]
        if len({condition.context for condition in every}) > 1:
            terms.append("context")
        alone = {name: np.zeros(values.shape[1]) for name in names}
        for condition, value in zip(conditions, values, strict=True):
            if len(condition.names) == 1:
                alone[condition.names[0]] = alone[condition.names[0]] + np.sign(condition.doses[0][1]) * value
        return cls(names, tuple(terms), _cosines(names, alone), _cosines(names, features or {}))

    def inputs(self, conditions: Sequence[Condition]) -> Inputs:
        """The conditions as arrays."""
        return Inputs(
            np.tanh(design_matrix(conditions, self.perturbations).astype(float)),
            np.array([condition.is_combination for condition in conditions], dtype=bool),
            np.array([condition.context for condition in conditions], dtype=object),
        )

    def between(self, a: Inputs, b: Inputs) -> np.ndarray:
        """Every term between conditions (terms x conditions of a x conditions of b)."""
        return np.stack([TERMS[term](self, a, b) for term in self.terms])

    def weighted(self, a: Inputs, b: Inputs, weights: np.ndarray) -> np.ndarray:
        """sum_j w_j k_j (conditions of a x conditions of b), a term at a time."""
        total = np.zeros((len(a.together), len(b.together)))
        for term, weight in zip(self.terms, weights, strict=True):
            total += weight * TERMS[term](self, a, b)
        return total

    def diagonal(self, a: Inputs) -> np.ndarray:
        """Every term of each condition with itself (terms x conditions)."""
        parts = []
        for start in range(0, len(a.together), BLOCK):
            part = a.take(np.arange(start, min(start + BLOCK, len(a.together))))
            parts.append(np.diagonal(self.between(part, part), axis1=1, axis2=2))
        return np.concatenate(parts, axis=1)


def _cosines(names: Sequence[str], vectors: Mapping[str, np.ndarray]) -> np.ndarray:
    """Cosines between the vectors of names; one without a vector, or with zeros, is like itself only."""
    length = len(next(iter(vectors.values()))) if vectors else 0
    rows = np.array([np.asarray(vectors.get(name, np.zeros(length)), float) for name in names]).reshape(len(names), -1)
    size = np.linalg.norm(rows, axis=1)
    unit = np.divide(rows, size[:, None], out=np.zeros_like(rows), where=size[:, None] > 0)
    return unit @ unit.T + np.diag((size == 0).astype(float))


def _several_doses(conditions: Sequence[Condition]) -> bool:
    seen: dict[str, set[float]] = {}
    for condition in conditions:
        for name, dose in condition.doses:
            seen.setdefault(name, set()).add(dose)
    return any(len(doses) > 1 for doses in seen.values())


def _shared(kernel: Kernel, a: Inputs, b: Inputs) -> np.ndarray:
    return np.ones((len(a.together), len(b.together)))


def _own(kernel: Kernel, a: Inputs, b: Inputs) -> np.ndarray:
    return a.strengths @ b.strengths.T


def _alike(kernel: Kernel, a: Inputs, b: Inputs) -> np.ndarray:
    return a.strengths @ kernel.alike @ b.strengths.T


def _dose(kernel: Kernel, a: Inputs, b: Inputs) -> np.ndarray:
    total = np.zeros((len(a.together), len(b.together)))
    for t, s in zip(a.strengths.T, b.strengths.T, strict=True):
        rows, columns = np.flatnonzero(t), np.flatnonzero(s)
        near = np.exp(-((t[rows, None] - s[columns]) ** 2) / (2 * NEAR**2))
        total[np.ix_(rows, columns)] += t[rows, None] * s[columns] * near
    return total


def _together(kernel: Kernel, a: Inputs, b: Inputs) -> np.ndarray:
    return (a.together[:, None] * a.strengths) @ (b.together[:, None] * b.strengths).T


def _pair(kernel: Kernel, a: Inputs, b: Inputs) -> np.ndarray:
    return ((a.strengths @ b.strengths.T) ** 2 - a.strengths**2 @ (b.strengths**2).T) / 2


def _pair_alike(kernel: Kernel, a: Inputs, b: Inputs) -> np.ndarray:
    """Sum over a < b, c < d of t_a t_b t'_c t'_d (S_ac S_bd + S_ad S_bc): products of all, less those of one twice."""
    s, t, u = kernel.profiles, a.strengths, b.strengths
    once = t**2 @ ((s @ u.T) ** 2) + (t @ s) ** 2 @ (u**2).T
    return ((t @ s @ u.T) ** 2 - once + t**2 @ (s**2) @ (u**2).T) / 2


def _context(kernel: Kernel, a: Inputs, b: Inputs) -> np.ndarray:
    return (a.strengths @ b.strengths.T) * (a.contexts[:, None] == b.contexts)


TERMS: Mapping[str, Term] = {
    "shared": _shared,
    "own": _own,
    "alike": _alike,
    "dose": _dose,
    "together": _together,
    "pair": _pair,
    "pair-alike": _pair_alike,
    "context": _context,
}
