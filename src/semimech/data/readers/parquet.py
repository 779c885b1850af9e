"""Parquet files, for screens and for tables of edges."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from semimech.support.errors import UserError


def read_parquet(path: Path) -> pd.DataFrame:
    """The table of a Parquet file; UserError where it is damaged."""
    import pyarrow

    try:
        return pd.read_parquet(path)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowException, OSError, ValueError) as error:
        what = str(error).splitlines()[0][:120]
        raise UserError(f"{path.name} is a damaged Parquet file ({what}): fetch or write it again.") from error
