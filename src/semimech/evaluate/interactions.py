"""How far the effect of a pair is from what its single perturbations lead one to expect."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from semimech.data.condition import Condition
from semimech.data.effects import Effects, effects_of
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen
from semimech.models.effects import Noise, noise_of
from semimech.models.jackknife import jackknife_interval

PARTS = 20  # of the rows, each left out once
MEASURES = ("synergy", "weight_a", "weight_b", "balance", "unexplained")
FIRST, SECOND, PAIR = range(3)
ADDITIVE, SYNERGY, SUPPRESSION, UNTOLD = "additive, as far as can be told", "synergy", "suppression", "not told"

Triple = tuple[int, int, int]


def interactions_of(screen: Screen, rows: np.ndarray | None = None, *, seed: int = 0) -> pd.DataFrame:
    """Interaction scores of every pair that was measured beside both of its singles, the strongest synergies first.

    With effects a, b of the singles and y of the pair over the features that count, freed of the noise of measurement:
    synergy: <y, a + b> / |a + b|^2, observed against expected; 1 is additive, more synergy, less suppression.
    weight_a, weight_b: c of the best y ~ c_a a + c_b b; magnitude: sqrt(c_a^2 + c_b^2), 1.41 where additive.
    balance: log10 |c_a / c_b|; far from 0 is epistasis, one of the two masks the other (`dominant`: the one whose
    weight alone is told from 0). unexplained: share of |y|^2 beyond both, the neomorphic part.
    Each has a 90 % interval (_lower, _upper) by leaving out parts of the cells, controls included, in turn; none where
    conditions have single rows. kind: 'synergy' or 'suppression' where the interval of synergy excludes 1.

    Norman et al. 2019, doi:10.1126/science.aax4438.

    >>> from semimech import simulate_demo
    >>> len(interactions_of(simulate_demo(replicates=1)))
    28
    """
    rows = np.arange(screen.shape[0]) if rows is None else np.sort(np.asarray(rows))
    effects = effects_of(screen, rows)
    triples = measured_pairs(effects)
    if not triples:
        return pd.DataFrame(columns=_columns())
    needed = {effects.conditions[i] for triple in triples for i in triple}
    wanted = np.array([condition in needed or condition.is_control for condition in screen.conditions])
    rows = rows[wanted[screen.condition_codes[rows]]]
    noise = noise_of(screen, rows, effects_of(screen, rows))
    asked = [tuple(effects.conditions[i] for i in triple) for triple in triples]
    found = _scores(screen, rows, asked, noise)
    refits = [_scores(screen, rows[part], asked, noise) for part in _parts(screen, rows, seed)] if noise else []
    known = [refit for refit in refits if np.isfinite(refit).any()]
    lower, upper = jackknife_interval(found, np.array(known).reshape(len(known), *found.shape))
    table = _table(asked, found, lower, upper)
    return table.sort_values("synergy", ascending=False, kind="stable", ignore_index=True)


def measured_pairs(effects: Effects) -> list[Triple]:
    """Where each pair and its two singles (at the same doses, in the same context) are among the conditions."""
    place = {condition: i for i, condition in enumerate(effects.conditions)}
    found = []
    for i, condition in enumerate(effects.conditions):
        if len(condition.doses) == 2:
            one, other = (place.get(Condition((part,), condition.context)) for part in condition.doses)
            if one is not None and other is not None:
                found.append((one, other, i))
    return found


def scores(products: np.ndarray) -> np.ndarray:
    """`MEASURES` from P = sum over features of (a, b, y)' (a, b, y), freed of noise (3 x 3); NaN where undefined."""
    singles, beside, size = products[:PAIR, :PAIR], products[:PAIR, PAIR], products[PAIR, PAIR]
    expected = singles.sum()
    synergy = beside.sum() / expected if expected > 0 else np.nan
    if np.linalg.eigvalsh(singles)[0] <= 0:  # the noise of the singles is all there is, or they are one and the same
        return np.array([synergy, *[np.nan] * 4])
    weights = np.linalg.solve(singles, beside)
    with np.errstate(divide="ignore"):
        balance = np.diff(np.log10(np.abs(weights[::-1])))[0]
    unexplained = 1 - beside @ weights / size if size > 0 else np.nan
    return np.array([synergy, *weights, balance, unexplained])


def _scores(
    screen: Screen, rows: np.ndarray, asked: Sequence[tuple[Condition, ...]], noise: Noise | None
) -> np.ndarray:
    """Scores of pairs from some rows (pairs x measures); NaN where a condition is not among them."""
    effects = effects_of(screen, rows)
    known = None if noise is None else noise.of_part(screen, rows, effects)
    place = {condition: i for i, condition in enumerate(effects.conditions)}
    found = np.full((len(asked), len(MEASURES)), np.nan)
    for number, conditions in enumerate(asked):
        if all(condition in place for condition in conditions):
            at = np.array([place[condition] for condition in conditions])
            counted = np.asarray(scored_entries(screen, conditions).all(axis=0))
            values = effects.values[np.ix_(at, np.flatnonzero(counted))].astype(float)
            products = values @ values.T
            if known is not None:
                products = products - noise_products(known.take(at), counted)
            found[number] = scores(products)
    return found


def noise_products(noise: Noise, counted: np.ndarray) -> np.ndarray:
    """Expected sums of products of the noise of conditions over features (conditions x conditions)."""
    variance = noise.variance[counted]
    return np.diag(noise.own[:, counted] @ variance / noise.rows) + noise.shared * variance.sum()


def _parts(screen: Screen, rows: np.ndarray, seed: int) -> list[np.ndarray]:
    """Masks over `rows`, each without a part of every condition, spread evenly over batches."""
    random = np.random.default_rng([seed, 90_001])
    order = random.permutation(len(rows))
    # The rows of a condition follow each other, so that no part takes them all where they are few.
    order = order[np.lexsort((screen.batches[rows][order], screen.condition_codes[rows][order]))]
    part = np.empty(len(rows), int)
    part[order] = np.arange(len(rows)) % PARTS
    return [part != number for number in range(PARTS)]


def _table(
    asked: Sequence[tuple[Condition, ...]], found: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> pd.DataFrame:
    columns: dict[str, object] = {
        "condition": [pair.label for _, _, pair in asked],
        "a": [first.names[0] for first, _, _ in asked],
        "b": [second.names[0] for _, second, _ in asked],
    }
    for number, name in enumerate(MEASURES):
        columns |= {name: found[:, number], f"{name}_lower": lower[:, number], f"{name}_upper": upper[:, number]}
    columns["magnitude"] = np.hypot(found[:, 1], found[:, 2])
    table = pd.DataFrame(columns)
    told = [(table[f"weight_{x}_lower"] > 0) | (table[f"weight_{x}_upper"] < 0) for x in ("a", "b")]
    table["dominant"] = np.select([told[0] & ~told[1], told[1] & ~told[0]], [table["a"], table["b"]], "")
    table["kind"] = np.select(
        [table["synergy_lower"] > 1, table["synergy_upper"] < 1, table["synergy_lower"].notna()],
        [SYNERGY, SUPPRESSION, ADDITIVE],
        UNTOLD,
    )
    return table[_columns()]


def _columns() -> list[str]:
    bounded = [name + end for name in MEASURES for end in ("", "_lower", "_upper")]
    return ["condition", "a", "b", "kind", *bounded, "magnitude", "dominant"]
