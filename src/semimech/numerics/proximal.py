"""Sparsity with exact zeros: the proximal step of an l1 penalty in Adam's own metric."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array


def soft_threshold(x: Array, threshold: Array) -> Array:
    """sign(x) max(|x| - threshold, 0), elementwise."""
    return jnp.sign(x) * jnp.maximum(jnp.abs(x) - threshold, 0)


def adam_metric(square: Array, count: Array, decay: float = 0.999, epsilon: float = 1e-8) -> Array:
    """sqrt(v / (1 - decay^count)) + epsilon: the diagonal by which Adam divides after `count` steps."""
    return jnp.sqrt(square / (1 - decay**count)) + epsilon


def proximal_step(x: Array, direction: Array, metric: Array, rate: Array, penalty: Array) -> Array:
    """x <- soft(x - rate * direction, rate * penalty / metric), the minimiser of the penalised local model.

    `direction` is Adam's (m / metric), `metric` from `adam_metric`; `rate` and `penalty` are scalars.
    Source: Yun, Lozano and Yang, arXiv:2007.07884.
    """
    return soft_threshold(x - rate * direction, rate * penalty / metric)
