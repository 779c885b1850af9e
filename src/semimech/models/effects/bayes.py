"""Empirical Bayes per gene, with the noise that conditions share through the controls taken into account."""

from __future__ import annotations

import numpy as np

from semimech.models.effects.noise import Noise

STEPS = np.concatenate([[0.0], np.logspace(-4, 3, 71)])  # tau^2 in units of the typical variance of the noise


def shrink_genes(values: np.ndarray, noise: Noise, centre: np.ndarray | None = None) -> np.ndarray:
    """Posterior mean of effects beta_pg ~ N(centre_g, tau_g^2) (conditions x features).

    x_g = beta_g + e_g, e_g ~ N(0, v_g C): beta_g = m_g + tau_g^2 (tau_g^2 I + v_g C)^-1 (x_g - m_g), tau_g^2 of
    greatest marginal likelihood. centre: m_g, zero if not given. With C diagonal this is the shrinkage of Efron and
    Morris 1975, doi:10.1080/01621459.1975.10479864.
    """
    sizes, axes = np.linalg.eigh(noise.covariance)
    middle = np.zeros(values.shape[1]) if centre is None else centre
    turned = axes.T @ (values - middle)
    prior = prior_variance(turned, sizes, noise.variance)
    kept = np.divide(prior, prior + sizes[:, None], out=np.zeros(turned.shape), where=prior + sizes[:, None] > 0)
    return middle + axes @ (kept * turned)


def shared_error(values: np.ndarray, noise: Noise) -> np.ndarray:
    """The part of the noise that comes from the controls, as the effects of all conditions tell it.

    E[shared part of e_g | x_g] under beta_pg ~ N(0, tau_g^2) (conditions x features).
    """
    sizes, axes = np.linalg.eigh(noise.covariance)
    turned = axes.T @ values
    prior = prior_variance(turned, sizes, noise.variance)
    return noise.shared @ axes @ (turned / np.maximum(prior + sizes[:, None], np.finfo(float).tiny))


def prior_variance(turned: np.ndarray, sizes: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """tau_g^2 / v_g of greatest likelihood on a grid, for rows of independent noise `sizes` v_g (features,).

    A feature that never varies has no noise to be freed of: 0.
    """
    scaled = np.divide(turned**2, variance, out=np.zeros_like(turned), where=variance > 0)
    steps = STEPS * np.median(sizes)
    total = steps[:, None] + sizes
    likelihood = -0.5 * (np.log(total).sum(1)[:, None] + (1 / total) @ scaled)
    return np.where(variance > 0, steps[likelihood.argmax(0)], 0.0)
