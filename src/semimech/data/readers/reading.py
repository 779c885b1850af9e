"""What reading a file gives: the screen, and what was found or guessed on the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.findings import Finding
from semimech.data.options import ReadOptions
from semimech.data.scale import Scale, guess_scale
from semimech.data.screen import Screen
from semimech.support.errors import UserError, listed


@dataclass(frozen=True, eq=False)
class Reading:
    """A screen, the dialect it was read in, why it has its scale, and every guess as a finding."""

    screen: Screen
    dialect: str
    scale_reason: str
    findings: tuple[Finding, ...] = ()


def choose_scale(sample: np.ndarray, options: ReadOptions) -> tuple[Scale, str]:
    """The scale asked for, else the one a sample of values looks like; UserError where it looks like none."""
    if options.scale is not None:
        return options.scale, "as asked for"
    scale, why = guess_scale(sample[np.isfinite(sample)])
    if scale is None:
        raise UserError(
            f"The scale cannot be told ({why}: normalised, but not logged?): give raw counts or log1p values, "
            "or say --scale counts, log-normalised or log-ratio."
        )
    return scale, why


def sample_of(responses: object, n: int, rows: int = 2000) -> np.ndarray:
    """The stored values of about `rows` rows in runs spread over a matrix of `n` rows."""
    run = max(1, rows // 8)
    starts = np.unique(np.linspace(0, max(n - run, 0), 8).astype(int))
    parts = []
    for start in starts:
        part = responses[start : min(start + run, n)]  # type: ignore[index]
        parts.append(part.data if sp.issparse(part) else np.asarray(part).ravel())
    return np.concatenate(parts)


def stripped(obs: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """obs without spaces around the words of its columns, and a finding that names the columns with such."""
    changed = {}
    for column in obs.columns[~obs.columns.duplicated()]:
        words = obs[column]
        if pd.api.types.is_numeric_dtype(words):
            continue
        spaced = {w: w.strip() for w in words.dropna().unique() if isinstance(w, str) and w != w.strip()}
        if spaced:
            changed[column] = words.astype(object).replace(spaced)
    if not changed:
        return obs, ()
    sentence = f"Spaces around words are left out in the column {listed(changed)}."
    return obs.assign(**{str(name): words for name, words in changed.items()}), (Finding("ok", sentence),)


def kept_rows(obs: pd.DataFrame, expression: str | None) -> tuple[np.ndarray, tuple[Finding, ...]]:
    """A mask of the rows that the query keeps, and a finding that says how many; UserError where it is no query."""
    if expression is None:
        return np.ones(len(obs), bool), ()
    if "@" in expression or "__" in expression:
        raise UserError(f"--keep {expression!r} may use columns, numbers and words only.")
    try:
        mask = obs.eval(expression)
    except (SyntaxError, NameError, KeyError, TypeError, ValueError, AttributeError, NotImplementedError) as error:
        raise UserError(
            f'--keep {expression!r} cannot be evaluated ({error}): use columns of obs, as in "top_frac > 0.8".'
        ) from None
    if not isinstance(mask, pd.Series) or not pd.api.types.is_bool_dtype(mask):
        raise UserError(f"--keep {expression!r} gives no yes or no for each row: write a comparison.")
    kept = mask.to_numpy(bool)
    if not kept.any():
        raise UserError(f"--keep {expression!r} keeps no row: widen it.")
    return kept, (Finding("ok", f"{kept.sum():,} of {len(kept):,} rows kept by {expression!r}."),)
