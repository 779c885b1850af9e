"""Penalties of a fit that keeps to the edges there are, with l1 by their weights or with none."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from semimech.numerics.fields import Blocks

LOCKED = 1e6  # l1 that keeps an edge at 0


def on_support(blocks: Blocks, l1: Array | None = None, *, tied: bool = False) -> Blocks:
    """Penalties (members x ...) that hold at 0 the edges that are 0; none on the others, or, with `l1` (members,),
    l1 * mean |w| / |w|, the mean over the edges of the block: weak edges go, strong ones hardly shrink.
    None at all on the drive where it is `tied`.

    Source: Zou 2006 (the adaptive lasso), doi:10.1198/016214506000000735.
    """
    free = jax.tree.map(lambda leaf: jnp.zeros(len(leaf), leaf.dtype), blocks)

    def penalty(edges: Array) -> Array:
        size = jnp.abs(edges)
        count = jnp.maximum((size > 0).sum((1, 2), keepdims=True), 1).astype(edges.dtype)
        typical = size.sum((1, 2), keepdims=True) / count
        weighted = jnp.zeros_like(edges) if l1 is None else l1[:, None, None] * typical / jnp.where(size > 0, size, 1)
        return jnp.where(size > 0, weighted, LOCKED).astype(edges.dtype)

    locked = free._replace(internal=penalty(blocks.internal), readout=penalty(blocks.readout))
    return locked if tied else locked._replace(drive=penalty(blocks.drive))
