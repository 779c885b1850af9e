"""Tables of bioactivities from files: CSV, TSV, Parquet and SDF, plain or gzip; several files are read as one."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from semimech.audit.molecules import quiet
from semimech.data.readers.parquet import read_parquet
from semimech.data.readers.table import PARQUET
from semimech.data.readers.text import is_gzip, read_cells, text_errors
from semimech.support.errors import UserError
from semimech.support.optional import require

SDF_SUFFIXES = (".sdf", ".sd", ".sdf.gz", ".sd.gz")
SMILES = "SMILES"


def read_files(paths: Sequence[Path]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of all files below each other, and where each comes from (file, row_in_file counted from 1).

    Raises UserError where there is no file, or one is not there, empty or damaged.
    """
    if not paths:
        raise UserError("No file is given: name a table of bioactivities (CSV, TSV, Parquet or SDF).")
    names = file_names(paths)
    frames = [read_file(path) for path in paths]
    places = [pd.DataFrame({"file": name, "row_in_file": range(1, len(f) + 1)}) for name, f in zip(names, frames)]
    return pd.concat(frames, ignore_index=True), pd.concat(places, ignore_index=True)


def file_names(paths: Sequence[Path]) -> list[str]:
    """What each file is called: its name, with its number where several have the same.

    Raises UserError where a file is given twice: its measurements would count twice, and a series be all compounds.

    >>> file_names([Path("a/set.csv"), Path("b/set.csv"), Path("own.csv")])
    ['set.csv (file 1)', 'set.csv (file 2)', 'own.csv']
    """
    known = [path.expanduser().resolve() for path in paths]
    twice = [path.name for path, one in zip(paths, known) if known.count(one) > 1]
    if twice:
        raise UserError(f"The file {twice[0]} is given twice: give each file once.")
    names = [path.name for path in paths]
    numbered = enumerate(names, start=1)
    return [name if names.count(name) == 1 else f"{name} (file {number})" for number, name in numbered]


def read_file(path: Path) -> pd.DataFrame:
    """One file as a table with a row for each measurement; UserError where it cannot be read."""
    if not path.is_file():
        near = get_close_matches(path.name, [p.name for p in path.parent.iterdir()], 1) if path.parent.is_dir() else []
        raise UserError(f"There is no file {path}: {f'did you mean {near[0]}?' if near else 'correct the path.'}")
    with path.open("rb") as stream:
        start = stream.read(len(PARQUET))
    if not start:
        raise UserError(f"{path.name} is an empty file: give CSV, TSV, Parquet or SDF.")
    if path.name.casefold().endswith(SDF_SUFFIXES):
        return read_sdf(path)
    frame = read_parquet(path) if start == PARQUET else read_cells(path, header=True)
    if frame.empty:
        raise UserError(f"{path.name} has no rows: give a table with a row for each measurement.")
    frame.columns = frame.columns.astype(str)
    return frame.reset_index(drop=True)


def read_sdf(path: Path) -> pd.DataFrame:
    """The records of an SDF: a column SMILES ("" where the structure cannot be read), and one for each data field."""
    chem = require("rdkit.Chem", extra="chem")
    records: list[dict[str, object]] = []
    with quiet(), text_errors(path), gzip.open(path) if is_gzip(path) else path.open("rb") as stream:
        for molecule in chem.ForwardSDMolSupplier(stream):
            record = {} if molecule is None else molecule.GetPropsAsDict()
            # The structure as it is drawn goes before a field of that name.
            records.append(record | {SMILES: "" if molecule is None else chem.MolToSmiles(molecule)})
    if not records:
        raise UserError(f"{path.name} holds no record: give an SDF with structures and activities.")
    return pd.DataFrame(records)
