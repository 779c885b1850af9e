"""What a batch of conditions is worth: three functions of sets, each asked one condition at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, Protocol

import numpy as np

from semimech.design.next.kernel import Inputs
from semimech.design.next.surrogate import Surrogate

CriterionName = Literal["variance", "disagreement", "diversity"]
TARGETS = 1_000  # of more, as many are drawn at random
DRAWS = 32


class Criterion(Protocol):
    """The worth of a set of candidates, that grows with every one that is taken."""

    def gains(self) -> np.ndarray:
        """What each candidate would add to those taken (candidates,)."""
        ...

    def take(self, candidate: int) -> None:
        """Add a candidate to the set."""
        ...


class VarianceReduction:
    """How much of the posterior variance of the targets, summed over them, is removed: tr C_TT - tr C_TT|set.

    One measurement x of noise s removes sum_t C_tx^2 / (C_xx + s); the covariance then loses C_tx C_xu / (C_xx + s).
    Only targets x candidates are kept, and one row of the covariance for each condition that was taken.
    MacKay 1992, doi:10.1162/neco.1992.4.4.590; Cohn, Ghahramani and Jordan 1996, doi:10.1613/jair.295.
    """

    def __init__(self, surrogate: Surrogate, candidates: Inputs, targets: Inputs) -> None:
        self._surrogate, self._candidates = surrogate, candidates
        known, asked = surrogate.whitened(candidates), surrogate.whitened(targets)
        self._known = known
        self._cross = surrogate.covariance(targets, candidates) - asked.T @ known
        self._own = np.maximum(surrogate.variance(candidates) - (known**2).sum(0), 0.0)
        self.total = float(np.maximum(surrogate.variance(targets) - (asked**2).sum(0), 0.0).sum())

    def gains(self) -> np.ndarray:
        """Variance that each candidate would remove, in squared effects of one feature."""
        return (self._cross**2).sum(0) / (self._own + self._surrogate.typical)

    def take(self, candidate: int) -> None:
        """Condition on a measurement of the candidate."""
        one = self._candidates.take([candidate])
        row = self._surrogate.covariance(one, self._candidates)[0] - self._known[:, candidate] @ self._known
        size = np.sqrt(self._own[candidate] + self._surrogate.typical)
        row = row / size
        self._cross -= np.outer(self._cross[:, candidate] / size, row)
        self._own = np.maximum(self._own - row**2, 0.0)
        self._known = np.vstack([self._known, row])


class Additive:
    """The sum of a number for each candidate, whatever else is taken."""

    def __init__(self, worth: np.ndarray) -> None:
        self._worth = np.asarray(worth, float).copy()

    def gains(self) -> np.ndarray:
        """The numbers; 0 for what was taken."""
        return self._worth.copy()

    def take(self, candidate: int) -> None:
        """Its number counts once."""
        self._worth[candidate] = 0.0


class Coverage:
    """Facility location, sum over targets of the similarity to the nearest of those measured or taken.

    It is submodular and monotone, so that the greedy set has at least 1 - 1/e of the best one's worth: Nemhauser,
    Wolsey and Fisher 1978, doi:10.1007/BF01588971. similarity: targets x candidates in [0, 1]; covered: of each target
    to the nearest measured condition.
    """

    def __init__(self, similarity: np.ndarray, covered: np.ndarray) -> None:
        self._similarity, self._covered = similarity, np.asarray(covered, float).copy()

    def gains(self) -> np.ndarray:
        """Similarity that each candidate would add, summed over the targets."""
        return np.maximum(self._similarity - self._covered[:, None], 0.0).sum(0)

    def take(self, candidate: int) -> None:
        """The candidate covers what is like it."""
        self._covered = np.maximum(self._covered, self._similarity[:, candidate])


def committee_spread(surrogate: Surrogate, candidates: Inputs, seed: int, draws: int = DRAWS) -> np.ndarray:
    """Standard deviation of predictions (root mean square over features) among laws fitted to resampled conditions.

    Every refit weighs the measured conditions anew (Bayesian bootstrap: Rubin 1981, doi:10.1214/aos/1176345338) and is
    one of the laws that fit them: the posterior variance is added, without which refits agree on what none of them
    knows (Osband et al. 2018, arXiv:1806.03335).
    """
    random = np.random.default_rng([seed, 611_953])
    # Squares summed over features are the same along their principal axes, which are no more than the conditions.
    basis, sizes, _ = np.linalg.svd(surrogate.values, full_matrices=False)
    features, surrogate = surrogate.values.shape[1], replace(surrogate, values=basis * sizes)
    total = square = np.zeros((len(candidates.together), len(sizes)))
    for _ in range(draws):
        weights = np.maximum(random.exponential(size=len(surrogate.noise)), 1e-6)
        mean = surrogate.with_weights(weights / weights.mean()).mean(candidates)
        total, square = total + mean, square + mean**2
    variance = np.maximum(square / draws - (total / draws) ** 2, 0.0) * draws / (draws - 1)
    unknown = surrogate.variance(candidates) - (surrogate.whitened(candidates) ** 2).sum(0)
    return np.sqrt(variance.sum(1) / features + np.maximum(unknown, 0.0))


def coverage_of(targets: np.ndarray, candidates: np.ndarray, measured: np.ndarray) -> Coverage:
    """Coverage by predicted effects (conditions x features): similarity exp(-d^2 / (2 m)), m the median d^2 there."""
    squared = _squared_distances(targets, candidates)
    positive = squared[squared > 0]
    width = 2 * float(np.median(positive)) if positive.size else 1.0
    near = np.exp(-_squared_distances(targets, measured).min(1) / width) if len(measured) else np.zeros(len(targets))
    return Coverage(np.exp(-squared / width), near)


def drawn_targets(n: int, seed: int, most: int = TARGETS) -> np.ndarray:
    """Numbers of at most `most` of n targets."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng([seed, 982_451]).choice(n, most, replace=False))


def greedy(criterion: Criterion, k: int, costs: np.ndarray) -> tuple[list[int], list[float]]:
    """(candidates, gains) of k steps, each taking what adds most for its cost; the first where several do."""
    left = np.ones(len(costs), bool)
    taken, gained = [], []
    for _ in range(min(k, len(costs))):
        gains = criterion.gains()
        best = int(np.argmax(np.where(left, gains / costs, -np.inf)))
        criterion.take(best)
        left[best] = False
        taken.append(best)
        gained.append(float(gains[best]))
    return taken, gained


def _squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    product = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return np.maximum(product, 0.0)
