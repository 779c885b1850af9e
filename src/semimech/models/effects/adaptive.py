"""Effects that are private and sparse: a spike at zero and a mixture of normals, learnt for each perturbation."""

from __future__ import annotations

import numpy as np

BINS = 400
MOST_STEPS = 1_000
LOOKS = 20  # steps between two looks at the likelihood
ENOUGH = 1e-5  # gain of the penalised log-likelihood per feature between two looks at which EM ends
SPIKE = 10.0  # the penalty of ashr: as if nine features more were seen to have no effect


def shrink_adaptively(values: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Posterior means of effects, for each condition by its own mixture (conditions x features).

    z = x / s ~ sum_k pi_k N(0, 1 + sigma_k^2), sigma_0 = 0, and E[beta | x] = x sum_k w_k sigma_k^2 / (1 + sigma_k^2),
    w_k the posterior shares of the components. Effects are on the scale of their errors, the exchangeable z model of
    Stephens 2017, doi:10.1093/biostatistics/kxw041. errors: s, conditions x features; 0 is no effect.
    """
    size = np.abs(np.divide(values, errors, out=np.zeros(values.shape), where=errors > 0))
    if not size.size:
        return values
    # |z| in bins, narrow where most features are: the cost does not grow with them.
    edges = np.linspace(0, np.sqrt(max(float(size.max()), 1.0)), BINS + 1) ** 2
    middle = (edges[1:] + edges[:-1]) / 2
    spreads = spreads_for(float(size.max()))
    likelihood = likelihoods(middle, spreads)
    counts = np.stack([np.histogram(row[told > 0], edges)[0] for row, told in zip(size, errors, strict=True)])
    shares = mixtures(likelihood, counts)
    kept = (shares * (spreads**2 / (1 + spreads**2))) @ likelihood.T / density_of(shares, likelihood)
    return np.stack([x * np.interp(z, middle, each) for x, z, each in zip(values, size, kept, strict=True)])


def spreads_for(largest: float) -> np.ndarray:
    """sigma_k: 0, and from .1 by steps of sqrt 2 to twice what the largest |z| asks for."""
    last = 2 * np.sqrt(max(largest**2 - 1, 0.16))
    return np.concatenate([[0.0], 0.1 * np.sqrt(2) ** np.arange(np.ceil(2 * np.log2(last / 0.1)) + 1)])


def likelihoods(z: np.ndarray, spreads: np.ndarray) -> np.ndarray:
    """N(z; 0, 1 + sigma_k^2), each row up to a factor (z x components)."""
    variance = 1 + spreads**2
    logs = -0.5 * (np.log(variance) + z[:, None] ** 2 / variance)
    return np.exp(logs - logs.max(1, keepdims=True))


def mixtures(likelihood: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Shares pi of the components for each row of counts (rows x components), by EM for all rows at once.

    They maximise sum_i counts_i log sum_k pi_k L_ik + (SPIKE - 1) log pi_0.
    """
    shares = np.full((len(counts), likelihood.shape[1]), 1 / likelihood.shape[1])
    total = counts.sum(1) + SPIKE
    before = np.full(len(counts), -np.inf)
    for step in range(MOST_STEPS):
        density = density_of(shares, likelihood)
        if step % LOOKS == 0:
            reached = (counts * np.log(density)).sum(1) + (SPIKE - 1) * np.log(shares[:, 0])
            if (reached - before < ENOUGH * total).all():
                break
            before = reached
        shares *= (counts / density) @ likelihood
        shares[:, 0] += SPIKE - 1
        shares /= shares.sum(1, keepdims=True)
    return shares


def density_of(shares: np.ndarray, likelihood: np.ndarray) -> np.ndarray:
    """sum_k pi_k L_ik (rows x z): above 0 also at a |z| that only other rows have, where all wide shares vanish."""
    return np.maximum(shares @ likelihood.T, np.finfo(float).tiny)
