"""What the perturbations of a labelled screen are: genes knocked out, knocked down or activated, or drugs."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from semimech.data.condition import GENETIC, Kind
from semimech.data.findings import Finding
from semimech.data.options import ReadOptions
from semimech.data.readers.dialects import Labels
from semimech.support.errors import listed

TYPE_COLUMN = "perturbation_type"
TYPES: dict[str, Kind] = {
    "crispr": "knock-out", "crispr-cas9": "knock-out", "cas9": "knock-out", "crispr-cut": "knock-out",
    "crispri": "knock-down", "crispr-interference": "knock-down", "shrna": "knock-down", "sirna": "knock-down",
    "crispra": "activation", "crispr-activation": "activation", "cdna": "activation",
    "drug": "drug", "drugs": "drug", "compound": "drug",
}  # fmt: skip
GUIDE_CONTROLS = ("non-targeting", "nontargeting", "non_targeting", "nt", "ntc", "safe-targeting", "scramble")
DRUG_CONTROLS = ("dmso", "dmso_tf", "vehicle", "untreated", "pbs")


def guess_kind(
    names: Sequence[str], obs: pd.DataFrame, labels: Labels, features: set[str], options: ReadOptions
) -> tuple[Kind, list[Finding]]:
    """The kind asked for, else told by obs['perturbation_type'], the control label, or names that are features."""
    matched = [name for name in names if name in features]
    kind, why = _kind(obs, labels, len(matched) / max(len(names), 1), options)
    findings = []
    if options.kind is None and kind != "unknown":
        findings.append(Finding("ok", f"Perturbations are read as {kind} ({why}).", "--kind KIND"))
    elif kind == "unknown":
        findings.append(Finding("doubtful", "What the perturbations are cannot be told.", "--kind KIND"))
    missing = [name for name in names if name not in features]
    if kind in GENETIC and missing and not matched:
        sentence = f"None of the {len(names):,} perturbed genes is a feature ({listed(missing, 3)})."
        remedy = "--gene-names COLUMN, if features are named by other identifiers."
        findings.append(Finding("doubtful", sentence, remedy))
    elif kind in GENETIC and missing:
        sentence = (
            f"{len(missing):,} of the {len(names):,} perturbed genes are no features ({listed(missing)}): "
            "their own expression cannot be seen."
        )
        findings.append(Finding("doubtful", sentence, "--gene-names COLUMN, if they are named otherwise."))
    return kind, findings


def _kind(obs: pd.DataFrame, labels: Labels, matched: float, options: ReadOptions) -> tuple[Kind, str]:
    if options.kind is not None:
        return options.kind, "as asked for"
    if TYPE_COLUMN in obs:
        said = {str(value).casefold() for value in obs[TYPE_COLUMN].dropna().unique()}
        kinds = {TYPES[value] for value in said if value in TYPES}
        if len(kinds) == 1:
            return kinds.pop(), f"the column '{TYPE_COLUMN}' says so"
    controls = {label.casefold() for label in labels.controls}
    if labels.dialect.genetic:
        return "knock-out", f"the dialect {labels.dialect.name} is for genes"
    if controls & set(GUIDE_CONTROLS):
        return "knock-out", "controls are guides"
    if controls & set(DRUG_CONTROLS):
        return "drug", "controls got the solvent"
    if matched >= 0.3:
        return "knock-out", f"{matched:.0%} of the labels are features"
    return "unknown", ""
