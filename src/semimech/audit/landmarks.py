"""Kernel methods on Tanimoto similarity to landmark compounds: their cost grows linearly with the compounds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg

from semimech.audit.fingerprints import blocks, tanimoto

LANDMARKS = 750
JITTER = 1e-3
PENALTIES = np.logspace(-2, 3, 16)


def landmark_features(
    train: np.ndarray, test: np.ndarray, landmarks: int = LANDMARKS, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Features of train and test (fingerprints) whose inner products are Tanimoto similarities, by Nystroem.

    z(x) = L^-1 k(x), k the similarities to at most `landmarks` training compounds drawn at random, L L' their own.
    """
    chosen = train[np.sort(np.random.default_rng(seed).permutation(len(train))[:landmarks])]
    own = tanimoto(chosen, chosen)
    own[np.diag_indices(len(own))] += JITTER
    factor = linalg.cholesky(own, lower=True, check_finite=False)
    first, second = (
        linalg.solve_triangular(factor, tanimoto(chosen, part), lower=True, check_finite=False).T
        for part in (train, test)
    )
    return first, second


@dataclass(frozen=True, eq=False)
class Moments:
    """Of some compounds: how many, sum (L,) and products (L x L) of their similarities to the landmarks."""

    count: int
    total: np.ndarray
    products: np.ndarray

    def __sub__(self, part: Moments) -> Moments:
        """The moments without those of a part."""
        return Moments(self.count - part.count, self.total - part.total, self.products - part.products)


@dataclass(frozen=True, eq=False)
class Landmarks:
    """Similarities (n x L, float32) of compounds to L of them, the landmarks, of which `rows` (L,) are the numbers."""

    similarity: np.ndarray
    rows: np.ndarray

    @cached_property
    def every(self) -> Moments:
        """The moments of all compounds."""
        return self.moments(np.ones(len(self.similarity), bool))

    def moments(self, mask: np.ndarray) -> Moments:
        """The moments of the compounds of a mask."""
        products = np.zeros((len(self.rows),) * 2)
        total = np.zeros(len(self.rows))
        for some in blocks(len(mask)):
            part = self.similarity[some][mask[some]].astype(float)
            products += part.T @ part
            total += part.sum(0)
        return Moments(int(mask.sum()), total, products)

    def ridge(self, train: np.ndarray, y: np.ndarray, test: np.ndarray, moments: Moments) -> np.ndarray:
        """Predictions (m x k) for the mask `test` of kernel ridge of y (n x k) on `train` (mask, with its moments).

        Nystroem with the landmarks in train (the mean of y where there are none); for each of k the penalty of least
        generalised cross-validation,
        GCV(lambda) = n |y - H y|^2 / (n - tr H)^2 (Golub, Heath & Wahba 1979, doi:10.1080/00401706.1979.10489751).
        """
        own = np.flatnonzero(train[self.rows])
        if not len(own):
            return np.tile(y[train].mean(0), (int(test.sum()), 1))
        factor = linalg.cholesky(self._among(own), lower=True, check_finite=False)
        mean, level = moments.total[own] / moments.count, y[train].mean(0)
        spread = moments.products[np.ix_(own, own)] - moments.count * np.outer(mean, mean)
        target = np.where(train[:, None], y - level, 0.0)
        values, vectors = linalg.eigh(_solved(factor, _solved(factor, spread).T), check_finite=False)
        rotated = vectors.T @ _solved(factor, self._times(target)[own])
        weights = least_gcv(np.maximum(values, 0), rotated, (target**2).sum(0), moments.count)
        weights = linalg.solve_triangular(factor, vectors @ weights, lower=True, trans="T", check_finite=False)
        whole = np.zeros((len(self.rows), y.shape[1]))
        whole[own] = weights
        return np.asarray(level - mean @ weights + self.similarity[test] @ whole)

    def _among(self, own: np.ndarray) -> np.ndarray:
        """Similarities of some landmarks to each other."""
        found = self.similarity[np.ix_(self.rows[own], own)].astype(float)
        found[np.diag_indices(len(own))] += JITTER
        return found

    def _times(self, target: np.ndarray) -> np.ndarray:
        """Products (L x k) with targets n x k that sum to 0 where they are learnt from, and are 0 elsewhere."""
        found = np.zeros((len(self.rows), target.shape[1]))
        for some in blocks(len(target)):
            found += self.similarity[some].T.astype(float) @ target[some]
        return found


def landmarks_of(fingerprints: np.ndarray, count: int = LANDMARKS, seed: int = 0) -> Landmarks:
    """At most `count` of the compounds drawn at random as landmarks, and how similar all compounds are to them."""
    rows = np.sort(np.random.default_rng(seed).permutation(len(fingerprints))[:count])
    return Landmarks(tanimoto(fingerprints, fingerprints[rows]), rows)


def least_gcv(values: np.ndarray, rotated: np.ndarray, total: np.ndarray, count: int) -> np.ndarray:
    """Ridge weights (L x k) in the basis of eigenvalues (L,), each target with its penalty of least GCV.

    rotated: products of features and targets, L x k; total: squares of each target, (k,); count: rows.
    """
    best, least = np.zeros_like(rotated), np.full(rotated.shape[1], np.inf)
    for penalty in PENALTIES:
        weights = rotated / (values + penalty)[:, None]
        error = total - 2 * (weights * rotated).sum(0) + (weights**2 * values[:, None]).sum(0)
        freedom = count - 1 - (values / (values + penalty)).sum()
        if freedom > 0:
            better = error / freedom**2 < least
            best[:, better], least[better] = weights[:, better], (error / freedom**2)[better]
    return best


def _solved(factor: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.asarray(linalg.solve_triangular(factor, right, lower=True, check_finite=False))
