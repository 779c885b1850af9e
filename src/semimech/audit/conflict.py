"""Whether features of structure point the same way in a series and outside it, and what pooling makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from semimech.audit.feature_effects import Correction, FeatureEffects, corrected, feature_effects
from semimech.support.errors import UserError

CLASSES = ("conflict", "reversal", "attenuation", "agreement", "undecided")


@dataclass(frozen=True, eq=False)
class Conflict:
    """Each feature's effect on p in the series, outside it and pooled, and what the three say together.

    features: index feature; effect_, error_, p_, q_ (adjusted) of series, outside and pooled; q_difference (series
    less outside); carriers_series and carriers_outside, compounds where it is not 0; class.
    """

    features: pd.DataFrame
    level: float

    def counts(self) -> dict[str, int | float]:
        """How many features vary, differ in sign, are significant in both strata, and fall in each class."""
        table = self.features
        differ = np.sign(table["effect_series"]) != np.sign(table["effect_outside"])
        both = (table["q_series"] <= self.level) & (table["q_outside"] <= self.level)
        return {
            "features": len(table),
            "signs differ": int(differ.sum()),
            "significant in both": int(both.sum()),
            "of these opposite": int((both & differ).sum()),
            "correlation": float(table["effect_series"].corr(table["effect_outside"])) if len(table) > 2 else np.nan,
            **{name: int((table["class"] == name).sum()) for name in CLASSES},
        }


def conflict_of(
    features: pd.DataFrame,
    p_activity: np.ndarray,
    in_series: np.ndarray,
    groups: np.ndarray | None = None,
    level: float = 0.05,
    correction: Correction = "bh",
    varies: float = 0.05,
) -> Conflict:
    """Compare each feature's effect on p (n,) in the series (mask) with that outside and in both together.

    features: n x k, bits or numbers; numbers are taken per sd. Only those are compared whose commonest value is that of
    at most 1 - `varies` of the compounds of each stratum. groups (n, integers from 0), such as assays: only compounds
    of the same group are compared with each other.
    Classes, the first that holds: conflict, signs of series and outside differ and both are significant; reversal
    (strict, after Simpson), both signs agree and the pooled one is the other; attenuation, significant in the series,
    significantly different outside, and smaller when pooled; agreement, both significant with the same sign; else
    undecided. Significant: p adjusted within each stratum for the number of features is at most `level`.
    Raises UserError where no feature varies in both.
    """
    kept, x = varying(features, in_series, varies)
    strata = {"series": in_series, "outside": ~in_series, "pooled": np.ones(len(in_series), bool)}
    found = {
        name: feature_effects(x[rows], p_activity[rows], None if groups is None else groups[rows])
        for name, rows in strata.items()
    }
    return classified(
        features[kept], in_series, found, _difference(found["series"], found["outside"]), level, correction
    )


def varying(features: pd.DataFrame, in_series: np.ndarray, least: float) -> tuple[list[str], np.ndarray]:
    """The features that vary in both strata, and their values: bits as they are, numbers per sd."""
    kept = list(features.columns[_varies(features, in_series, least)])
    if not kept:
        raise UserError(
            f"No feature varies in at least {least:.0%} of the compounds both in the series and outside, so there is "
            "nothing to compare: lower --varies."
        )
    return kept, _per_sd(features[kept].to_numpy())


def classified(
    features: pd.DataFrame,
    in_series: np.ndarray,
    found: dict[str, FeatureEffects],
    p_difference: np.ndarray,
    level: float,
    correction: Correction,
) -> Conflict:
    """The table of effects of series, outside and pooled with adjusted p-values and classes."""
    table = pd.DataFrame(index=pd.Index(features.columns, name="feature"))
    for name, effects in found.items():
        table[f"effect_{name}"], table[f"error_{name}"] = effects.effect, effects.standard_error
        table[f"p_{name}"], table[f"q_{name}"] = effects.p_value, corrected(effects.p_value, correction)
    table["q_difference"] = corrected(p_difference, correction)
    for name, of in (("series", in_series), ("outside", ~in_series)):
        table[f"carriers_{name}"] = (features.to_numpy()[of] != 0).sum(0)
    table["class"] = _classes(table, level)
    return Conflict(table, level)


def _varies(features: pd.DataFrame, in_series: np.ndarray, least: float) -> np.ndarray:
    """Mask of the features whose commonest value leaves at least that share of the compounds of both strata."""
    values, found = features.to_numpy(), np.ones(features.shape[1], bool)
    for stratum in (values[in_series], values[~in_series]):
        commonest = _commonest(stratum)
        found &= (commonest < len(stratum)) & (commonest <= (1 - least) * len(stratum))
    return found


def _commonest(values: np.ndarray) -> np.ndarray:
    """How often the commonest value of each column occurs."""
    if values.dtype == np.uint8 and values.max(initial=0) <= 1:
        ones = values.sum(0, dtype=np.int64)
        return np.maximum(ones, len(values) - ones)
    return np.array([np.unique(column, return_counts=True)[1].max() for column in values.T])


def _per_sd(x: np.ndarray) -> np.ndarray:
    """Numbers divided by their sd; bits as they are."""
    bits = ((x == 0) | (x == 1)).all(0)
    return x if bits.all() else x / np.where(bits, 1, x.std(0))


def _difference(series: FeatureEffects, outside: FeatureEffects) -> np.ndarray:
    """Two-sided p-value of series less outside, with Satterthwaite's degrees of freedom."""
    first, second = series.standard_error**2, outside.standard_error**2
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = (first + second) ** 2 / (first**2 / series.freedom + second**2 / outside.freedom)
        return 2 * stats.t.sf(np.abs(series.effect - outside.effect) / np.sqrt(first + second), freedom)


def _classes(table: pd.DataFrame, level: float) -> np.ndarray:
    series, outside, pooled = (table[f"effect_{name}"] for name in ("series", "outside", "pooled"))
    certain, certain_outside = table["q_series"] <= level, table["q_outside"] <= level
    agree = np.sign(series) == np.sign(outside)
    smaller = (pooled.abs() < series.abs()) & (table["q_difference"] <= level)
    conditions = (
        certain & certain_outside & ~agree,
        agree & (np.sign(pooled) == -np.sign(series)) & (series != 0),
        certain & smaller,
        certain & certain_outside & agree,
    )
    return np.select(conditions, CLASSES[:4], default="undecided")
