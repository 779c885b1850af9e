"""`semimech audit mechanisms`: laws of structure of their own, where no mechanism is labelled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from semimech.audit.mechanisms.find import MechanismOptions
from semimech.audit.options import TableOptions
from semimech.cli.output import OutFolder
from semimech.support.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from semimech.audit.mechanisms.find import Mechanisms
    from semimech.audit.table import Bioactivities


def mechanisms(
    *files: Path,
    series: str | None = None,
    series_file: Path | None = None,
    labels: str | None = None,
    motif: str | None = None,
    seek: Annotated[MechanismOptions, Parameter(name="*")] = MechanismOptions(),  # noqa: B008 - frozen
    read: Annotated[TableOptions, Parameter(name="*")] = TableOptions(),  # noqa: B008 - frozen
    seed: int = 0,
    out: OutFolder | None = None,
    format: Literal["text", "json"] = "text",  # noqa: A002 - the option's name on the command line
) -> None:
    """Seek mechanisms: laws of structure of their own, by a mixture of experts judged on documents held out.

    Parameters
    ----------
    files
        Tables with SMILES and activities, as for semimech audit check.
    series
        A series, as COLUMN=VALUE; without --labels the mechanisms are compared with it.
    series_file
        A further file that holds the series.
    labels
        Column of known mechanisms to compare with; the table's mechanism column where not given.
    motif
        Compare with whether a compound has this motif, as SMARTS.
    seed
        Everything random follows from it.
    out
        Folder for mechanisms.csv, effects.csv and the pictures.
    format
        Words for reading, or JSON for programs.
    """
    from semimech.audit.mechanisms import find_mechanisms, mechanism_sentences
    from semimech.cli.audit.source import read_table_and_series
    from semimech.cli.interrupt import stopping
    from semimech.cli.progress import progress_bar

    if labels is not None and motif is not None:
        raise UserError("The labels are named twice: give --labels COLUMN or --motif SMARTS.")
    if seed < 0:
        raise UserError(f"--seed is {seed}: give a whole number of at least 0.")
    with progress_bar("audit mechanisms") as bar, stopping(bar) as monitor:
        table, mask = read_table_and_series(files, read, series, series_file, monitor)
        known = _labels(table, mask, labels, motif)
        found = find_mechanisms(table, labels=known, options=seek, seed=seed, monitor=monitor)
    sentences = mechanism_sentences(found)
    if format == "json":
        import json

        from semimech.support.files import without_nan

        numbers = found.numbers.reset_index().to_dict("records")
        content = {"mechanisms": found.found, "sentences": sentences, "numbers": numbers}
        print(json.dumps(without_nan(content), indent=1))
    else:
        _show(found, sentences, table.name)
    for path in _written(found, out) if out is not None else ():
        if format == "text":
            print(f"written  {path}")


def _labels(
    table: Bioactivities, in_series: np.ndarray | None, column: str | None, motif: str | None
) -> pd.Series | np.ndarray | None:
    """What to compare with: what was asked for, else the table's own mechanisms, else the series."""
    from semimech.audit.mechanisms.given import default_labels, labels_of, motif_labels

    if motif is not None:
        return motif_labels(table, motif)
    if column is not None:
        return labels_of(table, column)
    return default_labels(table, in_series)


def _show(found: Mechanisms, sentences: list[str], name: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(name, style="bold"))
    for sentence in sentences:
        console.print(sentence, markup=False)
    console.print()
    shown = Table(box=None, padding=(0, 2, 0, 0), header_style="cyan")
    for title in ("mechanisms", "log-density", "gain", "error", "p", "taken"):
        shown.add_column(title, justify="right")
    for count, row in found.numbers.iterrows():
        rest = [f"{row[c]:+.3f}" if row[c] == row[c] else "-" for c in ("gain", "error", "p")]
        shown.add_row(f"{count}", f"{row['log_density']:.3f}", *rest, "yes" if row["taken"] else "no")
    console.print(shown)


def _written(found: Mechanisms, out: Path) -> list[Path]:
    from semimech.plot.mechanisms import effect_bars, typical_compounds
    from semimech.plot.style import save
    from semimech.support.files import replacing, write_text

    paths = [out / "mechanisms.csv", out / "effects.csv", out / "compounds.svg", out / "effects.svg"]
    with replacing(paths[0]) as path:
        found.compounds.to_csv(path, index=False)
    with replacing(paths[1]) as path:
        found.effects.to_csv(path)
    write_text(paths[2], typical_compounds(found))
    save(effect_bars(found), paths[3].with_suffix(""))
    return paths
