"""Ridge on Tanimoto similarity to landmark compounds: kernel ridge whose cost grows linearly with the compounds."""

from __future__ import annotations

import numpy as np
from scipy import linalg

from semimech.audit.fingerprints import tanimoto

LANDMARKS = 600
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


def ridge(train: np.ndarray, y: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Ridge predictions for test (m x k) from train (n x k), the penalty of least generalised cross-validation.

    GCV(lambda) = n |y - H y|^2 / (n - tr H)^2 (Golub, Heath & Wahba 1979, doi:10.1080/00401706.1979.10489751).
    """
    mean, level = train.mean(0), y.mean()
    centred, target = (train - mean).astype(float), y - level
    values, vectors = linalg.eigh(centred.T @ centred, check_finite=False)
    values = np.maximum(values, 0)
    rotated = vectors.T @ (centred.T @ target)
    total, best = target @ target, (np.inf, rotated)
    for penalty in PENALTIES:
        weights = rotated / (values + penalty)
        error = total - 2 * weights @ rotated + weights @ (values * weights)
        freedom = len(y) - 1 - (values / (values + penalty)).sum()
        if freedom > 0:
            best = min(best, (float(error / freedom**2), weights), key=lambda pair: pair[0])
    return np.asarray(level + (test - mean) @ (vectors @ best[1]))
