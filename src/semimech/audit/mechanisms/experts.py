"""A mixture of experts: one law of structure, departures from it that are a mechanism's own, and shifts of assays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg, special

from semimech.audit.mechanisms.space import Space

TAILS = 4.0
FLAT = 1e-6
STRAY = 0.05
LEAST = 1e-4
ROUNDS_ONE, ROUNDS_BLOCKS, ROUNDS = 20, 6, 12
SHARE_OF_LAW = 0.1


@dataclass(frozen=True)
class Sizes:
    """Prior variances of p: of the law by family of features, of a mechanism's departure, of assays, of noise."""

    law: np.ndarray
    own: float
    assay: float
    noise: float


@dataclass(frozen=True, eq=False)
class Experts:
    """A fitted mixture of K experts.

    memberships: n x K, the chances of each training compound's mechanisms; weights: constant and law, then K times the
    departures; shifts: of the training assays; spread: of the inverse of the normal matrix the part of the law; sizes;
    likelihood: the logarithm of the evidence of weights and sizes, by which starts are compared.
    """

    memberships: np.ndarray
    weights: np.ndarray
    shifts: np.ndarray
    spread: np.ndarray
    sizes: Sizes
    likelihood: float

    @property
    def count(self) -> int:
        """The number of experts K."""
        return self.memberships.shape[1]

    def predict(self, common: np.ndarray, own: np.ndarray) -> np.ndarray:
        """p of compounds by each expert, without shifts of assays: m x K."""
        law = common @ self.weights[: common.shape[1]]
        if self.count == 1:
            return law[:, None]
        departures = self.weights[common.shape[1] :].reshape(self.count, -1)
        return np.asarray(law[:, None] + own @ departures.T)

    def variance(self, law: np.ndarray) -> np.ndarray:
        """Variance of what was measured about the law of features m x f, the mean of its assay being known: (m,)."""
        return np.asarray(self.sizes.noise * (1 + ((law @ self.spread) * law).sum(1)))


def gates(nearness: np.ndarray, memberships: np.ndarray) -> np.ndarray:
    """The chances of compounds' mechanisms (m x K) by the votes of others: nearness m x n, their memberships n x K.

    Where no compound is near, the chances are those of all compounds.
    """
    votes = nearness @ memberships + STRAY * memberships.mean(0)
    chances = np.maximum(votes / votes.sum(1, keepdims=True), LEAST)
    return np.asarray(chances / chances.sum(1, keepdims=True))


def log_density(error: np.ndarray, scale: np.ndarray | float, freedom: float = TAILS) -> np.ndarray:
    """Logarithm of Student's density of errors."""
    constant = special.gammaln((freedom + 1) / 2) - special.gammaln(freedom / 2) - 0.5 * np.log(freedom * np.pi)
    return np.asarray(constant - np.log(scale) - (freedom + 1) / 2 * np.log1p((error / scale) ** 2 / freedom))


def one_law(space: Space) -> Experts:
    """One expert: ridge on the features of structure with shifts of assays, heavy-tailed noise, sizes by evidence."""
    total = max(float(space.values.var()), LEAST)
    families = np.bincount(space.family)
    start = Sizes(np.full(len(families), total / 3), total, total / 6, total / 3)
    return _alternated(space, np.ones((len(space), 1)), start, ROUNDS_ONE, blockwise=False)


def experts(space: Space, count: int, base: Experts, starts: int, rng: np.random.Generator) -> Experts:
    """`count` experts by expectation and maximisation, from the best of several starts.

    Each start gives whole blocks of similar compounds to experts at random; after a few rounds with blocks kept whole
    compounds choose for themselves, by the votes of their neighbours and by how well each expert explains them. `base`,
    the one law of the same compounds, gives the sizes to begin with.
    """
    sizes = replace(base.sizes, law=base.sizes.law * SHARE_OF_LAW, own=float(base.sizes.law.sum()))
    found = []
    for _ in range(starts):
        owner = rng.integers(count, size=space.blocks.max() + 1)[space.blocks]
        first = np.where(np.arange(count) == owner[:, None], 0.9 + 0.1 / count, 0.1 / count)
        found.append(_alternated(space, first, sizes, ROUNDS_BLOCKS, blockwise=True))
    best = max(found, key=lambda one: one.likelihood)
    return _alternated(space, best.memberships, best.sizes, ROUNDS, blockwise=False)


def labelled_experts(space: Space, labels: np.ndarray, count: int, base: Experts) -> Experts:
    """An expert for each of `count` labels (integers from 0): the mechanisms are known, their laws are not.

    A label without a compound has the one law.
    """
    memberships = np.eye(count)[labels]
    return _alternated(space, memberships, replace(base.sizes, own=float(base.sizes.law.sum())), ROUNDS, known=True)


def _alternated(
    space: Space, memberships: np.ndarray, sizes: Sizes, rounds: int, blockwise: bool = False, known: bool = False
) -> Experts:
    """Rounds of laws given memberships and memberships given laws; sizes by evidence but while blocks are whole."""
    robust = np.ones_like(memberships)
    for _ in range(rounds):
        solution = solve(space, memberships, robust, sizes)
        error = space.values[:, None] - solution.predicted
        robust = (TAILS + 1) / (TAILS + error**2 / sizes.noise)
        left = float((memberships * robust * error**2).sum())
        noise = max(left / max(len(space) - solution.freedom, len(space) / 5), 1e-3 * space.values.var(), 1e-6)
        sizes = replace(sizes if blockwise else solution.sizes, noise=noise)
        densities = log_density(error, np.sqrt(noise))
        if known or memberships.shape[1] == 1:
            continue
        if blockwise:
            sums = np.stack([np.bincount(space.blocks, column) for column in densities.T], axis=1)
            memberships = special.softmax(sums, axis=1)[space.blocks]
        else:
            memberships = special.softmax(np.log(gates(space.nearness, memberships)) + densities, axis=1)
    mixed = densities if known else np.log(gates(space.nearness, memberships)) + densities
    likelihood = float(special.logsumexp(mixed, axis=1).sum()) - solution.complexity
    law = space.common.shape[1]
    return Experts(memberships, solution.weights, solution.shifts, solution.inverse[1:law, 1:law], sizes, likelihood)


@dataclass(frozen=True, eq=False)
class Solution:
    """Weights given memberships, what they predict for each compound by each expert (n x K), and what they cost.

    sizes: those of most evidence given the weights; freedom: degrees of freedom used; complexity: what the prior of
    law and departures takes from the likelihood.
    """

    weights: np.ndarray
    shifts: np.ndarray
    inverse: np.ndarray
    predicted: np.ndarray
    sizes: Sizes
    freedom: float
    complexity: float


def solve(space: Space, memberships: np.ndarray, robust: np.ndarray, sizes: Sizes) -> Solution:
    """Weighted ridge for all experts at once; the shifts of assays, a diagonal block, are eliminated.

    Minimises sum_im r_im u_im (y_i - b_assay(i) - c_i' beta - o_i' delta_m)^2 / noise + squares / their sizes, with r
    the memberships and u the robust weights (n x K).
    """
    count, law, own = memberships.shape[1], space.common.shape[1], space.own.shape[1]
    weights = memberships * robust
    matrix, right, to_assays = _normal(space, weights)
    prior = np.concatenate([[FLAT], 1 / sizes.law[space.family], np.full(len(right) - law, 1 / sizes.own)])
    prior *= sizes.noise
    matrix[np.diag_indices_from(matrix)] += prior
    precision = space.of_assay @ weights.sum(1) + sizes.noise / sizes.assay
    of_values = space.of_assay @ (weights.sum(1) * space.values)
    matrix -= to_assays.T @ (to_assays / precision[:, None])
    right -= to_assays.T @ (of_values / precision)
    factor = linalg.cholesky(matrix, lower=True, check_finite=False)
    inverse = linalg.cho_solve((factor, True), np.eye(len(right)), check_finite=False)
    found = inverse @ right
    shifts = (of_values - to_assays @ found) / precision
    of_shifts = 1 / precision + ((to_assays @ inverse) * to_assays).sum(1) / precision**2
    of_weights = np.diag(inverse)
    freedom = len(right) - float(prior @ of_weights) + len(shifts) - sizes.noise / sizes.assay * of_shifts.sum()
    predicted = (space.common @ found[:law] + shifts[space.assays])[:, None]
    if count > 1:
        predicted = predicted + space.own @ found[law:].reshape(count, own).T
    squares = found**2 + sizes.noise * of_weights
    new = Sizes(
        np.maximum(np.bincount(space.family, squares[1:law]) / np.bincount(space.family), LEAST),
        max(float(squares[law:].mean()), LEAST) if count > 1 else sizes.own,
        max(float((shifts**2 + sizes.noise * of_shifts).mean()), LEAST),
        sizes.noise,
    )
    taken = prior[1:] / sizes.noise
    determinant = 2 * np.log(np.diag(factor)).sum() - len(right) * np.log(sizes.noise)
    complexity = float(0.5 * (taken @ found[1:] ** 2 - np.log(taken).sum() + determinant))
    return Solution(found, shifts, inverse, np.broadcast_to(predicted, memberships.shape), new, freedom, complexity)


def _normal(space: Space, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Normal matrix and right side of law and departures, and their products with the assays (assays x p)."""
    common, own, count = space.common, space.own, weights.shape[1]
    total = weights.sum(1)
    law, size = common.shape[1], common.shape[1] + (count * own.shape[1] if count > 1 else 0)
    matrix, right = np.zeros((size, size)), np.zeros(size)
    to_assays = np.zeros((space.of_assay.shape[0], size))
    weighted = common * total[:, None]
    matrix[:law, :law], right[:law] = weighted.T @ common, weighted.T @ space.values
    to_assays[:, :law] = space.of_assay @ weighted
    for number in range(count if count > 1 else 0):
        part = slice(law + number * own.shape[1], law + (number + 1) * own.shape[1])
        weighted = own * weights[:, [number]]
        matrix[:law, part] = common.T @ weighted
        matrix[part, :law] = matrix[:law, part].T
        matrix[part, part], right[part] = own.T @ weighted, weighted.T @ space.values
        to_assays[:, part] = space.of_assay @ weighted
    return matrix, right, to_assays
