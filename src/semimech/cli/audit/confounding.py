"""`semimech audit confounding`: how much of a model's score is where compounds were measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from semimech.audit.confounding import ConfoundingOptions
from semimech.audit.options import TableOptions
from semimech.cli.output import OutFile
from semimech.support.errors import UserError

if TYPE_CHECKING:
    from semimech.audit.confounding import Confounding

SHOWN = {
    "r2_chemistry": "chemistry",
    "r2_source_only": "source",
    "r2_both": "both",
    "r2_within_assay": "within",
    "ranking_chemistry": "ranking",
    "similarity": "nearest",
    "nearest_assay": "same assay",
}


def confounding(
    *files: Path,
    series: str | None = None,
    series_file: Path | None = None,
    hold: Annotated[ConfoundingOptions, Parameter(name="*")] = ConfoundingOptions(),  # noqa: B008 - frozen
    read: Annotated[TableOptions, Parameter(name="*")] = TableOptions(),  # noqa: B008 - frozen
    seed: int = 0,
    out: OutFile | None = None,
    format: Literal["text", "json"] = "text",  # noqa: A002 - the option's name on the command line
) -> None:
    """Score chemistry beside a model that sees only where compounds were measured, on six ways to hold out.

    Parameters
    ----------
    files
        Tables with SMILES and activities, as for semimech audit check.
    series
        A series that is scored apart too, as COLUMN=VALUE.
    series_file
        A further file that holds the series.
    seed
        Everything random follows from it.
    out
        File for the scores, as CSV.
    format
        Words for reading, or JSON for programs.
    """
    from semimech.audit.confounding import confounding_of
    from semimech.audit.confounding_words import confounding_sentences
    from semimech.cli.audit.source import read_table_and_series
    from semimech.cli.interrupt import stopping
    from semimech.cli.progress import progress_bar
    from semimech.support.files import replacing

    if seed < 0:
        raise UserError(f"--seed is {seed}: give a whole number of at least 0.")
    with progress_bar("audit confounding") as bar, stopping(bar) as monitor:
        table, mask = read_table_and_series(files, read, series, series_file, monitor)
        found = confounding_of(table, mask, hold, seed=seed, monitor=monitor)
    sentences = confounding_sentences(found)
    if format == "json":
        import json

        from semimech.support.files import without_nan

        scores = found.scores.reset_index().to_dict("records")
        print(json.dumps(without_nan({"sentences": sentences, "scores": scores}), indent=1))
    else:
        _show(found, sentences, table.name)
    if out is not None:
        with replacing(out) as path:
            found.scores.to_csv(path)
        if format == "text":
            print(f"written  {out}")


def _show(found: Confounding, sentences: list[str], name: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(name, style="bold"))
    for sentence in sentences:
        console.print(sentence, markup=False)
    console.print()
    shown = Table(box=None, padding=(0, 1, 0, 0), header_style="cyan")
    columns = [column for column in SHOWN if column in found.scores]
    for title in ("split", "of", "n", *(SHOWN[column] for column in columns)):
        shown.add_column(title, justify="left" if title in ("split", "of") else "right", no_wrap=True)
    for (split, which), row in found.scores.iterrows():
        numbers = [f"{row[column]:.2f}" if row[column] == row[column] else "-" for column in columns]
        shown.add_row(split, which, f"{row['n']:,.0f}", *numbers)
    console.print(shown)
    console.print(
        "chemistry, source, both: R2; within: R2 of chemistry after taking off the means of assays; ranking: pairs of "
        "one assay in the right order; nearest: similarity of the nearest training compound; same assay: share where "
        "that is of the same assay.",
        style="dim",
    )
