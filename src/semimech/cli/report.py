"""`semimech report`: the report and figures of a run, written again."""

from __future__ import annotations

from pathlib import Path

from semimech.cli.output import OutFile


def report(run: Path, *, out: OutFile | None = None) -> None:
    """Write the report of a run again.

    Parameters
    ----------
    run
        The folder that `semimech run` or `semimech audit run` wrote.
    out
        File to write the page to; report.html in the run folder if not given.
    """
    from semimech.report.audit import build_audit_report
    from semimech.report.build import build_report
    from semimech.runs.audit import KIND
    from semimech.runs.folder import RunFolder

    folder = RunFolder.open(run)
    build = build_audit_report if folder.json("config").get("kind") == KIND else build_report
    print(f"Report: {build(folder, out).resolve()}")
