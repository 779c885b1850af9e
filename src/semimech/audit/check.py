"""Say what a table of bioactivities holds, and what is doubtful in it, for one series if it is named."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from semimech.audit.table import Bioactivities, require_measured
from semimech.data.check import Report
from semimech.data.findings import Finding
from semimech.support.errors import UserError

COUNTED = ("endpoint", "assay", "document", "source", "target", "mechanism")


def check_bioactivities(table: Bioactivities, in_series: np.ndarray | None = None) -> Report:
    """Facts and findings of a table and, where its mask is given, of a series against the rest.

    >>> report = check_bioactivities(table, table.series("document", "CHEMBL3638978"))  # doctest: +SKIP
    """
    findings = [*table.findings, *(() if in_series is None else _series_doubts(table.compounds, in_series))]
    order = {"wrong": 0, "doubtful": 1, "ok": 2}
    findings.sort(key=lambda finding: order[finding.level])
    facts = [*_facts(table), *(() if in_series is None else _series_facts(table.compounds, in_series))]
    return Report(table.name, tuple(facts), pd.DataFrame({"effect": pd.Series(dtype=float)}), tuple(findings))


def _facts(table: Bioactivities) -> Iterator[tuple[str, str]]:
    compounds = table.compounds
    yield "rows", f"{len(table.measurements):,} used, {len(table.rejected):,} left out"
    yield "compounds", f"{len(compounds):,}, {(compounds['relation'] == '=').sum():,} of them measured"
    low, middle, high = compounds["p_activity"].quantile([0, 0.5, 1])
    yield "p = -log10(M)", f"{low:.2f} to {high:.2f}, median {middle:.2f}"
    for role in COUNTED:
        if role in compounds:
            counts = compounds[role].value_counts()
            largest = f", the largest {counts.index[0]} ({counts.iloc[0]:,} compounds)" if len(counts) else ""
            yield f"{role}s", f"{len(counts):,}{largest if len(counts) > 1 else ''}"
    if "year" in compounds and compounds["year"].notna().any():
        yield "years", f"{compounds['year'].min():.0f} to {compounds['year'].max():.0f}"


def _series_facts(compounds: pd.DataFrame, mask: np.ndarray) -> Iterator[tuple[str, str]]:
    inside, outside = compounds[mask], compounds[~mask]
    yield "series", f"{len(inside):,} compounds, median p {inside['p_activity'].median():.2f}"
    yield "outside", f"{len(outside):,} compounds, median p {outside['p_activity'].median():.2f}"
    for role in ("assay", "document"):
        if role in compounds:
            shared = outside[role].isin(set(inside[role].dropna()))
            yield f"shared {role}s", f"{shared.sum():,} outside compounds come from the series' {role}s"


def _series_doubts(compounds: pd.DataFrame, mask: np.ndarray) -> Iterator[Finding]:
    try:
        require_measured(compounds, mask)
    except UserError as error:
        sentence, _, remedy = str(error).rpartition(": ")
        yield Finding("wrong", f"{sentence}.", remedy)
    if "assay" not in compounds:
        yield Finding(
            "doubtful",
            "No column of assays: a change of assay cannot be told from a change of mechanism.",
            "say --assay COLUMN if there is one.",
        )
        return
    inside, outside = compounds.loc[mask, "assay"], compounds.loc[~mask, "assay"]
    counts = inside.value_counts()
    if len(counts) and counts.iloc[0] > len(inside) / 2:
        yield Finding(
            "doubtful",
            f"{counts.iloc[0]:,} of the {len(inside):,} compounds of the series come from one "
            f"assay, {counts.index[0]}.",
            "a score within the series is mostly that assay's.",
        )
    shared = int(outside.isin(set(counts.index)).sum())
    if shared < len(outside) / 10:
        yield Finding(
            "doubtful",
            f"Only {shared:,} of {len(outside):,} outside compounds come from the series' assays: what differs between "
            "series and outside may be the assay and not the mechanism, and these data cannot tell.",
            "measure some compounds of the outside in an assay of the series.",
        )
