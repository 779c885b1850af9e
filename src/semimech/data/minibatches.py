"""Mini-batches of cells, shuffled by blocks and drawn within one experimental batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from semimech.data.screen import BLOCK_BYTES, Screen

BLOCK_ROWS = 128  # neighbours on disk that are read together
OVERHEAD = 64  # cells that cost what a step costs besides its cells
SPARES = 0.95  # share of the cost below which another size than the usual is taken


@dataclass(frozen=True, eq=False)
class Chunk:
    """Several mini-batches: values (batches x size x features), rows (batches x size; -1 where there is no cell)."""

    values: np.ndarray
    rows: np.ndarray


def chunks(
    screen: Screen, rows: np.ndarray, size: int, random: np.random.Generator, *, limit: int = BLOCK_BYTES
) -> Iterator[Chunk]:
    """Every row once, in mini-batches of `size` that are each of one experimental batch, with its controls.

    Blocks of neighbouring rows of a batch are drawn at random into pools of `limit` bytes, and shuffled there; every
    pool has its share of the batch's control rows, and every mini-batch its share of the pool's. Chunks have one shape,
    of at most `limit` bytes unless one mini-batch has more; the last is filled with empty mini-batches. Only a pool
    and a chunk are in memory, whatever the number of cells.
    """
    features = screen.shape[1]
    n = max(1, limit // (4 * features * size))
    pools = _pools(screen, np.sort(np.asarray(rows)), n * size, random)
    # A power of two, so that parts of a screen that differ by few rows have chunks of one shape.
    needed = sum(-(-len(pool) // size) for pool in pools)
    n = min(n, 1 << max(needed - 1, 0).bit_length())
    values, numbers = _empty(n, size, features)
    filled = 0
    for pool in pools:
        dense, place = _pooled(screen, pool)
        for first in range(0, len(pool), size):
            part = slice(first, first + size)
            count = len(pool[part])
            values[filled, :count] = dense[place[part]]
            numbers[filled, :count] = pool[part]
            filled += 1
            if filled == n:
                yield Chunk(values, numbers)
                values, numbers = _empty(n, size, features)
                filled = 0
    if filled:
        yield Chunk(values, numbers)


def even_size(screen: Screen, rows: np.ndarray, size: int) -> int:
    """The size of mini-batches, at most `size`, that leaves few places empty: `size` where another spares little."""
    counts = np.bincount(screen.batches[rows])

    def cost(size: int) -> int:
        return int((-(-counts // size) * (size + OVERHEAD)).sum())

    best = min(range(size, size // 2, -16), key=cost)
    return best if cost(best) < SPARES * cost(size) else size


def _empty(n: int, size: int, features: int) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((n, size, features), np.float32), np.full((n, size), -1)


def _pools(screen: Screen, rows: np.ndarray, size: int, random: np.random.Generator) -> list[np.ndarray]:
    """Row numbers of each pool in the order in which they are used; pools in random order."""
    pools: list[np.ndarray] = []
    batch = screen.batches[rows]
    for code in np.unique(batch):
        own = rows[batch == code]
        count = -(-len(own) // size)
        kinds = [_in_parts(own[mask], count, random) for mask in (screen.is_control[own], ~screen.is_control[own])]
        pools += [_mixed(parts, random) for parts in zip(*kinds, strict=True)]
    return [pools[k] for k in random.permutation(len(pools))]


def _in_parts(rows: np.ndarray, count: int, random: np.random.Generator) -> list[np.ndarray]:
    """The rows in `count` parts of nearly one size, each of blocks of neighbours drawn at random."""
    blocks = np.array_split(rows, max(1, -(-len(rows) // BLOCK_ROWS)))
    drawn = np.concatenate([blocks[k] for k in random.permutation(len(blocks))])
    return np.array_split(drawn, count)


def _mixed(parts: tuple[np.ndarray, ...], random: np.random.Generator) -> np.ndarray:
    """Each part shuffled, then dealt so that every stretch has its share of each."""
    shuffled = [random.permutation(part) for part in parts]
    position = np.concatenate([(np.arange(len(part)) + 0.5) / max(len(part), 1) for part in shuffled])
    return np.concatenate(shuffled)[np.argsort(position, kind="stable")]


def _pooled(screen: Screen, pool: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a pool, dense and ascending, and where each stands in them; what is dense already is not copied."""
    if isinstance(screen.responses, np.ndarray):
        return screen.responses, pool
    block = screen.responses[np.sort(pool)]
    return block.toarray() if sp.issparse(block) else np.asarray(block), np.argsort(np.argsort(pool))
