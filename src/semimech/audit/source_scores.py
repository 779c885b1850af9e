"""Scores of held-out compounds: variance explained, ranking within assays, and what training shares with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

MODELS = ("chemistry", "source_only", "both")
UNITS = ("document", "assay", "source")
LEAST_UNITS = 8
# Draws at once: units x draws would not be small where the units are single compounds.
DRAWS, AT_ONCE = 500, 20
LARGEST_ASSAY = 200
TIE = 1e-9
# The share of `base` by which the squared errors of `worse` exceed those of `better`.
EXPLAINED = {
    "chemistry": ("baseline", "chemistry", "baseline"),
    "source_only": ("baseline", "source_only", "baseline"),
    "both": ("baseline", "both", "baseline"),
    "chemistry_less_source": ("source_only", "chemistry", "baseline"),
    "both_less_source": ("source_only", "both", "baseline"),
    "within_assay": ("flat", "within", "flat"),
}


@dataclass(frozen=True, eq=False)
class Held:
    """Held-out compounds with fold, p_activity, baseline (the training mean), predictions, labels and neighbours."""

    table: pd.DataFrame

    @property
    def units(self) -> np.ndarray:
        """Numbers of what is exchangeable: documents, else assays, sources, if there are 8; else single compounds."""
        name = next((n for n in UNITS if n in self.table and self.table[n].nunique() >= LEAST_UNITS), None)
        numbers = (
            np.arange(len(self.table)) if name is None else pd.factorize(self.table[name], use_na_sentinel=False)[0]
        )
        return np.asarray(numbers)


def scores_of(held: Held, seed: int = 0) -> dict[str, float]:
    """Scores with 95 % intervals by a bootstrap over documents (else assays; single compounds where these are few).

    r2_MODEL = 1 - sum (y - model)^2 / sum (y - training mean)^2, with _low and _high; r2_chemistry_less_source and
    r2_both_less_source the same of differences. Adjusted for the assay: r2_within_assay, the variance that chemistry
    explains after taking off the means of assays in each fold, and within_chemistry, its correlation; ranking_MODEL,
    share of pairs of one assay and fold in the right order (.5 by chance). similarity, median of the nearest
    training compound; shared_LABEL, share of compounds whose label is in training; nearest_LABEL, whose nearest
    neighbour has the same label; chance_LABEL, what a random neighbour would give.
    """
    table = held.table
    found: dict[str, float] = {"n": len(table), **_explained(table, held.units, seed)}
    if "assay" in table:
        found |= _ranking(table, seed)
    found["similarity"] = float(table["similarity"].median())
    for name in (c for c in table if c.split("_")[0] in ("shared", "nearest", "chance")):
        found[name] = float(table[name].mean())
    return found


def _explained(table: pd.DataFrame, units: np.ndarray, seed: int) -> dict[str, float]:
    y = table["p_activity"]
    errors = {name: (y - table[name]) ** 2 for name in ("baseline", *MODELS)}
    found: dict[str, float] = {}
    if "assay" in table:
        inner = _deviations(table)
        errors |= {"flat": inner["p_activity"] ** 2, "within": (inner["p_activity"] - inner["chemistry"]) ** 2}
        with np.errstate(divide="ignore", invalid="ignore"):  # of a constant there is no correlation
            found["within_chemistry"] = float(inner["p_activity"].corr(inner["chemistry"]))
    names = list(errors)
    sums = np.stack([np.bincount(units, error) for error in errors.values()])
    drawn, whole = _resampled(sums, seed).T, sums.sum(1)
    for name, (worse, better, base) in EXPLAINED.items():
        if better in errors:
            i, j, k = (names.index(one) for one in (worse, better, base))
            with np.errstate(divide="ignore", invalid="ignore"):
                value, draws = (whole[i] - whole[j]) / whole[k], (drawn[i] - drawn[j]) / drawn[k]
            low, high = np.nanquantile(draws, [0.025, 0.975]) if np.isfinite(value) else (np.nan, np.nan)
            found |= {f"r2_{name}": float(value), f"r2_{name}_low": float(low), f"r2_{name}_high": float(high)}
    return found


def _resampled(sums: np.ndarray, seed: int) -> np.ndarray:
    """Sums (draws x k) of units drawn with replacement, from the sums of each unit (k x units)."""
    rng, count = np.random.default_rng(seed), sums.shape[1]
    chances = np.full(count, 1 / count)
    return np.concatenate([rng.multinomial(count, chances, AT_ONCE) @ sums.T for _ in range(DRAWS // AT_ONCE)])


def _deviations(table: pd.DataFrame) -> pd.DataFrame:
    """Deviations of activities and chemistry's predictions from the mean of their assay in their fold.

    Of the same fold only: a mean that leaves a compound out is the lower the higher the compound. A compound without
    an assay, or alone in it, deviates by 0.
    """
    values = table[["p_activity", "chemistry"]]
    means = values.groupby([table["fold"], table["assay"]]).transform("mean")
    return (values - means).fillna(0.0)


def _ranking(table: pd.DataFrame, seed: int) -> dict[str, float]:
    """Pairs of the same assay and fold in the right order, of at most 200 compounds of each drawn at random."""
    known = table[table["assay"].notna()]
    known = known.iloc[np.random.default_rng(seed).permutation(len(known))]
    groups = known.groupby(["fold", "assay"], sort=False).ngroup().to_numpy()
    order = np.argsort(groups, kind="stable")
    groups, y = groups[order], known["p_activity"].to_numpy()[order]
    predicted = known[list(MODELS)].to_numpy()[order]
    within = np.arange(len(groups)) - np.searchsorted(groups, groups)
    right, pairs = np.zeros(len(MODELS)), 0
    for lag in range(1, min(LARGEST_ASSAY, within.max(initial=0) + 1)):
        second = np.flatnonzero((within >= lag) & (within < LARGEST_ASSAY))
        difference = y[second] - y[second - lag]
        second, difference = second[difference != 0], difference[difference != 0]
        said = (predicted[second] - predicted[second - lag]) * np.sign(difference)[:, None]
        pairs += len(second)
        right += (said > TIE).sum(0) + 0.5 * (np.abs(said) <= TIE).sum(0)
    return {f"ranking_{name}": float(right[i] / pairs) if pairs else np.nan for i, name in enumerate(MODELS)}
