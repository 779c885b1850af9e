"""Bioactivities: one row for each compound, everything that was rejected, and the way back to the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from semimech.data.findings import Finding
from semimech.data.readers.dialects import column_of
from semimech.support.errors import UserError, listed

MIN_SERIES = 20
SOURCE_FILE = "source file"


@dataclass(frozen=True, eq=False)
class Bioactivities:
    """Compounds with p = -log10(activity in M), made once by the reader and never changed.

    compounds: a row for each compound with smiles (standardised), p_activity (mean), relation ("=" measured, "<" or
    ">" only a bound on p), spread (sd of its measurements, nan for one), rows (row numbers in the source, counted
    from 1 through all files) and, where the source has them, endpoint, assay, document, source, year, target,
    mechanism (of most of its rows). rejected: row, file, row_in_file, smiles, reason of each row that cannot be used.
    measurements: the kept rows as they stand in the source, with the number of their compound as index and the column
    "source file". columns: the source's column of each role.
    """

    name: str
    compounds: pd.DataFrame
    rejected: pd.DataFrame
    measurements: pd.DataFrame
    columns: Mapping[str, str]
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        return len(self.compounds)

    def series(self, column: str, value: object) -> np.ndarray:
        """Mask of the compounds with a measurement whose `column` (of the source, or a role) is `value`.

        Raises UserError where the column or the value is not there, where the series has fewer than 20 compounds,
        or where nothing is outside it.
        """
        found = column_of(self.measurements, self._source_column(column), "series")
        text = found.astype("string").fillna("").str.strip()
        matches = (text == str(value).strip()).to_numpy(bool)
        if pd.api.types.is_numeric_dtype(found):
            matches |= (found == pd.to_numeric(str(value), errors="coerce")).to_numpy(bool)
        if not matches.any():
            values = text[text != ""].value_counts().index
            raise UserError(f"No row has {column} = {value}: the values are {listed(values, 8)}.")
        mask = np.zeros(len(self.compounds), bool)
        mask[self.measurements.index[matches]] = True
        return checked_series(mask, f"{column} = {value}")

    def _source_column(self, column: str) -> str:
        return column if column in self.measurements else self.columns.get(column, column)


def checked_series(mask: np.ndarray, what: str) -> np.ndarray:
    """The mask of a series; UserError where it is too small to be judged, or has no outside."""
    if mask.sum() < MIN_SERIES:
        raise UserError(
            f"The series {what} has {mask.sum()} compounds, too few to be split and judged: give one of at least "
            f"{MIN_SERIES}."
        )
    if (~mask).sum() < MIN_SERIES:
        raise UserError(
            f"Only {(~mask).sum()} compounds are outside the series {what}, too few to compare with: add the data to "
            f"be pooled, at least {MIN_SERIES} compounds."
        )
    return mask


def require_measured(compounds: pd.DataFrame, in_series: np.ndarray) -> None:
    """Raise UserError where the series or the outside has no measured value, or only one value for all compounds."""
    for where, part in (("of the series", compounds[in_series]), ("outside the series", compounds[~in_series])):
        measured = part.loc[part["relation"] == "=", "p_activity"]
        if measured.empty:
            raise UserError(
                f"None of the {len(part):,} compounds {where} has a measured value (all are > or <): add "
                "measured values."
            )
        if part["p_activity"].nunique() == 1:
            raise UserError(
                f"All {len(part):,} compounds {where} have the same activity (p = {measured.iloc[0]:.2f}), so nothing "
                "can be compared: choose another series, or add data."
            )


def numbered(labels: pd.Series) -> np.ndarray:
    """Integers of the labels from 0; a missing label is one of its own."""
    numbers = pd.factorize(labels)[0]
    alone = numbers < 0
    numbers[alone] = numbers.max() + 1 + np.arange(alone.sum())
    return numbers
