"""Small pools with a known truth: outsiders of the series' own law, of another law, or of a shifted one."""

import numpy as np

from semimech.audit.focus.pool import BELOW, EXACT, Pool


def tanimoto(bits: np.ndarray) -> np.ndarray:
    common = bits.astype(float) @ bits.T.astype(float)
    sizes = bits.sum(axis=1)
    return common / (sizes[:, None] + sizes - common)


def pool_of(
    kind: str = "same",
    *,
    series: int = 60,
    outside: int = 120,
    noise: float = 0.3,
    floor: float = -np.inf,
    seed: int = 0,
) -> Pool:
    """`kind`: outsiders follow the "same" law, the "opposite" one, or the same with a "shift" of all values.

    Outsiders below `floor` are only known to be below it.
    """
    generator = np.random.default_rng(seed)
    n = series + outside
    bits = (generator.random((n, 30)) < 0.3).astype(np.uint8)
    weights = np.where(np.arange(30) < 8, generator.normal(size=30), 0.0)
    effect = bits @ weights
    inside = np.arange(n) < series
    sign = -1.0 if kind == "opposite" else 1.0
    values = np.where(inside, effect, sign * effect - (2.0 if kind == "shift" else 0.0))
    values = values + generator.normal(size=n) * 0.3
    censored = ~inside & (values < floor)
    relation = np.where(censored, BELOW, EXACT)
    return Pool(tanimoto(bits), np.where(censored, floor, values), relation, inside, bits)
