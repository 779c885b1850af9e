"""Which mechanism each compound has, and what each feature does in each mechanism."""

from __future__ import annotations

import numpy as np
import pandas as pd

from semimech.audit.synthetic.experiment import Laws

LEAST = 0.05


def drawn_mechanisms(blocks: np.ndarray, laws: Laws, rng: np.random.Generator) -> np.ndarray:
    """The number of the mechanism of each compound (n,), from the number of its block of similar structures (n,).

    Blocks go, in random order, to the mechanism that has the fewest compounds; a share `mixed` of compounds is drawn
    from all mechanisms.
    """
    sizes, filled = np.bincount(blocks), np.zeros(laws.mechanisms)
    owner = np.zeros(len(sizes), int)
    for block in rng.permutation(len(sizes)):
        owner[block] = filled.argmin()
        filled[owner[block]] += sizes[block]
    stray = rng.random(len(blocks)) < laws.mixed
    return np.where(stray, rng.integers(laws.mechanisms, size=len(blocks)), owner[blocks])


def drawn_effects(bits: np.ndarray, mechanism: np.ndarray, laws: Laws, rng: np.random.Generator) -> pd.DataFrame:
    """Effects on p of the bits (n x bits) that vary: index bit number, a column for each mechanism.

    Opposed are bits that vary in every mechanism, where there are any.
    """
    shares = np.stack([bits[mechanism == one].mean(0) for one in range(laws.mechanisms)])
    overall = bits.mean(0)
    varying = np.flatnonzero((overall >= LEAST) & (overall <= 1 - LEAST))
    effects = rng.normal(0, laws.effect, len(varying)) * (rng.random(len(varying)) < laws.active)
    table = np.repeat(effects[:, None], laws.mechanisms, axis=1)
    if laws.mechanisms > 1:
        everywhere = np.all((shares >= LEAST) & (shares <= 1 - LEAST), axis=0)[varying]
        candidates = np.flatnonzero(everywhere) if everywhere.any() else np.arange(len(varying))
        chosen = rng.permutation(candidates)[: round(laws.opposed * len(varying))]
        table[chosen] = laws.delta / 2 * _signs(len(chosen), laws.mechanisms, rng)
    return pd.DataFrame(table, index=pd.Index(varying, name="bit"), columns=names(laws.mechanisms))


def _signs(features: int, mechanisms: int, rng: np.random.Generator) -> np.ndarray:
    """Signs (features x mechanisms) of which those of the first mechanism are never those of all the others."""
    first = rng.choice([-1, 1], features)
    others = rng.choice([-1, 1], (features, mechanisms - 1))
    if mechanisms > 1:
        others[np.arange(features), rng.integers(mechanisms - 1, size=features)] = -first
    return np.column_stack([first, others])


def names(count: int) -> list[str]:
    """m1, m2, ..."""
    return [f"m{number}" for number in range(1, count + 1)]


def paired_effects(bits: np.ndarray, effects: pd.DataFrame, sd: float, rng: np.random.Generator) -> np.ndarray:
    """What pairs of active bits add to p (n,): as many random pairs as there are active bits."""
    active = effects.index[(effects != 0).any(axis=1)].to_numpy()
    if sd == 0 or len(active) < 2:
        return np.zeros(len(bits))
    pairs = rng.choice(active, (len(active), 2))
    return np.asarray((bits[:, pairs[:, 0]] * bits[:, pairs[:, 1]]) @ rng.normal(0, sd, len(active)))
