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
    z, product, _ = _shifted(y)
    inverse = 1 / z
    square = inverse * inverse
    series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260)))
    return (z - 0.5) * jnp.log(z) - z + HALF_LOG_TWO_PI + series - jnp.log(product)


def digamma(y: Array) -> Array:
    """d log Gamma(y) / dy by the same series: log z - 1 / 2z - 1 / 12z^2 + 1 / 120z^4 - 1 / 252z^6 - P'(y) / P(y).

    P(y) = y (y + 1) ... (y + 5). Abramowitz and Stegun 1964, 6.3.18.
    """
    z, product, slope = _shifted(y)
    inverse = 1 / z
    square = inverse * inverse
    series = square * (1 / 12 - square * (1 / 120 - square * (1 / 252)))
    return jnp.log(z) - 0.5 * inverse - series - slope / product


def _shifted(y: Array) -> tuple[Array, Array, Array]:
    """z = y + 6, P(y) = y (y + 1) ... (y + 5) and P'(y)."""
    product, slope = y, jnp.ones_like(y)
    for k in range(1, SHIFT):
        product, slope = product * (y + k), slope * (y + k) + product
    return y + SHIFT, product, slope


@jax.custom_vjp
def dispersion_part(counts: Array, log_theta: Array) -> Array:
    """sum over genes of log Gamma(x + theta) - log Gamma(theta) + theta log theta (cells,), the part without the mean.

    It is the same for every draw of a cell. counts: cells x genes; log_theta: (genes,).
    """
    theta = jnp.exp(log_theta)
    return log_gamma(counts + theta[None, :]).sum(1) + (theta * log_theta - log_gamma(theta)).sum(0)


def _dispersion_forward(counts: Array, log_theta: Array) -> tuple[Array, tuple[Array, Array]]:
    return dispersion_part(counts, log_theta), (digamma(counts + jnp.exp(log_theta)[None, :]), log_theta)


def _dispersion_backward(kept: tuple[Array, Array], slope: Array) -> tuple[None, Array]:
    of_counts, log_theta = kept
    theta = jnp.exp(log_theta)
    # As a product: a sum over cells would compute the series again for each gene.
    return None, theta * (slope @ of_counts + slope.sum() * (log_theta + 1 - digamma(theta)))


dispersion_part.defvjp(_dispersion_forward, _dispersion_backward)


@jax.custom_vjp
def softmax_part(counts: Array, logits: Array, library: Array, log_theta: Array) -> Array:
    """sum over genes of x log mu - (x + theta) log(mu + theta), mu = library softmax(logits) (cells,).

    The part of the likelihood with the mean, with its gradient written out: one exponential and one logarithm for each
    logit in all. counts, logits: cells x genes; library: (cells,); log_theta: (genes,).
    """
    return _softmax_forward(counts, logits, library, log_theta)[0]


def _softmax_forward(
    counts: Array, logits: Array, library: Array, log_theta: Array
) -> tuple[Array, tuple[Array, Array, Array, Array, Array]]:
    theta = jnp.exp(log_theta)[None]
    top = logits.max(1)
    weight = jnp.exp(logits - top[:, None])
    total = weight.sum(1)
    mean = weight * (library / total)[:, None]
    shift = jnp.log(library) - jnp.log(total) - top
    above = jnp.log(mean + theta)
    both = counts * logits - (counts + theta) * above
    return both.sum(1) + counts.sum(1) * shift, (counts, mean, above, library, log_theta)


def _softmax_backward(kept: tuple[Array, Array, Array, Array, Array], slope: Array) -> tuple[None, Array, None, Array]:
    counts, mean, above, library, log_theta = kept
    theta = jnp.exp(log_theta)
    ratio = (counts + theta[None]) / (mean + theta[None])
    # d / d log mu of each gene; the means of a cell sum to its library, so what they gain together is taken away.
    own = counts - ratio * mean
    left = own - mean * (own.sum(1) / library)[:, None]
    return None, left * slope[:, None], None, -theta * (slope @ (above + ratio))


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
