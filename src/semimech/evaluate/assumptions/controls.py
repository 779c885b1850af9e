"""Do unedited cells stay where they are: over time, and in every medium?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from semimech.data.sampling import sampled
from semimech.data.screen import CONTEXT_COLUMNS, Screen
from semimech.evaluate.assumptions.energy import Layout, energy_test, layout_of
from semimech.evaluate.assumptions.latent import Latent, latent_of
from semimech.evaluate.assumptions.verdict import CANNOT, VIOLATED, Assumption, Verdict, word
from semimech.support.errors import listed

ROWS_PER_GROUP = 200
STATISTIC = "share of the dispersion of control rows that lies between {} (energy distance, permutation)"

STEADY = Assumption(
    "steady-controls",
    "controls are at steady state",
    STATISTIC.format("times"),
    "A steady-state loss and steady-state models may be used; the control may stand for the state before.",
    "Refuse the steady-state term and steady-state models: every predicted effect would inherit the drift. Fit the "
    "control time points as data, and compare each time with controls of that time.",
    "A steady-state term rests on belief: fit with and without it, and sample controls at two times or more.",
)
MEDIUM = Assumption(
    "neutral-medium",
    "the medium has no effect on unedited cells",
    STATISTIC.format("media"),
    "Controls of all media may be pooled, and the medium left out of the model.",
    "Compare within a medium only, and give the model the medium as a condition of its vector field.",
    "Effects across media cannot be told from effects of the medium: keep to one, or add controls in each.",
)


class Shift(NamedTuple):
    """The largest shift between two groups: root mean square over features in sd, the groups, the features most moved.

    The square is freed of what noise alone would give, (1/n_a + 1/n_b) for each feature.
    """

    size: float
    pair: tuple[str, str]
    features: tuple[str, ...]


def steady_controls(screen: Screen, level: float, permutations: int, random: np.random.Generator) -> Verdict:
    """Control rows of different times come from one distribution."""
    return _compare(screen, STEADY, "time", level, permutations, random)


def neutral_medium(screen: Screen, level: float, permutations: int, random: np.random.Generator) -> Verdict:
    """Control rows of different media come from one distribution."""
    return _compare(screen, MEDIUM, "medium", level, permutations, random)


def _compare(
    screen: Screen, assumption: Assumption, column: str, level: float, permutations: int, random: np.random.Generator
) -> Verdict:
    rows = np.flatnonzero(screen.is_control)
    lacking = _lacking(screen, column, rows)
    if lacking:
        return Verdict(assumption, CANNOT, lacking)
    rows = rows[screen.obs[column].iloc[rows].notna().to_numpy()]
    codes = pd.factorize(screen.obs[column].astype(str).iloc[rows] + "\x1f" + screen.batches[rows].astype(str))[0]
    rows = sampled(codes, rows, ROWS_PER_GROUP, random)
    groups = screen.obs[column].iloc[rows].astype(str).to_numpy(object)
    others = [other for other in CONTEXT_COLUMNS if other != column]
    layout = layout_of(groups, column_codes(screen, ["batch"], rows), column_codes(screen, others, rows), level)
    if layout.why:
        return Verdict(assumption, CANNOT, f"among {len(rows):,} control rows {layout.why}")
    latent = latent_of(screen, rows)
    found = energy_test(latent.scores, groups, layout, level, permutations, random)
    shift = shift_between(latent, groups, layout)
    verdict = word(found.p, level)
    moved = f" (most in {listed(shift.features)})" if verdict == VIOLATED else ""
    why = (
        f"{found.share:.1%} of the dispersion of {int(layout.rows.sum()):,} control rows lies between the {column}s "
        f"{listed(sorted(set(groups[layout.rows])))}, p = {found.p:.3g}; between {shift.pair[0]} and {shift.pair[1]} "
        f"features move by {shift.size:.2f} sd{moved}"
    )
    axis = f"control rows along their main difference (sd), by {column}"
    picture = _along(latent, groups, layout, shift.pair)
    return Verdict(
        assumption, verdict, why, found.share, found.critical, found.p, shift.size, "sd of a feature", axis, picture
    )


def _lacking(screen: Screen, column: str, rows: np.ndarray) -> str:
    if rows.size == 0:
        return "the screen has no control rows"
    if column not in screen.obs:
        return f"the screen has no column '{column}' (--{column} names it)"
    values = screen.obs[column].iloc[rows].dropna().unique()
    if len(values) < 2:
        return f"all control rows are of one {column}{f' ({values[0]})' if len(values) else ''}"
    return ""


def column_codes(screen: Screen, names: list[str], rows: np.ndarray) -> np.ndarray:
    """Codes of what the given rows have in the columns, of those that the screen has (rows,)."""
    text = pd.Series("", index=range(len(rows)))
    for name in names:
        if name in screen.obs:
            text = text + "\x1f" + screen.obs[name].iloc[rows].astype(str).to_numpy(object)
    return pd.factorize(text)[0]


def shift_between(latent: Latent, groups: np.ndarray, layout: Layout) -> Shift:
    """The largest shift between two groups, each stratum centred on itself."""
    values, groups = latent.standardised[layout.rows], groups[layout.rows]
    if layout.swaps_rows:
        values = _centred(values, layout.strata[layout.rows])
    names = sorted(set(groups))
    means = np.array([values[groups == name].mean(0) for name in names])
    noise = np.array([1 / (groups == name).sum() for name in names])
    square = ((means[:, None] - means[None]) ** 2).mean(2) - noise[:, None] - noise[None]
    first, second = np.unravel_index(np.argmax(np.triu(square, 1) + np.tri(len(names)) * -9), square.shape)
    most = np.argsort(-np.abs(means[first] - means[second]))[:3]
    size = float(np.sqrt(max(square[first, second], 0.0)))
    return Shift(size, (names[int(first)], names[int(second)]), tuple(latent.features[j] for j in most))


def _centred(values: np.ndarray, strata: np.ndarray) -> np.ndarray:
    means = pd.DataFrame(values).groupby(strata).transform("mean").to_numpy()
    return values - means


def _along(latent: Latent, groups: np.ndarray, layout: Layout, pair: tuple[str, str]) -> pd.DataFrame:
    """Rows along the difference of the means of the two groups that differ most."""
    values, groups = latent.scores[layout.rows], groups[layout.rows]
    direction = values[groups == pair[1]].mean(0) - values[groups == pair[0]].mean(0)
    along = values @ direction
    spread = along.std()
    return pd.DataFrame({"group": groups, "value": (along - along.mean()) / (spread if spread > 0 else 1.0)})
