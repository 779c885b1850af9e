"""Divergences between normal and Bernoulli variables, and Bernoulli draws through which gradients pass."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax


def kl_normal(mean: Array, log_sd: Array, prior_mean: Array | float, prior_log_sd: Array | float) -> Array:
    """KL(N(m, s^2) || N(m0, s0^2)) = log(s0 / s) + (s^2 + (m - m0)^2) / (2 s0^2) - 1/2, elementwise."""
    ratio = log_sd - prior_log_sd
    distance = (mean - prior_mean) * jnp.exp(-jnp.asarray(prior_log_sd, mean.dtype))
    return 0.5 * (jnp.exp(2 * ratio) + distance * distance - 1) - ratio


def kl_bernoulli(logit: Array, prior_logit: Array | float) -> Array:
    """KL(Bernoulli(q) || Bernoulli(p)) = q (logit q - logit p) + log(1 - q) - log(1 - p), elementwise, from logits."""
    prior = jnp.asarray(prior_logit, logit.dtype)
    return jax.nn.sigmoid(logit) * (logit - prior) - jax.nn.softplus(logit) + jax.nn.softplus(prior)


def straight_through(logit: Array, key: Array, temperature: float = 1.0) -> Array:
    """0 or 1 with probability sigmoid(logit), and the gradient of the relaxed draw.

    relaxed = sigmoid((logit + L) / temperature), L logistic; the draw is 1 where it exceeds 1/2. Maddison et al. 2017,
    arXiv:1611.00712; Bengio et al. 2013, arXiv:1308.3432.
    """
    noise = jax.random.logistic(key, logit.shape, logit.dtype)
    relaxed = jax.nn.sigmoid((logit + noise) / temperature)
    hard = (relaxed > 0.5).astype(logit.dtype)
    return relaxed + lax.stop_gradient(hard - relaxed)


def sum_over_hops(start: Array, weights: Array, hops: int) -> Array:
    """start T_K(W), T_K(W) = W + W^2 / T + ... + W^(K+1) / T^K, by products of the rows only (rows x T).

    start: rows x T; weights: T x T. No power of W is made: the cost is (K + 1) rows T^2.
    """
    size = weights.shape[0]
    term = start @ weights
    total = term
    for _ in range(hops):
        term = term @ weights / size
        total = total + term
    return total
