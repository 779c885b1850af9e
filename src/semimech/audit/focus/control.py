"""The assay-matched control: is it the mechanism of the outsiders that conflicts, or their assay?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEAST_OUTSIDERS = 50
LEAST_SHARE = 0.25


@dataclass(frozen=True)
class Matched:
    """Outsiders measured where the series was: by `what`, the mask, whether they suffice, the sentence that says so."""

    what: str
    eligible: np.ndarray
    enough: bool
    sentence: str


def matched(in_series: np.ndarray, groups: np.ndarray, what: str) -> Matched:
    """Outsiders that share a group (an assay, a document, a source; `what` names it) with the series.

    Enough are 50 outsiders in groups that hold a quarter of the series: with fewer, a difference of mechanism and a
    difference of assay are the same difference in these data.
    """
    names, codes = np.unique(groups.astype(str), return_inverse=True)
    inside, outside = (np.bincount(codes[mask], minlength=len(names)) for mask in (in_series, ~in_series))
    shared = (inside > 0) & (outside > 0) & (names != "")
    eligible = shared[codes] & ~in_series
    size, covered = int(inside.sum()), int(inside[shared].sum())
    enough = bool(eligible.sum() >= LEAST_OUTSIDERS and covered >= LEAST_SHARE * size)
    sentence = (
        f"{eligible.sum():,} of {(~in_series).sum():,} outsiders have their {what} in common with the series "
        f"({covered:,} of its {size:,} compounds; {inside.max():,} are of {names[inside.argmax()] or 'none named'}): "
    )
    if enough:
        return Matched(what, eligible, True, sentence + f"their curve tells mechanism and {what} apart.")
    return Matched(what, eligible, False, sentence + f"mechanism and {what} cannot be told apart in these data.")
