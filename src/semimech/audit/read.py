"""Read bioactivities: units, bounds, structures and duplicates settled, every rejected row with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from semimech.audit.columns import DESCRIBING, find_columns, plain, unit_in
from semimech.audit.files import read_files
from semimech.audit.merge import merged
from semimech.audit.molecules import standardised
from semimech.audit.options import TableOptions
from semimech.audit.table import SOURCE_FILE, Bioactivities
from semimech.audit.told import findings_of
from semimech.audit.units import LOGARITHMS, is_unit, p_activities
from semimech.data.readers.reading import kept_rows
from semimech.support.errors import UserError, listed
from semimech.support.progress import Monitor, silent

BOTH_SIDES = "bounds on both sides and no measured value"


def read_bioactivities(
    paths: Path | str | Sequence[Path | str], options: TableOptions | None = None, monitor: Monitor = silent
) -> Bioactivities:
    """Read bioactivities from one file or several (CSV, TSV, Parquet, SDF; a ChEMBL export as it comes).

    p = -log10(activity in M); a bound on the concentration is the opposite bound on p. Structures are standardised,
    measurements of the same structure merged (`TableOptions` overrules every guess).
    Raises UserError where a file cannot be read, a column is missing, no row can be used, or all rows are bounds.

    >>> table = read_bioactivities("chembl.csv.gz")  # doctest: +SKIP
    >>> table.compounds[["smiles", "p_activity", "relation"]], table.rejected  # doctest: +SKIP
    >>> in_series = table.series("document", "CHEMBL3638978")  # doctest: +SKIP
    """
    options = options or TableOptions()
    files = [Path(path).expanduser() for path in ([paths] if isinstance(paths, str | Path) else paths)]
    frame, places = read_files(files)
    name = " + ".join(path.name.split(".")[0] for path in files)
    chosen, said = kept_rows(frame, options.keep)
    frame, places = frame[chosen], places[chosen]
    columns = find_columns(frame, options)
    rows = _measured(frame, columns, options, monitor).assign(row=places.index + 1)
    usable = (rows["reason"] == "").to_numpy()
    compounds, numbers = merged(rows[usable], [c for c in DESCRIBING if c in columns], options.merge)
    rows.loc[rows.index[usable][numbers < 0], "reason"] = BOTH_SIDES
    rejected = pd.concat([rows[["row"]], places, rows[["smiles", "reason"]]], axis=1)[rows["reason"] != ""]
    _refuse_useless(name, compounds, rejected)
    measurements = frame[usable].assign(**{SOURCE_FILE: places["file"][usable]})
    measurements = measurements.set_index(pd.Index(numbers, name="compound"))[numbers >= 0]
    findings = (*said, *findings_of(frame, rows, columns, compounds, rejected))
    return Bioactivities(name, compounds, rejected.reset_index(drop=True), measurements, columns, findings)


def _measured(frame: pd.DataFrame, columns: dict[str, str], options: TableOptions, monitor: Monitor) -> pd.DataFrame:
    """Every row with smiles, p_activity, relation, reason and the describing columns."""
    given = frame[columns["smiles"]].astype("string").fillna("").str.strip()
    distinct = given.drop_duplicates()
    structures = standardised(distinct, options.standardise, monitor).set_index(distinct).loc[given]
    p = p_activities(
        frame[columns["activity"]],
        _units(frame, columns, options),
        frame[columns["relation"]] if "relation" in columns else pd.Series("", index=frame.index),
        structures["weight"].to_numpy(),
    )
    unreadable = structures["reason"].to_numpy()
    smiles = np.where(unreadable == "", structures["smiles"].to_numpy(), given.to_numpy(object))
    described = {role: frame[columns[role]] for role in DESCRIBING if role in columns}
    if "year" in described:
        years = described["year"].astype("string").str.extract(r"(\d{4})")[0]
        described["year"] = pd.to_numeric(years).astype("Float64").astype(float)
    return p.assign(smiles=smiles, reason=np.where(unreadable == "", p["reason"], unreadable), **described)


def _units(frame: pd.DataFrame, columns: dict[str, str], options: TableOptions) -> pd.Series:
    """The unit of each row: as asked for, as the column of activities is named, or as the column of units says."""
    name = columns["activity"]
    if options.unit is not None and "unit" not in columns and is_unit(options.unit):
        return pd.Series(options.unit, index=frame.index)
    if plain(name).split("_")[0] in (*LOGARITHMS, "pactivity", "paffinity", "ppotency") or plain(name) == "p_activity":
        return pd.Series("p", index=frame.index)
    if "unit" in columns:
        return frame[columns["unit"]].astype("string").fillna("").astype(object)
    unit = unit_in(name)
    if unit is None:
        raise UserError(f"Nothing tells the unit of the activities '{name}': say --unit nM, or --unit COLUMN.")
    return pd.Series(unit, index=frame.index)


def _refuse_useless(name: str, compounds: pd.DataFrame, rejected: pd.DataFrame) -> None:
    if compounds.empty:
        rows = rejected.groupby("reason")["row"].agg(list).sort_values(key=lambda lists: -lists.str.len())
        why = "; ".join(f"{reason} (rows {listed(numbers)})" for reason, numbers in rows.items())
        raise UserError(f"No row of {name} can be used: {why}.")
    if (compounds["relation"] != "=").all():
        raise UserError(
            f"All {len(compounds):,} compounds of {name} have bounds only (> or <), so nothing can be learnt of their "
            "sizes: add measured values."
        )
    alike = compounds["p_activity"].to_numpy()
    if len(alike) > 1 and (alike == alike[0]).all():
        raise UserError(
            f"All {len(alike):,} compounds of {name} have the same activity (p = {alike[0]:.2f}), so there is nothing "
            "to learn: look at the column of activities."
        )
