"""Does it matter which perturbation came first?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from semimech.data.sampling import sampled
from semimech.data.screen import Screen
from semimech.evaluate.assumptions.controls import column_codes, shift_between
from semimech.evaluate.assumptions.energy import energy_test, layout_of
from semimech.evaluate.assumptions.latent import latent_of
from semimech.evaluate.assumptions.verdict import CANNOT, Assumption, Verdict, word
from semimech.support.errors import listed

ORDER = "order"
ROWS_PER_GROUP = 200
COMMUTING = Assumption(
    "commuting-perturbations",
    "perturbations commute",
    "share of the dispersion that lies between orders of the same perturbations (energy distance, permutation)",
    "Models that add effects or shift a latent space may be used: they have no order.",
    "Models that add effects, or shift a latent space, cannot hold both orders: use a vector field, whose flows are "
    "composed in the order of the protocol.",
    "Every model that adds effects or shifts a latent space assumes this unseen: give the same pair in both orders to "
    "test it, and look at the commutator of a fitted vector field.",
)


def commuting_perturbations(screen: Screen, level: float, permutations: int, random: np.random.Generator) -> Verdict:
    """Rows that got the same perturbations in another order come from one distribution.

    The order is told by the column `order` of obs, as A>B; a context that is the order itself is left aside.
    """
    if ORDER not in screen.obs:
        return Verdict(COMMUTING, CANNOT, f"no column '{ORDER}' says in which order perturbations were given (A>B)")
    orders = screen.obs[ORDER].astype(object).fillna("").astype(str).to_numpy(object)
    known = (orders != "") & (np.diff(screen.design.indptr) > 1)
    rows = np.flatnonzero(known)
    given = _given(screen, orders, known)
    several = pd.Series(orders[rows]).groupby(given[rows]).transform("nunique").to_numpy() > 1
    rows = rows[several]
    if not rows.size:
        return Verdict(COMMUTING, CANNOT, "no two perturbations were given in both orders")
    codes = pd.factorize(pd.MultiIndex.from_arrays([given[rows], orders[rows], screen.batches[rows]]))[0]
    rows = sampled(codes, rows, ROWS_PER_GROUP, random)
    groups, strata = orders[rows], given[rows]
    layout = layout_of(groups, column_codes(screen, ["batch"], rows), strata, level)
    if layout.why:
        return Verdict(COMMUTING, CANNOT, f"among {len(rows):,} rows with combinations {layout.why}")
    latent = latent_of(screen, rows)
    found = energy_test(latent.scores, groups, layout, level, permutations, random)
    shift = shift_between(latent, groups, layout)
    tested = sorted(set(groups[layout.rows]))
    why = (
        f"{found.share:.1%} of the dispersion of {int(layout.rows.sum()):,} rows lies between the orders "
        f"{listed(tested)}, p = {found.p:.3g}"
    )
    picture = pd.DataFrame({"group": groups, "value": latent.scores[:, 0] / latent.scores[:, 0].std()})[layout.rows]
    axis = "rows along the first principal component (sd), by order"
    unit = "sd of a feature"
    return Verdict(
        COMMUTING, word(found.p, level), why, found.share, found.critical, found.p, shift.size, unit, axis, picture
    )


def _given(screen: Screen, orders: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The condition of each row as a number, without its context where that only repeats the order (rows,)."""
    if "context" in screen.obs and known.any():
        contexts = screen.obs["context"].astype(str).to_numpy(object)
        if (contexts[known] == orders[known]).all():
            screen = replace(screen, obs=screen.obs.drop(columns="context"), _effects={})
    return screen.condition_codes
