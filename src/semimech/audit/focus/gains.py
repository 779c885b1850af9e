"""What the surface says: N chosen on the training half, reported on the test half, with intervals over repeats."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from math import sqrt

import numpy as np
import pandas as pd
from scipy.stats import t as student

from semimech.audit.focus.readings import ERROR, FIXED, RANKING, READINGS, RECALIBRATED, REGRESSION
from semimech.audit.focus.surface import Surface

CONFIDENCE = 0.95
ESTIMATED = ("mean", "low", "high", "error")


@dataclass(frozen=True)
class Estimate:
    """A mean over repeats with its 95 % interval, and its standard error over repeats alone.

    The interval is for another sample of compounds; `error` is for other halves of the same compounds.
    """

    mean: float
    low: float
    high: float
    error: float


@dataclass(frozen=True)
class Gains:
    """One reading, over all thresholds or at one: scores without outsiders, with all, and with N* of them.

    `best` is the median over repeats of N*, which each repeat chooses on its training half; `focus` = A(N*) - A(all),
    `transfer` = A(N*) - A(0), `pooling` = A(all) - A(0), all of the test half; of the squared error they are
    reductions, so that above 0 is better everywhere.
    """

    reading: str
    threshold: float | None
    best: float
    none: Estimate
    all: Estimate
    chosen: Estimate
    focus: Estimate
    transfer: Estimate
    pooling: Estimate

    @property
    def conflict(self) -> bool:
        """Whether the score falls beyond N*, or below where it began, by more than the repeats vary."""
        return self.focus.low > 0 or self.pooling.high < 0

    @property
    def helps(self) -> bool:
        """Whether the score gains from N* outsiders, or from all, by more than the repeats vary."""
        return self.transfer.low > 0 or self.pooling.low > 0


def estimate(values: np.ndarray, sizes: tuple[int, int]) -> Estimate:
    """Mean of R repeats, ± t sd √(1/R + test/train): repeats share compounds, so R of them are not independent.

    Source: Nadeau & Bengio 2003 (10.1023/A:1024068626366). Repeats without a score (nan) are left out; a single one
    has no end to its interval.
    """
    values = values[~np.isnan(values)]
    if len(values) < 2:
        only, reach = (float(values[0]), np.inf) if len(values) else (np.nan, np.nan)
        return Estimate(only, only - reach, only + reach, np.nan)
    train, test = sizes
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    reach = float(student.ppf(0.5 + CONFIDENCE / 2, len(values) - 1)) * sd * sqrt(1 / len(values) + test / train)
    return Estimate(mean, mean - reach, mean + reach, sd / sqrt(len(values)))


def mean_of_known(scores: np.ndarray, axis: int) -> np.ndarray:
    """The mean of what is not nan along the axis; nan where nothing is."""
    known = np.count_nonzero(~np.isnan(scores), axis=axis)
    return np.where(known > 0, np.nansum(scores, axis=axis) / np.maximum(known, 1), np.nan)


def gains(surface: Surface) -> list[Gains]:
    """The gains of each reading over all thresholds, of the regression and its error, then at each threshold."""
    # A threshold without a score in some repeat is left out of that repeat's mean, in the same way for every N.
    outer, inner = (mean_of_known(one, axis=2) for one in (surface.outer, surface.inner))
    found = [_gains(surface, name, None, outer[:, row], inner[:, row]) for row, name in enumerate(READINGS)]
    regression = surface.outer_regression[:, 0], surface.inner_regression[:, 0]
    found.append(_gains(surface, REGRESSION, None, *regression))
    found.append(
        _reductions(_gains(surface, ERROR, None, -surface.outer_regression[:, 1], -surface.inner_regression[:, 1]))
    )
    for column, threshold in enumerate(surface.thresholds):
        for row, name in enumerate(READINGS):
            scores = surface.outer[:, row, column], surface.inner[:, row, column]
            found.append(_gains(surface, name, float(threshold), *scores))
    return found


def _gains(surface: Surface, reading: str, threshold: float | None, outer: np.ndarray, inner: np.ndarray) -> Gains:
    scored = ~np.isnan(outer).any(axis=1) & ~np.isnan(inner).any(axis=1)
    outer, inner = outer[scored], inner[scored]
    chosen = inner.argmax(axis=1) if len(inner) else np.empty(0, int)
    at_best = outer[np.arange(len(outer)), chosen]
    first, last = outer[:, 0], outer[:, -1]
    parts = (first, last, at_best, at_best - last, at_best - first, last - first)
    best = float(np.median(surface.counts[chosen])) if len(chosen) else float("nan")
    return Gains(reading, threshold, best, *(estimate(part, surface.sizes) for part in parts))


def _reductions(found: Gains) -> Gains:
    """The gains of a negated error, with the errors themselves as they are."""

    def negated(one: Estimate) -> Estimate:
        return Estimate(-one.mean, -one.high, -one.low, one.error)

    return replace(found, none=negated(found.none), all=negated(found.all), chosen=negated(found.chosen))


def curves(surface: Surface) -> pd.DataFrame:
    """The surface as a long table: reading, threshold, outsiders N, and the estimate.

    Without a threshold are the means over all thresholds, and the regression's concordance and squared error.
    """
    rows: list[tuple] = []
    for row, reading in enumerate(READINGS):
        rows += _curve(surface, reading, float("nan"), mean_of_known(surface.outer[:, row], axis=1))
    for column, threshold in enumerate(surface.thresholds):
        for row, reading in enumerate(READINGS):
            rows += _curve(surface, reading, float(threshold), surface.outer[:, row, column])
    rows += _curve(surface, REGRESSION, float("nan"), surface.outer_regression[:, 0])
    rows += _curve(surface, ERROR, float("nan"), surface.outer_regression[:, 1])
    return pd.DataFrame(rows, columns=["reading", "threshold", "outsiders", *ESTIMATED])


def _curve(surface: Surface, reading: str, threshold: float, scores: np.ndarray) -> list[tuple]:
    found = [estimate(column, surface.sizes) for column in scores.T]
    return [(reading, threshold, int(n), *astuple(one)) for n, one in zip(surface.counts, found)]


def verdict(found: list[Gains], leading: str = RANKING) -> str:
    """May the outsiders be pooled, for this learner, by the reading `leading`, in one or two sentences."""
    whole = {one.reading: one for one in found if one.threshold is None}
    lead, fixed = whole[leading], whole[FIXED]
    if lead.conflict:
        first = "The nearest outsiders help and the others undo it" if lead.helps else "Pooling blurs the learner"
        return (
            f"{first}: {leading} goes from {_three(lead.none)} without to {_three(lead.chosen)} at N* and "
            f"{_three(lead.all)} with all outsiders (focus gain {_signed(lead.focus)}); use about {lead.best:,.0f}."
        )
    if fixed.conflict and not whole[RECALIBRATED].conflict:
        return (
            "Pooling moves the threshold, not the ranking: from none to all outsiders balanced accuracy at 0.5 changes "
            f"by {_signed(fixed.pooling)}, {leading} by {_signed(lead.pooling)}; choose the cut-off anew."
        )
    if lead.helps:
        return f"Pooling helps: {leading} gains {_signed(lead.pooling)} from none to all outsiders."
    others = [
        whole[name] for name in (RANKING, REGRESSION) if name != leading and (whole[name].helps != whole[name].conflict)
    ]
    told = [f" By {one.reading} it {'helps' if one.helps else 'harms'}: {_signed(one.pooling)}." for one in others]
    return (
        f"Pooling neither helps nor harms the {leading} by more than the repeats vary: {_signed(lead.pooling)} from "
        f"none ({_three(lead.none)}) to all outsiders.{''.join(told)}"
    )


def _three(one: Estimate) -> str:
    return f"{one.mean:.3f}"


def _signed(one: Estimate) -> str:
    return f"{one.mean:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"
