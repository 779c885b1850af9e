"""How a table of bioactivities is to be read, where the reader's own guess is not wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from semimech.support.errors import UserError

NONE = "none"
Standardise = Literal["none", "parent", "tautomer"]


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """Every guess of the reader, to be overruled; 'none' for a column says that there is no such column."""

    smiles: str | None = None
    """Column of structures as SMILES."""

    activity: str | None = None
    """Column of activities: molar concentrations, or their negative logarithms (pIC50)."""

    unit: str | None = None
    """Column of units or, where there is no such column, the unit of every row: M, mM, uM, nM, pM, ug/mL, p."""

    relation: str | None = None
    """Column of relations: = measured; > or < where only a bound is known."""

    endpoint: str | None = None
    """Column of what was measured: IC50, Ki, EC50."""

    assay: str | None = None
    """Column of assays."""

    document: str | None = None
    """Column of documents: papers, patents."""

    source: str | None = None
    """Column of laboratories or data bases."""

    year: str | None = None
    """Column of years."""

    target: str | None = None
    """Column of targets."""

    mechanism: str | None = None
    """Column of mechanisms, where they are known."""

    keep: str | None = None
    """Rows to keep, as a query on the columns, such as "`Standard Type` == 'IC50'"."""

    standardise: Standardise = "parent"
    """Structures: none as given, parent without salts and charges, tautomer also in one tautomeric form (slow)."""

    merge: bool = True
    """Measurements of the same structure become one compound, with their spread."""

    def __post_init__(self) -> None:
        if self.standardise not in get_args(Standardise):
            raise UserError(
                f"Structures cannot be standardised to '{self.standardise}': use {', '.join(get_args(Standardise))}."
            )
