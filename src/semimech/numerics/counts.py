"""Likelihoods of counts and of continuous values, without special functions that are slow on arrays."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

HALF_LOG_TWO_PI = 0.5 * float(np.log(2 * np.pi))
SHIFT = 6
QUADRATURE = np.exp(np.arange(-15.0, 3.6, 0.6))
QUADRATURE_STEP = 0.6
# Below the first node the integrand falls as t does: the geometric rest of the sum is added to the first node.
WEIGHTS = QUADRATURE_STEP * np.where(np.arange(len(QUADRATURE)) > 0, 1.0, 1 / -np.expm1(-QUADRATURE_STEP))


def log_gamma(y: Array) -> Array:
    """log Gamma(y) for 0 < y < 1e6 by Stirling's series at z = y + 6, in operations that vectorise.

    (z - 1/2) log z - z + log(2 pi) / 2 + 1 / 12z - 1 / 360z^3 + 1 / 1260z^5 - log(y (y + 1) ... (y + 5)).
    Abramowitz and Stegun 1964, 6.1.41.
    """
    z = y + SHIFT
    product = y
    for k in range(1, SHIFT):
        product = product * (y + k)
    inverse = 1 / z
    square = inverse * inverse
    series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260)))
    return (z - 0.5) * jnp.log(z) - z + HALF_LOG_TWO_PI + series - jnp.log(product)


def dispersion_part(counts: Array, log_theta: Array) -> Array:
    """log Gamma(x + theta) - log Gamma(theta) + theta log theta (cells x genes), the part without the mean.

    It is the same for every draw of a cell. log_theta: (genes,).
    """
    theta = jnp.exp(log_theta)
    fixed = theta * log_theta - log_gamma(theta)
    return log_gamma(counts + theta[None, :]) + fixed[None, :]


@jax.custom_vjp
def softmax_part(counts: Array, logits: Array, library: Array, log_theta: Array) -> Array:
    """sum over genes of x log mu - (x + theta) log(mu + theta), mu = library softmax(logits) (draws x cells).

    The part of the likelihood with the mean, with its gradient written out: one exponential and one logarithm for each
    logit in all. counts: cells x genes; logits: draws x cells x genes; library: (cells,); log_theta: (genes,).
    """
    return _softmax_forward(counts, logits, library, log_theta)[0]


def _softmax_forward(
    counts: Array, logits: Array, library: Array, log_theta: Array
) -> tuple[Array, tuple[Array, Array, Array, Array, Array]]:
    theta = jnp.exp(log_theta)[None, None]
    top = logits.max(2, keepdims=True)
    weight = jnp.exp(logits - top)
    total = weight.sum(2, keepdims=True)
    mean = weight * (library[None, :, None] / total)
    shift = jnp.log(library)[None, :] - jnp.log(total[:, :, 0]) - top[:, :, 0]
    above = jnp.log(mean + theta)
    both = counts[None] * logits - (counts[None] + theta) * above
    return both.sum(2) + counts.sum(1)[None] * shift, (counts, mean, above, library, log_theta)


def _softmax_backward(kept: tuple[Array, Array, Array, Array, Array], slope: Array) -> tuple[None, Array, None, Array]:
    counts, mean, above, library, log_theta = kept
    theta = jnp.exp(log_theta)
    ratio = (counts[None] + theta[None, None]) / (mean + theta[None, None])
    # d / d log mu of each gene; the means of a cell sum to its library, so what they gain together is taken away.
    own = counts[None] - ratio * mean
    left = own - mean * (own.sum(2) / library[None])[:, :, None]
    # As a product: a sum over the leading axes would compute all of the above again for each gene.
    by_theta = -theta * jnp.einsum("kb,kbg->g", slope, above + ratio)
    return None, left * slope[:, :, None], None, by_theta


softmax_part.defvjp(_softmax_forward, _softmax_backward)


def poisson(counts: Array, log_mean: Array) -> Array:
    """log Poisson(x | mu) + log x!."""
    return counts * log_mean - jnp.exp(log_mean)


def gaussian(values: Array, mean: Array, log_sd: Array) -> Array:
    """log N(x | mean, sd^2)."""
    scaled = (values - mean) * jnp.exp(-log_sd)
    return -0.5 * scaled * scaled - log_sd - HALF_LOG_TWO_PI


def expected_log1p(log_mean: Array, log_theta: Array, factor: Array) -> Array:
    """E log(1 + factor X) of X ~ NB(mu, theta), with the counts integrated out (cells x genes).

    log(1 + y) = int_0^inf (1 - e^(-ty)) e^(-t) / t dt, so that only E e^(-sX) = (1 + mu (1 - e^(-s)) / theta)^(-theta)
    is needed; the integral is a sum over equal steps of log t, right to 1e-3 for factor mu below 1e4.
    factor: 1e4 / library size of each cell (cells,); log_theta: (genes,).
    """
    mean, theta = jnp.exp(log_mean), jnp.exp(log_theta)[None, :]

    def add(total: Array, node: tuple[Array, Array]) -> tuple[Array, None]:
        t, weight = node
        lost = -jnp.expm1(-t * factor)[:, None]
        missing = -jnp.expm1(-theta * jnp.log1p(mean * lost / theta))
        return total + weight * missing * jnp.exp(-t), None

    nodes = jnp.asarray(QUADRATURE, mean.dtype), jnp.asarray(WEIGHTS, mean.dtype)
    return lax.scan(add, jnp.zeros_like(mean), nodes)[0]
