"""Hill-type gene regulation with decay of the mRNA, on plain arrays."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array


class Regulation(NamedTuple):
    """Constants of dm/dt = 2^push k f(m) - d m, f = (b + sum_+ a z) / (1 + sum a z), z_j = (m_j / K_j)^h.

    sum runs over the regulators j of a gene, sum_+ over its activators; f is in (0, 1]: the share of time in which
    the promoter is active, activators and repressors competing for it.
    sources: (genes x most regulators) numbers of the regulators, any where `up` and `down` are 0. up, down: the
    affinities a of activators and repressors, the same shape. basal: b in (0, 1]; production: k, level per hour;
    decay: d, 1/h; threshold: K, all (genes,). power: h.
    """

    sources: Array
    up: Array
    down: Array
    basal: Array
    production: Array
    decay: Array
    threshold: Array
    power: Array


def production_rate(law: Regulation, levels: Array, push: Array) -> Array:
    """2^push k f(m) of each gene, in level per hour; levels and push (genes,)."""
    bound = (jnp.maximum(levels, 0) / law.threshold) ** law.power
    regulators = bound[law.sources]
    up = jnp.sum(law.up * regulators, 1)
    active = (law.basal + up) / (1 + up + jnp.sum(law.down * regulators, 1))
    return jnp.exp2(push) * law.production * active


def regulated_rate(law: Regulation, levels: Array, push: Array) -> Array:
    """dm/dt (genes,)."""
    return production_rate(law, levels, push) - law.decay * levels


def langevin_spread(law: Regulation, levels: Array, push: Array, noise: Array) -> Array:
    """noise sqrt(production + decay): the sd per square root of an hour of the chemical Langevin equation (genes,).

    noise^2 is the level of one molecule: a gene without regulators has the variance noise^2 m at its steady state.
    Source: Gillespie 2000, doi:10.1063/1.481811.
    """
    return noise * jnp.sqrt(production_rate(law, levels, push) + law.decay * jnp.maximum(levels, 0))


def padded_sources(
    target: np.ndarray, source: np.ndarray, weight: np.ndarray, genes: int
) -> tuple[np.ndarray, np.ndarray]:
    """(sources, their weights), both genes x most regulators, of edges given as arrays; padding has weight 0."""
    order = np.argsort(target, kind="stable")
    target, source, weight = target[order], source[order], weight[order]
    counts = np.bincount(target, minlength=genes)
    place = np.arange(len(target)) - np.repeat(np.cumsum(counts) - counts, counts)
    shape = (genes, max(1, int(counts.max(initial=0))))
    sources, values = np.zeros(shape, np.int32), np.zeros(shape)
    sources[target, place] = source
    values[target, place] = weight
    return sources, values
