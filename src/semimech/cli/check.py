"""`semimech check`: what is in a screen, and what is wrong or doubtful in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from semimech.data.options import ReadOptions

if TYPE_CHECKING:
    from semimech.data.check import Report

SHOWN_TARGETS = 30
MARKS = {"ok": ("ok", "green"), "doubtful": ("?", "yellow"), "wrong": ("x", "red")}


def check(
    data: Path,
    *,
    read: Annotated[ReadOptions, Parameter(name="*")] = ReadOptions(),  # noqa: B008 - frozen
    format: Literal["text", "json"] = "text",  # noqa: A002 - the option's name on the command line
) -> None:
    """Say what is in a screen, and what is wrong or doubtful in it, each with its remedy.

    Parameters
    ----------
    data
        CellBox folder, h5ad, or table (CSV, TSV, Parquet; plain or gzip) with one row a cell or condition.
    format
        Words for reading, or JSON for programs.
    """
    from semimech.cli.progress import progress_bar
    from semimech.data.check import check_screen
    from semimech.data.readers import read as read_data
    from semimech.support.errors import UserError

    with progress_bar(f"check {data.name}") as monitor:
        report = check_screen(read_data(data, read), monitor)
    if format == "json":
        import json

        print(json.dumps(report.as_dict(), indent=1, ensure_ascii=False))
    else:
        show(report)
    wrong = [finding for finding in report.findings if finding.level == "wrong"]
    if wrong:
        raise UserError(f"{wrong[0].sentence.removesuffix('.')}: {wrong[0].remedy}")


def show(report: Report) -> None:
    """Print a report: facts, the targets' own changes, findings."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(report.name, style="bold"))
    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    facts.add_column(style="cyan", no_wrap=True)
    facts.add_column(overflow="fold")
    for what, words in report.facts:
        facts.add_row(Text(what), Text(words))
    console.print(facts)
    if len(report.targets):
        console.print()
        console.print(_targets(report))
        if len(report.targets) > SHOWN_TARGETS:
            console.print(f"  ... and {len(report.targets) - SHOWN_TARGETS:,} more (--format json shows all)")
    console.print()
    findings = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    findings.add_column(no_wrap=True)
    findings.add_column(overflow="fold")
    for finding in report.findings:
        mark, colour = MARKS[finding.level]
        words = Text(finding.sentence)
        if finding.remedy:
            words.append(f" [{finding.remedy}]", style="dim")
        findings.add_row(Text(mark, style=f"bold {colour}"), words)
    console.print(findings)


def _targets(report: Report) -> object:
    """The strongest own changes: mean in controls and in perturbed rows, effect, z."""
    from rich.table import Table
    from rich.text import Text

    targets = report.targets.sort_values("z", key=abs, ascending=False)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="cyan")
    for name in (
        "perturbation",
        "its target",
        "rows",
        "mean, controls",
        "mean, perturbed",
        "effect",
        "z",
        "as expected",
    ):
        table.add_column(name, justify="left" if name in ("perturbation", "its target", "as expected") else "right")
    for row in targets.head(SHOWN_TARGETS).to_dict("records"):
        agrees = row["effect"] * row["expected"] > 0
        table.add_row(
            Text(row["perturbation"]),
            Text(row["target"]),
            f"{row['rows']:,}",
            _number(row["control_mean"]),
            _number(row["perturbed_mean"]),
            f"{row['effect']:+.2f}" if row["effect"] == row["effect"] else "-",
            f"{row['z']:+.1f}" if row["z"] == row["z"] else "-",
            "yes" if agrees else "no",
        )
    return table


def _number(value: float) -> str:
    return f"{value:.2f}" if value == value else "-"
