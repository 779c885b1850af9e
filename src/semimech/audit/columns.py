"""Which column of a table of bioactivities holds what: by the names of ChEMBL, BindingDB and habit."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from semimech.audit.options import NONE, TableOptions
from semimech.audit.units import is_unit
from semimech.data.readers.dialects import column_of
from semimech.support.errors import UserError, listed

ENDPOINTS = ("ic50", "ki", "kd", "ec50", "activity", "affinity", "potency")
# Names in lower case with _ for every other mark; the first that is there is taken.
NAMES: Mapping[str, tuple[str, ...]] = {
    "smiles": ("smiles", "canonical_smiles", "isomeric_smiles", "ligand_smiles", "standard_smiles", "structure"),
    "activity": (
        "standard_value", *ENDPOINTS, *(f"p{name}" for name in ENDPOINTS), "p_activity", "pchembl_value",
        "pchembl", "value", "y",
    ),
    "unit": ("standard_units", "standard_unit", "units", "unit", "activity_units", "activity_unit"),
    "relation": ("standard_relation", "relation", "qualifier", "operator"),
    "endpoint": ("standard_type", "endpoint", "activity_type", "type"),
    "assay": ("assay_chembl_id", "assay_id", "assay", "aid", "assay_name", "assay_description"),
    "document": ("document_chembl_id", "doc_id", "document", "doi", "pmid", "pubmed_id", "reference", "patent"),
    "source": ("source_description", "src_description", "source_id", "src_id", "source", "laboratory", "lab"),
    "year": ("document_year", "year", "publication_year", "date"),
    "target": ("target_chembl_id", "target_pref_name", "target_name", "target", "uniprot"),
    "mechanism": ("mechanism", "mechanism_of_action", "binding_mode", "mechanism_class", "moa"),
    "validity": ("data_validity_comment",),
}  # fmt: skip
DESCRIBING = ("endpoint", "assay", "document", "source", "year", "target", "mechanism")
MARKS = re.compile(r"[^a-z0-9]+")
WITH_UNIT = re.compile(rf"p?(?:{'|'.join(ENDPOINTS)}|value)_(?P<unit>\w+)")


def plain(name: str) -> str:
    """A column's name in lower case, with one _ for every run of other marks.

    >>> plain("IC50 (nM)")
    'ic50_nm'
    """
    return MARKS.sub("_", name.casefold()).strip("_")


def find_columns(frame: pd.DataFrame, options: TableOptions) -> dict[str, str]:
    """Column of each role that is there, those of `options` first.

    Raises UserError where an option names a column that is not there, or where structures or activities have none.
    """
    found: dict[str, str] = {}
    by_name = {plain(column): column for column in reversed(list(frame.columns))}
    for role, names in NAMES.items():
        asked = getattr(options, role, None)
        if asked == NONE or (role == "unit" and asked is not None and asked not in frame and is_unit(asked)):
            continue
        if asked is not None:
            column_of(frame, asked, role)
            found[role] = asked
        elif (name := next((name for name in names if name in by_name), None)) is not None:
            found[role] = by_name[name]
    with_unit = [column for name, column in by_name.items() if unit_in(name)]
    if with_unit and "activity" not in found and options.activity != NONE:
        found["activity"] = with_unit[-1]
    for role, what in (("smiles", "structures"), ("activity", "activities")):
        if role not in found:
            raise UserError(f"No column looks like {what}: say --{role} COLUMN, one of {listed(frame.columns, 12)}.")
    return found


def unit_in(name: str) -> str | None:
    """The unit that the name of a column of activities ends with, as in IC50 (nM).

    >>> unit_in("IC50 (nM)"), unit_in("IC50")
    ('nm', None)
    """
    match = WITH_UNIT.fullmatch(plain(name))
    return match["unit"] if match and is_unit(match["unit"]) else None
