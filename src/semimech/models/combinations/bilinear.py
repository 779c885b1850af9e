"""What perturbations do together beyond their sum: every one has a few factors, whose products drive programmes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from semimech.data.condition import Condition

FIRST_ROUNDS, ROUNDS = 12, 50
KEPT = 2  # starts of each penalty that go on after the first rounds
START = 0.5  # sd of the factors that a fit starts from


@dataclass(frozen=True, eq=False)
class Bilinear:
    """change = sum over pairs a < b given together of (U_a * U_b) V.

    factors: U, perturbations x rank, 0 for those never seen in combination; programmes: V, rank x features.
    """

    perturbations: tuple[str, ...]
    factors: np.ndarray
    programmes: np.ndarray

    def predict(self, conditions: tuple[Condition, ...]) -> np.ndarray:
        """Changes beyond the sum (conditions x features)."""
        return products(self.factors, given(conditions, self.perturbations)) @ self.programmes


def given(conditions: tuple[Condition, ...], perturbations: tuple[str, ...]) -> np.ndarray:
    """Which perturbations each condition has (conditions x perturbations, 0 or 1), whatever the dose."""
    place = {name: i for i, name in enumerate(perturbations)}
    found = np.zeros((len(conditions), len(perturbations)))
    for row, condition in enumerate(conditions):
        found[row, [place[name] for name in condition.names if name in place]] = 1
    return found


def products(factors: np.ndarray, members: np.ndarray) -> np.ndarray:
    """sum over pairs a < b of U_a * U_b (... x conditions x rank): ((sum U)^2 - sum U^2) / 2."""
    return ((members @ factors) ** 2 - members @ factors**2) / 2


def fit_bilinear(
    target: np.ndarray, root: np.ndarray, members: np.ndarray, rank: int, penalties: np.ndarray, starts: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """(U, V) for each penalty: the best of several starts of alternating least squares.

    They minimise |target - root H V|^2 + lambda (|U|^2 + |V|^2), H as in `products`.
    target: combinations x features, white; root: what whitened it (combinations x combinations); members:
    combinations x perturbations.
    """
    basis, sizes, axes = np.linalg.svd(target, full_matrices=False)
    target = basis * sizes  # combinations x directions: the features only turn them
    random = np.random.default_rng([seed, 104_729])
    factors = START * random.normal(size=(len(penalties) * starts, members.shape[1], rank))
    factors *= (members.max(0) > 0)[:, None]
    penalty = np.repeat(penalties, starts)
    loss = _descend(factors, target, root, members, penalty, FIRST_ROUNDS)[1].reshape(len(penalties), starts)
    # Local minima are many: most starts are given up early.
    kept = (np.argsort(loss, axis=1)[:, :KEPT] + starts * np.arange(len(penalties))[:, None]).ravel()
    factors = factors[kept]
    programmes, loss = _descend(factors, target, root, members, penalty[kept], ROUNDS)
    each = loss.reshape(len(penalties), -1)
    best = each.argmin(1) + each.shape[1] * np.arange(len(penalties))
    return [(factors[i], programmes[i] @ axes) for i in best]


def _descend(
    factors: np.ndarray, target: np.ndarray, root: np.ndarray, members: np.ndarray, penalty: np.ndarray, rounds: int
) -> tuple[np.ndarray, np.ndarray]:
    """(V, loss) of each start (starts x rank x directions, starts) after some rounds; U is changed in place."""
    ridge = penalty[:, None, None] * np.eye(factors.shape[2])
    programmes = _programmes(factors, target, root, members, ridge)
    for _ in range(rounds):
        _improve_factors(factors, programmes, target, root, members, ridge)
        programmes = _programmes(factors, target, root, members, ridge)
    wrong = ((target - root @ products(factors, members) @ programmes) ** 2).sum((1, 2))
    return programmes, wrong + penalty * ((factors**2).sum((1, 2)) + (programmes**2).sum((1, 2)))


def _programmes(
    factors: np.ndarray, target: np.ndarray, root: np.ndarray, members: np.ndarray, penalty: np.ndarray
) -> np.ndarray:
    """The best V of each start (starts x rank x directions) at its factors."""
    shares = root @ products(factors, members)
    turned = np.swapaxes(shares, 1, 2)
    return np.linalg.solve(turned @ shares + penalty, turned @ target)


def _improve_factors(
    factors: np.ndarray, programmes: np.ndarray, target: np.ndarray, root: np.ndarray, members: np.ndarray,
    penalty: np.ndarray,
) -> None:  # fmt: skip
    """The best U_a of each perturbation in turn, the others held; in place."""
    back = np.swapaxes(programmes, 1, 2)
    square = programmes @ back
    for a in np.flatnonzero(members.max(0)):
        others = members.copy()
        others[:, a] = 0
        partner = root @ (members[:, [a]] * (others @ factors))  # h = U_a * partner + the others among themselves
        rest = target - root @ products(factors, others) @ programmes
        gram = (np.swapaxes(partner, 1, 2) @ partner) * square + penalty
        aim = (partner * (rest @ back)).sum(1)
        factors[:, a] = np.linalg.solve(gram, aim[:, :, None])[:, :, 0]
