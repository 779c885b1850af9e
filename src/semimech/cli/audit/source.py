"""The table and the series that the commands of `semimech audit` are given."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from semimech.support.errors import UserError
from semimech.support.progress import Monitor

if TYPE_CHECKING:
    import numpy as np

    from semimech.audit.options import TableOptions
    from semimech.audit.table import Bioactivities


def read_table_and_series(
    files: Sequence[Path], options: TableOptions, series: str | None, series_file: Path | None, monitor: Monitor
) -> tuple[Bioactivities, np.ndarray | None]:
    """The table of all files, and the mask of the series if one is named, as COLUMN=VALUE or as a file of its own.

    What is left out is said on stderr.
    """
    from semimech.audit.files import file_names
    from semimech.audit.read import read_bioactivities
    from semimech.audit.table import SOURCE_FILE
    from semimech.audit.told import rejected_sentences

    if series is not None and series_file is not None:
        raise UserError("The series is named twice: give --series COLUMN=VALUE or --series-file FILE.")
    given = [*([series_file] if series_file else []), *files]
    table = read_bioactivities(given, options, monitor)
    for sentence in rejected_sentences(table.rejected):
        print(sentence, file=sys.stderr)
    if series_file is not None:
        return table, table.series(SOURCE_FILE, file_names(given)[0])
    if series is None:
        return table, None
    column, equals, value = series.partition("=")
    if not equals or not column or not value:
        raise UserError(f"--series {series!r} names no series: write it as COLUMN=VALUE.")
    return table, table.series(column, value)


def needed_series(
    files: Sequence[Path], options: TableOptions, series: str | None, series_file: Path | None, monitor: Monitor
) -> tuple[Bioactivities, np.ndarray]:
    """The table and the mask of the series; UserError where no series is named."""
    if series is None and series_file is None:
        raise UserError("Which compounds are the series is not said: give --series COLUMN=VALUE or --series-file FILE.")
    table, mask = read_table_and_series(files, options, series, series_file, monitor)
    assert mask is not None
    return table, mask
