"""Tables of text, plain or gzip: every way in which they can be wrong, as one sentence."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd

from semimech.support.errors import UserError

GZIP = b"\x1f\x8b"
MISSING_WORDS = ("NA", "N/A", "NaN", "nan", "NAN", "null", "NULL", "None")
DECIMAL_COMMA = r"\s*[+-]?\d*,\d+(?:[eE][+-]?\d+)?\s*"


def is_gzip(path: Path) -> bool:
    """The file begins as gzip does, whatever its name."""
    with path.open("rb") as stream:
        return stream.read(2) == GZIP


def open_text(path: Path) -> IO[str]:
    """Open as UTF-8 text, unpacking gzip; a byte order mark is left out."""
    if is_gzip(path):
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


@contextmanager
def text_errors(path: Path) -> Iterator[None]:
    """Turn what can go wrong with a text file into one sentence."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path.name} is not UTF-8 text (byte {error.object[error.start]:#04x}): save it as UTF-8."
        ) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{path.name} is a truncated or damaged gzip file: fetch or write it again.") from error
    except pd.errors.EmptyDataError as error:
        raise UserError(f"{path.name} is empty: give a table with rows and columns.") from error
    except pd.errors.ParserError as error:
        counts = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
        if counts is None:
            raise UserError(
                f"{path.name} is not a table ({str(error).strip().splitlines()[0]}): correct it."
            ) from error
        need, line, have = counts.groups()
        raise UserError(
            f"{path.name} line {int(line):,} has {have} values where the lines before have {need}: correct the line."
        ) from error


def read_lines(path: Path) -> list[str]:
    """The lines of a text file without the empty ones."""
    with text_errors(path), open_text(path) as stream:
        return [line.strip() for line in stream.read().splitlines() if line.strip()]


def read_cells(path: Path, *, header: bool) -> pd.DataFrame:
    """A comma-, tab- or semicolon-separated table; numbers where a whole column is numbers, else text.

    Words such as NA are missing values among numbers only: in a column of text they may be names. Numbers have a
    decimal point or, between semicolons, a decimal comma.
    Raises UserError naming file and line where the table is empty, ragged, not text or not UTF-8.
    """
    with text_errors(path):
        with open_text(path) as stream:
            first = stream.readline()
        if "\0" in first:
            raise UserError(f"{path.name} is not a text table: give CSV, TSV, Parquet or h5ad.")
        separator = max(",\t;", key=first.count)
        if not header:  # numbers only, whose commas may be decimal
            separator = next((mark for mark in "\t;" if mark in first), ",")
        names = next(csv.reader([first], delimiter=separator), [])
        twice = sorted({name for name in names if name and names.count(name) > 1}) if header else []
        if twice:
            raise UserError(f"{path.name} has the column '{twice[0]}' more than once: make the column names unique.")
        table = _parsed(path, separator, header, ".")
        if table.empty:
            raise UserError(f"{path.name} has a header but no rows: give a table with rows.")
        if separator == ";" and _has_decimal_commas(table, path):
            table = _parsed(path, separator, header, ",")
        _check_ragged(path, table, separator, header)
    return _without_missing_words(table)


def _parsed(path: Path, separator: str, header: bool, decimal: str) -> pd.DataFrame:
    with open_text(path) as stream:
        return pd.read_csv(
            stream,
            sep=separator,
            decimal=decimal,
            header=0 if header else None,
            low_memory=False,
            skipinitialspace=True,
            keep_default_na=False,
            na_values=[""],
        )


def _has_decimal_commas(table: pd.DataFrame, path: Path) -> bool:
    """Some column is mostly of numbers like 1,5; UserError where another has numbers like 1.5."""
    points = [c for c in table if table[c].dtype == float and (table[c] % 1 != 0)[table[c].notna()].any()]
    texts = [c for c in table if not pd.api.types.is_numeric_dtype(table[c])]
    commas = [c for c in texts if table[c].astype(str).str.fullmatch(DECIMAL_COMMA).mean() >= 0.5]
    if commas and points:
        raise UserError(
            f"{path.name} has decimal commas (column '{commas[0]}') and decimal points (column '{points[0]}'): "
            "write one of them throughout."
        )
    return bool(commas)


def _without_missing_words(table: pd.DataFrame) -> pd.DataFrame:
    """Empty the cells with a word such as NA in columns that are numbers otherwise."""
    for column in table.columns:
        if pd.api.types.is_numeric_dtype(table[column]):
            continue
        words = table[column].astype(object)
        words = words.mask(words.astype(str).str.strip().isin(MISSING_WORDS))
        given = pd.to_numeric(words, errors="coerce").notna().to_numpy()[words.notna().to_numpy()]
        if given.all():
            table[column] = pd.to_numeric(words)
        elif given.mean() >= 0.5:  # numbers with a mistake among them, which is named later
            table[column] = words
    return table


def _check_ragged(path: Path, table: pd.DataFrame, separator: str, header: bool) -> None:
    """A short line shows as missing values at its end; tell it from missing values by looking at the line."""
    missing = table.iloc[:, -1].isna().to_numpy()
    if not missing.any():
        return
    width = table.shape[1] + (0 if isinstance(table.index, pd.RangeIndex) else 1)
    suspects = set((np.flatnonzero(missing) + (1 if header else 0)).tolist())
    with open_text(path) as stream:
        lines = (fields for fields in csv.reader(stream, delimiter=separator) if fields)
        for number, fields in enumerate(lines):
            if number in suspects and len(fields) < width:
                raise UserError(
                    f"{path.name} line {number + 1:,} has {len(fields)} values where the first has {width}: "
                    "complete the line."
                )


def numbers(table: pd.DataFrame, what: str) -> np.ndarray:
    """The table as float32 (rows x columns); UserError naming row and column of the first word in it."""
    for column in table.columns:
        if pd.api.types.is_numeric_dtype(table[column]) and not pd.api.types.is_bool_dtype(table[column]):
            continue
        bad = (pd.to_numeric(table[column], errors="coerce").isna() & table[column].notna()).to_numpy()
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            name = f"column {column + 1}" if isinstance(column, int) else f"column '{column}'"
            raise UserError(
                f"{what} holds the word '{table[column].iloc[row]}' in row {row + 1:,}, {name}, where a number "
                "belongs: correct the value."
            )
    return table.apply(pd.to_numeric).to_numpy(np.float32)
