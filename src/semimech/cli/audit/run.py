"""`semimech audit run`: every part of the audit of one series, a folder of tables, and one report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from semimech.audit.options import TableOptions
from semimech.cli.output import OutFolder
from semimech.runs.audit_options import AuditOptions


def run(
    *files: Path,
    series: str | None = None,
    series_file: Path | None = None,
    out: Annotated[OutFolder, Parameter(name=("--out", "-o"))] = Path("audit"),
    options: Annotated[AuditOptions, Parameter(name="*", consume_multiple=True)] = AuditOptions(),  # noqa: B008 - frozen
    read: Annotated[TableOptions, Parameter(name="*")] = TableOptions(),  # noqa: B008 - frozen
) -> None:
    """Check, causal graph, focus, conflict, confounding and mechanisms of a series, and a report of what follows.

    May data from outside be pooled, with which neighbours, how good is a model really, and what cannot be told.

    Parameters
    ----------
    files
        Tables with SMILES and activities (CSV, TSV, Parquet, SDF; plain or gzip), read as one.
    series
        The series, as COLUMN=VALUE.
    series_file
        A further file that holds the series.
    out
        Folder for tables, figures and report: the same command goes on where it was stopped.
    """
    from dataclasses import asdict

    from semimech.audit.files import file_names
    from semimech.cli.audit.source import needed_series
    from semimech.cli.interrupt import stopping
    from semimech.cli.progress import progress_bar
    from semimech.report.audit import build_audit_report
    from semimech.runs.audit import run_audit
    from semimech.runs.source import hash_path

    try:
        with progress_bar("audit run") as bar, stopping(bar) as monitor:
            table, mask = needed_series(files, read, series, series_file, monitor)
            named = [*([series_file] if series_file else []), *files]
            provenance = {
                "files": [{"name": name, "sha256": hash_path(file)} for name, file in zip(file_names(named), named)],
                "read": {name: value for name, value in asdict(read).items() if value is not None},
            }
            described = series or (series_file.name if series_file else "")
            done = run_audit(table, mask, out, options, series=described, provenance=provenance, monitor=monitor)
            monitor("writing the report", 1, 1)
            page = build_audit_report(done)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{out} keeps what is finished: the same command goes on from there.") from None
    _show(done.json("verdict")["paragraph"], page)


def _show(paragraph: list[dict[str, str]], page: Path) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for part in paragraph:
        console.print(Text.assemble((f"{part['question']} ", "bold"), part["said"]))
    console.print(f"\nReport: {page.resolve()}", markup=False, soft_wrap=True)
