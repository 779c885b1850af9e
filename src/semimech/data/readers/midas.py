"""MIDAS tables: treatments (TR:), times (DA:) and values (DV:), as HPN-DREAM, DataRail and CellNOpt have them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.findings import Finding
from semimech.data.options import NONE, ReadOptions
from semimech.data.readers.annotations import Annotations, read_annotations
from semimech.data.readers.midas_treatments import Treatments, treatments_of
from semimech.data.readers.reading import Reading, kept_rows
from semimech.data.readers.text import numbers, open_text, read_cells, text_errors
from semimech.data.scale import Scale
from semimech.data.screen import Screen
from semimech.support.errors import UserError, listed

PREFIXES = {"TR": "treatments", "DA": "times", "DV": "measured values"}
OPTIONS = frozenset(("scale", "control", "separator", "annotations", "keep"))


class _Rows(NamedTuple):
    """values: rows x features; design: rows x perturbations; obs: context (the cell line), time."""

    values: np.ndarray
    design: np.ndarray
    obs: pd.DataFrame

    def take(self, kept: np.ndarray) -> _Rows:
        return _Rows(self.values[kept], self.design[kept], self.obs[kept])


def is_midas(path: Path) -> bool:
    """The header of the text file names treatments, or times and values, as MIDAS does."""
    with text_errors(path), open_text(path) as stream:
        names = next(csv.reader([stream.readline()]), [])
    found = {name.strip().partition(":")[0] for name in names if ":" in name}
    return "TR" in found or {"DA", "DV"} <= found


def read_midas(path: Path, options: ReadOptions) -> Reading:
    """Read a MIDAS table: log2 ratios to the untreated rows at time 0 of the same cell line.

    At time 0 no stimulus has been given yet, inhibitors have; the same sample listed under several stimuli is kept
    once. Saez-Rodriguez et al. 2008, doi:10.1093/bioinformatics/btn018. Raises UserError naming row and column where
    columns are missing, doses or times are no numbers, cell lines unclear, or values are not above 0.
    """
    options.refuse_all_but(OPTIONS, "a MIDAS table")
    table = read_cells(path, header=True)
    table.columns = [str(name).strip() for name in table.columns]
    parts = {prefix: [name for name in table.columns if name.startswith(f"{prefix}:")] for prefix in PREFIXES}
    for prefix, what in PREFIXES.items():
        if not parts[prefix]:
            raise UserError(f"{path.name} is a MIDAS table without {what}: add columns named {prefix}:NAME.")
    given = treatments_of(table[parts["TR"]], path.name, options)
    obs = pd.DataFrame({"context": given.lines} if given.lines is not None else {}, index=table.index)
    obs = obs.assign(time=_times(table[parts["DA"]], path.name))
    obs.index = pd.Index([f"row {i + 1}" for i in range(len(obs))])
    kept, said = kept_rows(obs, options.keep)
    features = [name.removeprefix("DV:") for name in parts["DV"]]
    values = numbers(table[parts["DV"]].set_axis(features, axis=1), path.name).astype(float)
    rows, told = _started(_Rows(values, given.doses, obs).take(kept), given)
    values, scale, why = _on_scale(rows, features, path.name, options)
    others = [name for name in table.columns if name.partition(":")[0] not in PREFIXES]
    findings = (*said, *given.findings, *told, *_findings(rows, why, others))
    told_by = read_annotations(options.annotations, features, given.names) if options.annotations else Annotations()
    screen = Screen(
        values.astype(np.float32),
        sp.csr_array(rows.design),
        tuple(told_by.perturbation(Perturbation(name, "drug")) for name in given.names),
        pd.DataFrame({"role": [told_by.roles.get(name, "molecule") for name in features]}, index=pd.Index(features)),
        rows.obs,
        scale,
        path.name.split(".")[0],
    )
    return Reading(screen, "midas", why, findings)


def _findings(rows: _Rows, why: str, others: list[str]) -> Iterator[Finding]:
    yield Finding("ok", f"Times, in the unit of the file: {listed(sorted(rows.obs['time'].unique()), 20)}.")
    remedy = "--scale log-ratio or log-normalised, where they are logarithms as given"
    yield Finding("ok", f"Values are {why}.", remedy)
    if others:
        yield Finding("ok", f"Columns that are no TR:, DA: or DV: are left out: {listed(others)}.")


def _times(table: pd.DataFrame, file: str) -> np.ndarray:
    """The time of each row; whole numbers where all are."""
    times = np.round(numbers(table, file).astype(float), 6)
    row, column = (int(i[0]) if len(i) else -1 for i in np.nonzero(~np.isfinite(times)))
    if row >= 0:
        raise UserError(f"{file} has no time in row {row + 1:,}, column '{table.columns[column]}': fill it.")
    apart = np.flatnonzero(np.ptp(times, axis=1))
    if len(apart):
        raise UserError(
            f"{file} has several times in row {apart[0] + 1:,} ({listed(sorted(set(times[apart[0]])), 4)}): give each "
            "time a row of its own, with one column DA:ALL."
        )
    found = times[:, 0]
    return found.astype(int) if (found == np.round(found)).all() else found


def _started(rows: _Rows, given: Treatments) -> tuple[_Rows, list[Finding]]:
    """The rows with no stimulus at time 0 or before, where later ones follow; each sample of then only once."""
    before = (rows.obs["time"] <= 0).to_numpy()
    if before.all() or not before.any():
        return rows, []
    design = np.where(before[:, None] & given.is_stimulus, 0, rows.design)
    lines = pd.factorize(rows.obs["context"])[0] if "context" in rows.obs else np.zeros(len(before))
    sample = pd.DataFrame(np.column_stack([lines, rows.obs["time"], design, rows.values]))
    again = sample.duplicated().to_numpy() & before
    sentence = f"The {before.sum():,} rows at time 0 have got no stimulus yet"
    if again.any():
        sentence += f"; {again.sum():,} of them are a sample listed again under another stimulus, and left out"
    return _Rows(rows.values, design, rows.obs).take(~again), [Finding("ok", f"{sentence}.")]


def _on_scale(rows: _Rows, features: list[str], file: str, options: ReadOptions) -> tuple[np.ndarray, Scale, str]:
    """Values, their scale, and in words how they were made."""
    if options.scale == "counts":
        raise UserError(f"--scale counts says nothing about {file}: MIDAS has intensities; leave it out.")
    if options.scale is not None:
        return rows.values, options.scale, f"{options.scale}, taken as given, as asked for"
    wrong = np.argwhere(rows.values <= 0)
    if len(wrong):
        row, column = wrong[0]
        raise UserError(
            f"{file} has the value {rows.values[row, column]:g} of {features[column]} in {rows.obs.index[row]}, and "
            "intensities are above 0: correct it, or say --scale log-ratio or --scale log-normalised."
        )
    values = np.log2(rows.values)
    start = ~rows.design.any(1) & (rows.obs["time"] <= 0).to_numpy()
    lines = rows.obs["context"].to_numpy(object) if "context" in rows.obs else np.full(len(values), NONE, object)
    if set(lines) - set(lines[start]):
        return values, "log-normalised", "log2 of intensities, as some cell line has no untreated row at time 0"
    for line in set(lines):
        values[lines == line] -= values[start & (lines == line)].mean(0)
    return values, "log-ratio", "log2 ratios to the untreated rows at time 0"
