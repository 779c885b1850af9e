"""Sparsity with exact zeros: the proximal step of an l1 penalty in Adam's own metric."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array


class Sided(NamedTuple):
    """A number or array for positive values and one for negative values."""

    positive: Array
    negative: Array


def soft_threshold(x: Array, threshold: Array | Sided) -> Array:
    """sign(x) max(|x| - threshold, 0), elementwise; `Sided` thresholds hold each for its own sign of x."""
    if isinstance(threshold, Sided):
        return jnp.maximum(x - threshold.positive, 0) - jnp.maximum(-x - threshold.negative, 0)
    return jnp.sign(x) * jnp.maximum(jnp.abs(x) - threshold, 0)


def adam_metric(square: Array, count: Array, decay: float = 0.999, epsilon: float = 1e-8) -> Array:
    """sqrt(v / (1 - decay^count)) + epsilon: the diagonal by which Adam divides after `count` steps."""
    return jnp.sqrt(square / (1 - decay**count)) + epsilon


def proximal_step(x: Array, direction: Array, metric: Array, rate: Array, penalty: Array | Sided) -> Array:
    """x <- soft(x - rate * direction, rate * penalty / metric), the minimiser of the penalised local model.

    `direction` is Adam's (m / metric), `metric` from `adam_metric`; `rate` is a scalar, `penalty` a
    scalar or of the shape of x, or `Sided` ones.
    Source: Yun, Lozano and Yang, arXiv:2007.07884.
    """
    threshold = jax.tree.map(lambda each: rate * each / metric, penalty)
    return soft_threshold(x - rate * direction, threshold)
