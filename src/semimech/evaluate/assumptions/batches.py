"""Do batches differ by a shift alone, the same for every perturbation?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from semimech.data.sampling import sampled
from semimech.data.screen import Screen
from semimech.evaluate.assumptions.controls import column_codes
from semimech.evaluate.assumptions.energy import MIN_ROWS, Energy, Layout, energy_test, layout_of
from semimech.evaluate.assumptions.latent import latent_of
from semimech.evaluate.assumptions.two_way import TwoWay
from semimech.evaluate.assumptions.verdict import CANNOT, Assumption, Verdict, holm, word

ROWS_PER_CELL = 100  # of a condition in a batch
ROWS = 8_000
CONTROL_ROWS = 200
LEAST = 3  # rows of a condition in a batch that say something of their spread
BATCHES = Assumption(
    "shifted-batches",
    "batches differ only by a shift",
    "interaction of condition and batch, its mean square over that within (residuals permuted within conditions); "
    "where its p is smaller, the share of the dispersion of centred controls between batches (energy distance)",
    "Effects against the controls of the same batch may be averaged over batches.",
    "An effect depends on its batch: repeat perturbations over batches, take batches and not cells as the replicates, "
    "and give no standard error that counts cells; no shift or centring removes an interaction.",
    "Whether effects repeat over batches is unknown: give perturbations and controls in two batches or more.",
)


class Interaction(NamedTuple):
    """Mean square of condition x batch over that within, p, and sd in units of the spread within.

    critical: what the ratio must exceed at the level. size: conditions; the same sd for each of them.
    """

    ratio: float
    critical: float
    p: float
    sd: float
    size: pd.Series


def shifted_batches(screen: Screen, level: float, permutations: int, random: np.random.Generator) -> Verdict:
    """Control rows of different batches have one shape, and every condition the same effect in every batch."""
    lacking = _lacking(screen)
    if lacking:
        return Verdict(BATCHES, CANNOT, lacking)
    shape = _shape(screen, level, permutations, random)
    mixed = _interaction(screen, level, permutations, random)
    if mixed is None and shape is None:
        why = f"no batch has {MIN_ROWS} control rows, and no condition {LEAST} rows in two batches"
        return Verdict(BATCHES, CANNOT, why)
    if mixed is None:
        return Verdict(
            BATCHES, CANNOT, f"no condition but controls has {LEAST} rows in two batches; {_in_words(shape)}"
        )
    adjusted = holm(np.array([mixed.p] if shape is None else [mixed.p, shape.p]))
    p = float(adjusted.min())
    value, critical = mixed.ratio, mixed.critical
    if shape is not None and shape.p < mixed.p:
        value, critical = shape.share, shape.critical
    why = (
        f"effects differ between batches by {mixed.sd:.2f} sd within them (p = {mixed.p:.3g}); {_in_words(shape)}; "
        f"least p = {p:.3g} (Holm)"
    )
    picture = pd.DataFrame({"name": mixed.size.index, "value": mixed.size.to_numpy()})
    picture = picture.assign(lower=picture["value"], upper=picture["value"], clear=adjusted[0] <= level)
    return Verdict(
        BATCHES,
        word(p, level),
        why,
        value,
        critical,
        p,
        mixed.sd,
        "sd within batches",
        "difference of the effect between batches (sd within them)",
        picture,
    )


def _lacking(screen: Screen) -> str:
    if "batch" not in screen.obs:
        return "the screen has no column 'batch' (--batch names it)"
    return "all rows are of one batch" if screen.obs["batch"].nunique() < 2 else ""


def _in_words(shape: Energy | None) -> str:
    if shape is None:
        return "controls are too few to compare their shapes"
    return f"{shape.share:.1%} of the dispersion of centred controls lies between batches (p = {shape.p:.3g})"


def _shape(screen: Screen, level: float, permutations: int, random: np.random.Generator) -> Energy | None:
    """The energy test of control rows between batches, each batch centred; None where there are too few."""
    rows = np.flatnonzero(screen.is_control)
    if not rows.size:
        return None
    rows = sampled(screen.batches[rows], rows, CONTROL_ROWS, random)
    groups, strata = screen.obs["batch"].iloc[rows].astype(str).to_numpy(object), screen.contexts[rows]
    codes = pd.factorize(strata)[0]
    layout = layout_of(groups, np.zeros(len(rows), int), codes, level)
    if layout.why:
        return None
    latent = latent_of(screen, rows)
    points = latent.scores - pd.DataFrame(latent.scores).groupby(screen.batches[rows]).transform("mean").to_numpy()
    # A centred batch of n rows is sqrt(1 - 1/n) too narrow.
    size = pd.Series(groups).groupby([groups, codes]).transform("size").to_numpy()
    points = points / np.sqrt(1 - 1 / np.maximum(size, 2))[:, None]
    return energy_test(points, groups, Layout(layout.rows, codes, np.arange(len(rows))), level, permutations, random)


def _interaction(screen: Screen, level: float, permutations: int, random: np.random.Generator) -> Interaction | None:
    """Freedman and Lane's test of condition x batch in the leading components, conditions told by their context too.

    Residuals of the additive model condition + batch are permuted within conditions, so that conditions may differ in
    spread. Freedman and Lane 1983, doi:10.1080/07350015.1983.10509354.
    """
    rows = _crossed(screen, random)
    if rows is None:
        return None
    condition = pd.factorize(screen.condition_codes[rows])[0]
    batch = column_codes(screen, ["batch"], rows)
    scores = latent_of(screen, rows).scores
    cell = pd.factorize(condition * (batch.max() + 1) + batch)[0]
    table = TwoWay(condition, batch, cell)
    if table.freedom < 1:
        return None
    scores = scores / np.sqrt(table.within(scores))
    residuals = scores - table.additive(scores)
    observed = table.interaction(residuals)
    dealt = [table.interaction(residuals[_permuted(condition, random)]) for _ in range(permutations)]
    scale = table.freedom * scores.shape[1]
    p = (1 + sum(one >= observed for one in dealt)) / (1 + permutations)
    ratio = observed / scale
    rows_each = len(rows) / (cell.max() + 1)
    expected = float(np.mean(dealt)) / scale
    sd = float(np.sqrt(max(ratio - expected, 0.0) / rows_each))
    labels = [screen.conditions[code].label for code in pd.unique(screen.condition_codes[rows])]
    return Interaction(
        ratio, float(np.quantile(dealt, 1 - level)) / scale, float(p), sd, table.by_condition(residuals, labels)
    )


def _crossed(screen: Screen, random: np.random.Generator) -> np.ndarray | None:
    """A sample of the rows of conditions that have enough rows in two batches; None where there are none."""
    raw = pd.factorize(screen.obs["batch"].astype(str))[0]
    codes = screen.condition_codes * (raw.max() + 1) + raw
    rows = np.flatnonzero(np.bincount(codes)[codes] >= LEAST)
    several = pd.Series(raw[rows]).groupby(screen.condition_codes[rows]).transform("nunique").to_numpy() > 1
    rows = rows[several]
    if not rows.size or screen.is_control[rows].all():
        return None
    size = int(np.clip(ROWS // len(np.unique(codes[rows])), LEAST, ROWS_PER_CELL))
    return sampled(codes[rows], rows, size, random)


def _permuted(strata: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Numbers of rows, permuted within strata."""
    order = np.argsort(strata, kind="stable")
    shuffled = np.lexsort((random.random(len(strata)), strata))
    found = np.empty(len(strata), int)
    found[order] = shuffled
    return found
