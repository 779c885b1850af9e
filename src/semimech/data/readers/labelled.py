"""From rows with a label column, of an h5ad or a table, to a screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Kind, Perturbation
from semimech.data.findings import Finding
from semimech.data.options import NONE, ReadOptions
from semimech.data.readers.annotation_columns import annotated_by_columns
from semimech.data.readers.annotations import Annotations, read_annotations
from semimech.data.readers.dialects import Labels, column_of, find_labels, levels
from semimech.data.readers.kinds import guess_kind
from semimech.data.readers.labels import design_of, split_labels, unsplit
from semimech.data.readers.reading import Reading, choose_scale, kept_rows, sample_of, stripped
from semimech.data.screen import Screen
from semimech.support.errors import UserError, listed

# Canonical column of a screen's obs -> names by which files call it, the likeliest first.
KNOWN_COLUMNS: dict[str, tuple[str, ...]] = {
    "batch": ("batch", "gem_group", "gemgroup", "batch_var", "gem", "lane", "plate"),
    "replicate": ("replicate", "rep", "replicates", "biological_replicate"),
    "time": ("time", "t", "timepoint", "time_point", "day", "hours"),
    "medium": ("medium", "media"),
    "context": ("context", "cell_line", "cell_type", "celltype"),
}
LABELLED = frozenset(field.name for field in fields(ReadOptions)) - {"names"}
DOSE_COLUMNS = ("dose_value", "dose_val", "dose")
DOSE_UNIT_COLUMN = "dose_unit"


@dataclass(frozen=True, eq=False)
class Table:
    """Rows as a file gives them: responses (array, sparse or on disk), obs, feature names, and what was said."""

    responses: Any
    obs: pd.DataFrame
    features: pd.DataFrame
    name: str
    findings: tuple[Finding, ...] = ()


def screen_of(table: Table, options: ReadOptions) -> Reading:
    """Keep the rows asked for, settle on labels, columns, doses, kinds and scale, and make the screen.

    Raises UserError where a guess fails or an option does not fit; every guess is a finding of the reading.
    """
    features = [str(name) for name in table.features.index]
    rows, trimmed = stripped(table.obs)
    kept, said = kept_rows(rows, options.keep)
    findings = [*table.findings, *trimmed, *said]
    labels = find_labels(rows, features, options)
    findings.append(Finding("ok", f"Labels are in the column '{labels.column}' ({labels.why}).", "--label COLUMN"))
    if labels.others:
        sentence = f"The column '{listed(labels.others)}' could hold the labels as well, but names no more features."
        remedy = f"--label {labels.others[0]}, or --medium {labels.others[0]} if it is a stimulus."
        findings.append(Finding("doubtful", sentence, remedy))
    unlabelled = rows[labels.column].isna().to_numpy() & kept
    if unlabelled.any():
        findings.append(Finding("doubtful", f"Rows without a label, left out: {unlabelled.sum():,}.", "--keep EXPR"))
        kept &= ~unlabelled
    responses, obs = only_rows(table.responses, kept), rows[kept]
    scale, reason = choose_scale(sample_of(responses, len(obs)), options)
    _check_controls(obs, labels, scale, options)
    if scale == "log-ratio" and options.scale is None and labels.controls:
        sentence = "Negative values are read as log-ratios to untreated; z-scores of expression must not be."
        findings.append(
            Finding("doubtful", sentence, "--layer LAYER with counts or log1p values, or --scale log-ratio.")
        )
    obs, doses, more = _canonical(obs, labels.column, options)
    known = set(levels(rows[labels.column]))
    design, names, told = _design(obs, labels, doses, set(features), known, options)
    annotations = read_annotations(options.annotations, features, names) if options.annotations else Annotations()
    perturbations, kinds = _perturbations(names, obs, labels, design, set(features), options)
    perturbations = annotated_by_columns(perturbations, obs, design, features, options)
    screen = Screen(
        responses,
        design,
        tuple(annotations.perturbation(perturbation) for perturbation in perturbations),
        table.features.assign(role=[annotations.roles.get(name, "molecule") for name in features]),
        obs,
        scale,
        table.name,
    )
    return Reading(screen, labels.dialect.name, reason, (*findings, *more, *told, *kinds))


def only_rows(responses: Any, kept: np.ndarray) -> Any:
    """The rows of a mask, of a matrix in memory or on disk."""
    if kept.all():
        return responses
    return responses[kept] if isinstance(responses, np.ndarray) or sp.issparse(responses) else responses.only(kept)


def _check_controls(obs: pd.DataFrame, labels: Labels, scale: str, options: ReadOptions) -> None:
    if scale == "log-ratio" or options.control == (NONE,):
        return
    found = levels(obs[labels.column])
    if not set(labels.controls) & set(found):
        raise UserError(
            f"The column '{labels.column}' has no control label, and effects of {scale} values are measured against "
            f"controls: say --control LABEL, one of {listed(found, 8)}; or --control none."
        )


def _canonical(
    obs: pd.DataFrame, label: str, options: ReadOptions
) -> tuple[pd.DataFrame, pd.Series | None, list[Finding]]:
    """Rename the columns of batch, time... to their canonical names; find the column of doses."""
    findings, rename = [], {}
    for canonical, candidates in KNOWN_COLUMNS.items():
        asked = getattr(options, canonical)
        if asked is not None and asked != NONE:
            column_of(obs, asked, canonical)
            rename[asked] = canonical
        elif asked is None:
            found = next((c for c in obs.columns if str(c).casefold() in candidates and _groups(obs[c])), None)
            if found is not None and found not in (label, *rename):
                rename[found] = canonical
                sentence = f"The column '{found}' is taken as {canonical} ({obs[found].nunique():,} of them)."
                findings.append(Finding("ok", sentence, f"--{canonical} COLUMN, or none"))
    dose = options.dose or next((c for c in DOSE_COLUMNS if c in obs), NONE)
    doses = None if dose == NONE else column_of(obs, dose, "dose")
    if doses is not None and options.dose is None:
        findings.append(Finding("ok", f"Doses are in the column '{dose}'.", "--dose COLUMN, or none"))
    # A column that already has a canonical name but is not taken as such must not be read as one.
    aside = {c: f"{c} (as given)" for c in KNOWN_COLUMNS if c in obs and c != label and rename.get(c) != c}
    obs = obs.rename(columns=aside | rename)
    if "time" in obs:
        times = pd.to_numeric(obs["time"].astype(str), errors="coerce")
        obs = obs.assign(time=times) if times.notna().all() else obs
    return obs, doses, findings


def _groups(column: pd.Series) -> bool:
    """The column groups rows, rather than naming each."""
    return bool(column.notna().all()) and column.nunique() <= max(1, len(column) // 2)


def _design(
    obs: pd.DataFrame,
    labels: Labels,
    doses: pd.Series | None,
    features: set[str],
    known: set[str],
    options: ReadOptions,
) -> tuple[sp.csr_array, tuple[str, ...], list[Finding]]:
    given = (options.separator,) if options.separator not in (None, NONE) else None
    separators = () if options.separator == NONE else given or labels.dialect.separators
    column = obs[labels.column].astype(str)
    always = labels.dialect.always_split or given is not None
    parts = split_labels(levels(column), labels.controls, separators, features | known, always)
    design, names = design_of(column, parts, labels.controls, doses, separators)
    findings = []
    combined = [label for label, some in parts.items() if len(set(some) - set(labels.controls)) > 1]
    if combined:
        sentence = f"Labels of combinations: {len(combined):,}, such as {combined[0]}."
        findings.append(Finding("ok", sentence, "--separator TEXT, or none"))
    whole = unsplit(parts, labels.controls, features) if options.separator is None else []
    if whole:
        such = f"{len(whole):,} ({listed(whole, 3)})"
        sentence = f"Labels that look like combinations but are read as one perturbation: {such}."
        findings.append(Finding("doubtful", sentence, "--separator TEXT, if they are combinations; none, if not."))
    idle = (np.diff(sp.csr_array(design != 0).indptr) == 0) & ~column.isin(labels.controls).to_numpy()
    pure = {label for label, some in parts.items() if set(some) <= set(labels.controls)}
    idle &= ~column.isin(pure).to_numpy()
    if idle.any():
        findings.append(Finding("ok", f"Rows with dose 0, read as controls: {idle.sum():,}.", "--dose COLUMN, or none"))
    return design, names, findings


def _perturbations(
    names: Sequence[str],
    obs: pd.DataFrame,
    labels: Labels,
    design: sp.csr_array,
    features: set[str],
    options: ReadOptions,
) -> tuple[list[Perturbation], list[Finding]]:
    kind, findings = guess_kind(names, obs, labels, features, options)
    unit = ""
    if DOSE_UNIT_COLUMN in obs and options.dose != NONE:
        units = obs.loc[np.diff(design.indptr) > 0, DOSE_UNIT_COLUMN].dropna().astype(str).unique()
        unit = units[0] if len(units) == 1 else ""
        if len(units) > 1:
            sentence = f"Doses are in several units ({listed(units)})."
            findings.append(Finding("doubtful", sentence, "bring the doses to one unit."))
    signs: dict[Kind, float] = {"knock-out": -1.0, "knock-down": -1.0, "activation": 1.0}
    targets = {name: {name: signs[kind]} if kind in signs and name in features else {} for name in names}
    return [Perturbation(name, kind, targets[name], unit) for name in names], findings
