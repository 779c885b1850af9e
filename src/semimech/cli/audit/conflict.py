"""`semimech audit conflict`: features that point opposite ways in a series and outside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from semimech.audit.conflict_audit import ConflictOptions
from semimech.audit.options import TableOptions
from semimech.cli.output import OutFolder

if TYPE_CHECKING:
    from semimech.audit.conflict_audit import ConflictAudit

SHOWN = 12


def conflict(
    *files: Path,
    series: str | None = None,
    series_file: Path | None = None,
    compare: Annotated[ConflictOptions, Parameter(name="*")] = ConflictOptions(),  # noqa: B008 - frozen
    read: Annotated[TableOptions, Parameter(name="*")] = TableOptions(),  # noqa: B008 - frozen
    draw: int = SHOWN,
    out: OutFolder | None = None,
    format: Literal["text", "json"] = "text",  # noqa: A002 - the option's name on the command line
) -> None:
    """Compare what each feature of structure does to activity in a series with what it does outside.

    Parameters
    ----------
    files
        Tables with SMILES and activities, as for semimech audit check.
    series
        The series, as COLUMN=VALUE.
    series_file
        A further file that holds the series.
    draw
        Findings that are drawn on molecules where --out is given.
    out
        Folder for conflict.csv and the drawings.
    format
        Words for reading, or JSON for programs.
    """
    from semimech.audit.conflict_audit import audit_conflict
    from semimech.audit.conflict_words import conflict_sentences
    from semimech.cli.audit.source import needed_series
    from semimech.cli.progress import progress_bar

    with progress_bar("audit conflict") as monitor:
        table, mask = needed_series(files, read, series, series_file, monitor)
        audit = audit_conflict(table, mask, compare, monitor=monitor)
    sentences = conflict_sentences(audit)
    if format == "json":
        _print_json(audit, sentences)
    else:
        _show(audit, sentences, table.name)
    for path in _written(audit, out, draw) if out is not None else ():
        if format == "text":
            print(f"written  {path}")


def _print_json(audit: ConflictAudit, sentences: list[str]) -> None:
    import json

    from semimech.support.files import without_nan

    readings = {"alone": audit.overall, "within assays": audit.within, "beside one law": audit.beside}
    counts = {name: {family: c.counts() for family, c in found.items()} for name, found in readings.items()}
    features = audit.table().reset_index().to_dict("records")
    print(json.dumps(without_nan({"counts": counts, "sentences": sentences, "features": features}), indent=1))


def _show(audit: ConflictAudit, sentences: list[str], name: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(name, style="bold"))
    for sentence in sentences:
        console.print(sentence, markup=False)
    found = audit.table()
    found = found[found["class"].isin(("conflict", "reversal"))].head(SHOWN)
    if found.empty:
        return
    shown = Table(box=None, padding=(0, 2, 0, 0), header_style="cyan")
    for column in ("feature", "series", "outside", "pooled", "class", "within assays", "beside one law", "fragments"):
        shown.add_column(column, justify="right" if column in ("series", "outside", "pooled") else "left")
    for row in found.reset_index().to_dict("records"):
        effects = [f"{row[f'effect_{stratum}']:+.2f}" for stratum in ("series", "outside", "pooled")]
        named = " | ".join(dict.fromkeys(row[f"fragment_{stratum}"] for stratum in ("series", "outside")))
        words = (row["feature"], *effects, row["class"], row.get("class_within", "-"), row["class_beside"], named)
        shown.add_row(*(Text(str(word)) for word in words))
    console.print()
    console.print(shown)


def _written(audit: ConflictAudit, out: Path, draw: int) -> list[Path]:
    from semimech.audit.carriers import carriers_of
    from semimech.plot.molecules import feature_picture
    from semimech.support.files import replacing, write_text

    table = audit.table()
    paths = [out / "conflict.csv"]
    with replacing(paths[0]) as path:
        table.to_csv(path)
    for feature in table.index[table["class"].isin(("conflict", "reversal"))][: max(draw, 0)]:
        paths.append(out / f"{feature.replace(' ', '_')}.svg")
        write_text(paths[-1], feature_picture(carriers_of(audit, feature)))
    return paths
