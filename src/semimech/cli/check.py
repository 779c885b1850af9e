"""`semimech check`: what is in a screen, and what is wrong or doubtful in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from semimech.data.options import ReadOptions

if TYPE_CHECKING:
    from rich.table import Table

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
        CellBox or DREAM4 folder, h5ad, or table (CSV, TSV, Parquet, MIDAS; plain or gzip) with one row a cell or
        condition; or demo, the built-in simulated screen.
    format
        Words for reading, or JSON for programs.
    """
    from semimech.cli.progress import progress_bar
    from semimech.cli.source import read_source
    from semimech.data.check import check_screen

    with progress_bar(f"check {data.name}") as monitor:
        screen, reading = read_source(data, read)
        report = check_screen(reading or screen, monitor)
    if format == "json":
        import json

        print(json.dumps(report.as_dict(), indent=1, ensure_ascii=False))
    else:
        show(report)
    report.refuse_wrong()


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
    if report.targets["effect"].notna().any():
        console.print()
        console.print(_targets(report))
        if len(report.targets) > SHOWN_TARGETS:
            console.print(f"... and {len(report.targets) - SHOWN_TARGETS:,} more (--format json has all)")
    console.print()
    findings = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    findings.add_column(no_wrap=True)
    findings.add_column(overflow="fold")
    for finding in report.findings:
        mark, colour = MARKS[finding.level]
        sentence = Text(finding.sentence)
        if finding.remedy:
            sentence.append(f" {'Otherwise' if finding.level == 'ok' else 'Remedy'}: {finding.remedy}", style="dim")
        findings.add_row(Text(mark, style=f"bold {colour}"), sentence)
    console.print(findings)


def _targets(report: Report) -> Table:
    """The targets' own changes, the clearest first: means in control and in perturbed rows, effect, z."""
    from rich.table import Table
    from rich.text import Text

    targets = report.targets.sort_values("z", key=abs, ascending=False, na_position="last", kind="stable")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="cyan")
    for name in ("perturbed", "its target"):
        table.add_column(name, no_wrap=True)
    for name in ("rows", "control mean", "own mean", "effect", "z"):
        table.add_column(name, justify="right")
    table.add_column("as expected")
    for row in targets.head(SHOWN_TARGETS).to_dict("records"):
        table.add_row(
            Text(row["perturbation"]),
            Text(row["target"]),
            f"{row['rows']:,}",
            _number(row["control_mean"], ".2f"),
            _number(row["perturbed_mean"], ".2f"),
            _number(row["effect"], "+.2f"),
            _number(row["z"], "+.1f"),
            _verdict(row),
        )
    return table


def _verdict(row: dict[Any, Any]) -> str:
    from semimech.data.facts import SEEN_Z

    if row["effect"] != row["effect"]:
        return "-"
    if row["effect"] * row["expected"] <= 0:
        return "no"
    return "weak" if abs(row["z"]) < SEEN_Z else "yes"


def _number(value: float, form: str) -> str:
    return format(value, form) if value == value else "-"
