"""Targets and pathways of perturbations from columns of obs, where the file has them row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.options import NONE, ReadOptions
from semimech.data.readers.annotation_table import SIGNS
from semimech.data.readers.dialects import column_of
from semimech.support.errors import UserError, listed

SEPARATOR = ";"


def annotated_by_columns(
    perturbations: Sequence[Perturbation],
    obs: pd.DataFrame,
    design: sp.csr_array,
    features: Sequence[str],
    options: ReadOptions,
) -> list[Perturbation]:
    """The perturbations with what the columns `targets` and `pathways` say of the rows where each is given alone.

    Raises UserError where a column is missing, says two things of one perturbation or target, or names no feature.
    """
    found = list(perturbations)
    for option in ("targets", "pathways"):
        asked = getattr(options, option)
        if asked in (None, NONE):
            continue
        said = _said(column_of(obs, asked, option), design, [p.name for p in found], asked)
        for i, perturbation in enumerate(found):
            items = tuple(item.strip() for item in said.get(perturbation.name, "").split(SEPARATOR) if item.strip())
            if items and option == "pathways":
                found[i] = replace(perturbation, pathways=items)
            elif items:
                found[i] = replace(perturbation, targets=_targets(items, perturbation.name, asked, set(features)))
    return found


def _said(column: pd.Series, design: sp.csr_array, names: Sequence[str], asked: str) -> dict[str, str]:
    """What the column says of each perturbation in the rows where it is given alone."""
    rows = np.flatnonzero(np.diff(design.indptr) == 1)
    given = pd.Series(np.asarray(names, dtype=object)[design.indices[design.indptr[rows]]])
    texts = column.iloc[rows].astype(object).reset_index(drop=True)
    known = texts.notna().to_numpy()
    pairs = pd.DataFrame({"name": given[known], "text": texts[known].astype(str)}).drop_duplicates()
    twice = pairs[pairs["name"].duplicated(keep=False)]
    if len(twice):
        name = twice["name"].iloc[0]
        says = listed(sorted(twice.loc[twice["name"] == name, "text"]), 3)
        raise UserError(f"The column '{asked}' says different things of {name} ({says}): make its rows agree.")
    return dict(zip(pairs["name"], pairs["text"], strict=True))


def _targets(items: Sequence[str], perturbation: str, asked: str, features: set[str]) -> dict[str, float]:
    targets: dict[str, float] = {}
    for item in items:
        name, sign = _target(item, perturbation, asked, features)
        if targets.setdefault(name, sign) != sign:
            raise UserError(
                f"The column '{asked}' gives the target '{name}' of {perturbation} both signs: keep one of them."
            )
    return targets


def _target(item: str, perturbation: str, asked: str, features: set[str]) -> tuple[str, float]:
    name, colon, sign = (part.strip() for part in item.rpartition(":"))
    if not colon or sign not in SIGNS:
        raise UserError(
            f"The column '{asked}' says '{item}' of {perturbation}: write each target with its sign, as in STAT3:-1."
        )
    if name not in features:
        raise UserError(f"The column '{asked}' names the target '{name}' of {perturbation}, which is no feature.")
    return name, float(SIGNS[sign])
