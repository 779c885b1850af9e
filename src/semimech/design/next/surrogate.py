"""A Gaussian process over conditions: what is known of each, and what a measurement would add, in closed form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import linalg, optimize

from semimech.data.condition import Condition
from semimech.design.next.kernel import Inputs, Kernel
from semimech.support.errors import UserError

LARGEST_FIT = 800  # conditions that the weights are fitted to
FIRST_SHARE = {"own": 1.0}  # of the mean square, that a term begins with; of the others .1
SPREAD = 2.0  # a-priori sd of the logarithms of the weights
BOUND = 12.0  # of a logarithm about its beginning


@dataclass(frozen=True, eq=False)
class Surrogate:
    """effect_g ~ N(0, K) for each feature g alike, K = sum_j w_j K_j; measured with errors N(0, noise_c).

    conditions: those measured; values: their effects (conditions x features), zero where an entry does not count.
    weights: w_j (terms,). noise: variance of the error of each measured condition (conditions,). typical: that of a
    condition yet to be measured. Rasmussen and Williams 2006, chapter 2, doi:10.7551/mitpress/3206.001.0001.
    """

    kernel: Kernel
    conditions: tuple[Condition, ...]
    values: np.ndarray
    weights: np.ndarray
    noise: np.ndarray
    typical: float

    @cached_property
    def inputs(self) -> Inputs:
        """The measured conditions as arrays."""
        return self.kernel.inputs(self.conditions)

    def covariance(self, a: Inputs, b: Inputs) -> np.ndarray:
        """A-priori covariance K (conditions of a x conditions of b)."""
        return self.kernel.weighted(a, b, self.weights)

    def variance(self, a: Inputs) -> np.ndarray:
        """A-priori variance (conditions,)."""
        return self.weights @ self.kernel.diagonal(a)

    @cached_property
    def root(self) -> np.ndarray:
        """Lower Cholesky factor L of K + noise of the measured conditions."""
        return linalg.cholesky(self.covariance(self.inputs, self.inputs) + np.diag(self.noise), lower=True)

    def whitened(self, a: Inputs) -> np.ndarray:
        """L^-1 K of measured conditions and a (measured x conditions): the posterior covariance is K - V'V."""
        return linalg.solve_triangular(self.root, self.covariance(self.inputs, a), lower=True)

    def predict(self, conditions: Sequence[Condition]) -> np.ndarray:
        """Posterior mean (conditions x features)."""
        return self.mean(self.kernel.inputs(conditions))

    def mean(self, a: Inputs) -> np.ndarray:
        """Posterior mean of conditions given as arrays."""
        return self.whitened(a).T @ linalg.solve_triangular(self.root, self.values, lower=True)

    def posterior(self, conditions: Sequence[Condition]) -> np.ndarray:
        """Posterior covariance of one feature's effects (conditions x conditions), the same for every feature."""
        a = self.kernel.inputs(conditions)
        known = self.whitened(a)
        return self.covariance(a, a) - known.T @ known

    def left_out(self) -> np.ndarray:
        """Effects of every measured condition as the others predict them (conditions x features).

        y_i - [K^-1 y]_i / [K^-1]_ii, K with the noise; Rasmussen and Williams 2006, equation 5.12.
        """
        inverse = linalg.cho_solve((self.root, True), np.eye(len(self.noise)))
        return self.values - (inverse @ self.values) / np.diag(inverse)[:, None]

    def with_weights(self, noise_weights: np.ndarray) -> Surrogate:
        """The same where conditions count with weights: their noise is divided by them."""
        return replace(self, noise=self.noise / noise_weights)


def surrogate_of(
    conditions: Sequence[Condition],
    values: np.ndarray,
    *,
    counts: np.ndarray | None = None,
    asked: Sequence[Condition] = (),
    features: Mapping[str, np.ndarray] | None = None,
    like: Surrogate | None = None,
    refit: bool = True,
    largest: int = LARGEST_FIT,
) -> Surrogate:
    """Fit the weights of a `Surrogate` and its noise by their posterior mode.

    values: measured effects (conditions x features); counts: rows behind each (errors are as 1 / counts, equal if not
    given). asked: conditions that will be asked for. features: vectors of perturbations (see `Kernel`). like: a fit to
    begin from, or without `refit` to take the weights of. largest: of more conditions, so many evenly are fitted.
    The logarithms of the weights are a priori normal (sd 2) about a tenth of the mean square (`own`: about all of
    it): what the data cannot tell, such as of combinations where none was measured, stays there.
    Raises UserError where nothing was measured.

    >>> surrogate_of([Condition((("a", 1.0),))], np.ones((1, 4))).predict([Condition((("b", 1.0),))]).shape
    (1, 4)
    """
    if len(conditions) == 0:
        raise UserError("No effect was measured: what to measure next cannot be ranked before the first screen.")
    values = np.asarray(values, float)
    scale = float((values**2).mean()) or 1.0
    relative = np.ones(len(values)) if counts is None else np.mean(counts) / np.asarray(counts, float)
    kernel = Kernel.of(conditions, values, asked, features)
    centre = np.log(scale * np.array([*(FIRST_SHARE.get(term, 0.1) for term in kernel.terms), 0.1]))
    begin = centre if like is None or like.kernel.terms != kernel.terms else _logs(like)
    rows = _spread_out(len(values), largest)
    parts = _parts(kernel, [conditions[i] for i in rows], relative[rows]) if refit else None
    weights = np.exp(begin if parts is None else _mode(parts, values[rows], centre, begin))
    typical = float(weights[-1] * np.median(relative))
    return Surrogate(kernel, tuple(conditions), values, weights[:-1], weights[-1] * relative, typical)


def _parts(kernel: Kernel, conditions: Sequence[Condition], noise: np.ndarray) -> np.ndarray:
    """Every term and the noise (terms + 1 x conditions x conditions)."""
    inputs = kernel.inputs(conditions)
    return np.concatenate([kernel.between(inputs, inputs), np.diag(noise)[None]])


def _logs(fit: Surrogate) -> np.ndarray:
    return np.log(np.append(fit.weights, fit.noise.mean()))


def _spread_out(n: int, most: int) -> np.ndarray:
    """At most `most` of n numbers, evenly."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int))


def _mode(parts: np.ndarray, values: np.ndarray, centre: np.ndarray, begin: np.ndarray) -> np.ndarray:
    """Logarithms of the weights of `parts` (terms x n x n) of greatest posterior density."""
    f = values.shape[1]
    products = values @ values.T

    def cost(logs: np.ndarray) -> tuple[float, np.ndarray]:
        weights = np.exp(logs)
        total = np.tensordot(weights, parts, 1)
        total[np.diag_indices(len(total))] += 1e-10 * np.trace(total) / len(total)
        root = linalg.cholesky(total, lower=True)
        inverse = linalg.cho_solve((root, True), np.eye(len(total)))
        solved = inverse @ products
        away = (logs - centre) / SPREAD
        value = f * np.log(np.diag(root)).sum() + np.trace(solved) / 2 + away @ away / 2
        slope = f * inverse - solved @ inverse
        return value, weights * np.tensordot(parts, slope, ([1, 2], [0, 1])) / 2 + away / SPREAD

    bounds = [(middle - BOUND, middle + BOUND) for middle in centre]
    return optimize.minimize(cost, begin, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 100}).x
