"""`semimech audit check`: what is in a table of bioactivities, and what is wrong or doubtful in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from semimech.audit.options import TableOptions
from semimech.cli.output import OutFolder


def check(
    *files: Path,
    series: str | None = None,
    series_file: Path | None = None,
    out: OutFolder | None = None,
    read: Annotated[TableOptions, Parameter(name="*")] = TableOptions(),  # noqa: B008 - frozen
    format: Literal["text", "json"] = "text",  # noqa: A002 - the option's name on the command line
) -> None:
    """Say what is in a table of bioactivities, and what is wrong or doubtful in it, each with its remedy.

    Parameters
    ----------
    files
        Tables with SMILES and activities (CSV, TSV, Parquet, SDF; plain or gzip; a ChEMBL export as it comes), read
        as one.
    series
        The series to be judged, as COLUMN=VALUE.
    series_file
        A further file that holds the series.
    out
        Folder for compounds.csv and rejected.csv.
    format
        Words for reading, or JSON for programs.
    """
    from semimech.audit.check import check_bioactivities
    from semimech.cli.audit.source import read_table_and_series
    from semimech.cli.check import show
    from semimech.cli.progress import progress_bar
    from semimech.support.files import replacing

    with progress_bar("audit check") as monitor:
        table, mask = read_table_and_series(files, read, series, series_file, monitor)
    report = check_bioactivities(table, mask)
    if format == "json":
        import json

        print(json.dumps(report.as_dict(), indent=1, ensure_ascii=False))
    else:
        show(report)
    if out is not None:
        for name, frame in (("compounds", table.compounds), ("rejected", table.rejected)):
            with replacing(out / f"{name}.csv") as path:
                frame.to_csv(path, index=False)
            if format == "text":
                print(f"written  {out / f'{name}.csv'}")
