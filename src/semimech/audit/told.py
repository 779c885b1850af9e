"""What the reader did with a table of bioactivities, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from semimech.data.findings import Finding
from semimech.support.errors import listed

APART = 1.0


def findings_of(
    frame: pd.DataFrame, rows: pd.DataFrame, columns: dict[str, str], compounds: pd.DataFrame, rejected: pd.DataFrame
) -> tuple[Finding, ...]:
    """Guesses that were made and doubts: columns, rejected rows, bounds, duplicates, mixed endpoints and targets."""
    found = (
        _columns(columns),
        *_rejected(rejected),
        *_bounds(columns, compounds),
        *_duplicates(compounds),
        *_mixed(rows),
        *_validity(frame, columns),
    )
    return tuple(found)


def _columns(columns: dict[str, str]) -> Finding:
    said = ", ".join(f"{role} '{column}'" for role, column in columns.items() if role != "validity")
    return Finding("ok", f"Columns: {said}.", "say --activity COLUMN, --assay COLUMN and so on.")


def _rejected(rejected: pd.DataFrame) -> Iterator[Finding]:
    for sentence in rejected_sentences(rejected):
        yield Finding("doubtful", sentence, "correct them; --out FOLDER lists all.")


def rejected_sentences(rejected: pd.DataFrame) -> Iterator[str]:
    """A sentence for each reason, with the number of rows and the first of them."""
    for reason, rows in rejected.groupby("reason", sort=False)["row"]:
        yield f"{len(rows):,} {'row is' if len(rows) == 1 else 'rows are'} left out: {reason} (rows {listed(rows)})."


def _bounds(columns: dict[str, str], compounds: pd.DataFrame) -> Iterator[Finding]:
    if "relation" not in columns:
        yield Finding(
            "doubtful",
            "No column of relations: bounds such as > 10 uM cannot be told from measured values.",
            "say --relation COLUMN if there is one.",
        )
    bounds = compounds["relation"].value_counts()
    weaker, stronger = int(bounds.get("<", 0)), int(bounds.get(">", 0))
    if weaker or stronger:
        yield Finding(
            "ok",
            f"{weaker + stronger:,} compounds have only a bound: {weaker:,} weaker, {stronger:,} "
            "stronger than the value given.",
        )


def _duplicates(compounds: pd.DataFrame) -> Iterator[Finding]:
    repeated = compounds["rows"].str.len() > 1
    if not repeated.any():
        return
    spread = compounds["spread"].dropna()
    said = f"; the median sd of their measured values is {spread.median():.2f}" if len(spread) else ""
    yield Finding(
        "ok", f"{repeated.sum():,} compounds were measured more than once and are merged{said}.", "say --no-merge."
    )
    if (spread > APART).any():
        yield Finding(
            "doubtful",
            f"{(spread > APART).sum():,} compounds have measured values more than tenfold apart (sd above 1).",
            "look at their rows: other assays, or a wrong unit.",
        )


def _mixed(rows: pd.DataFrame) -> Iterator[Finding]:
    used = rows[rows["reason"] == ""]
    for role, words in (("endpoint", "endpoints"), ("target", "targets")):
        values = used[role].dropna().value_counts() if role in used else pd.Series(dtype=int)
        if len(values) > 1:
            shares = listed((f"{value} ({count:,} rows)" for value, count in values.items()), 4)
            yield Finding(
                "doubtful",
                f"The table mixes {len(values)} {words}: {shares}.",
                "keep one with --keep, or know why they are pooled.",
            )


def _validity(frame: pd.DataFrame, columns: dict[str, str]) -> Iterator[Finding]:
    if "validity" not in columns:
        return
    comments = frame[columns["validity"]].dropna()
    comments = comments[comments.astype(str).str.strip() != ""].value_counts()
    if len(comments):
        said = listed((f"{comment} ({count:,} rows)" for comment, count in comments.items()), 4)
        yield Finding("doubtful", f"The source itself doubts some rows: {said}.", "leave them out with --keep.")
