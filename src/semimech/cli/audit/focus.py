"""`semimech audit focus`: how a learner of the series fares as data from outside it are added."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from semimech.audit.options import TableOptions
from semimech.cli.output import OutFolder
from semimech.support.errors import UserError

NANO = 9


def focus(
    *files: Path,
    series: str | None = None,
    series_file: Path | None = None,
    learner: str = "kernel",
    option: tuple[str, ...] = (),
    thresholds: Annotated[tuple[float, ...], Parameter(consume_multiple=True)] = (),
    step: int = 25,
    repeats: int = 100,
    ordering: Literal["mean", "max"] = "mean",
    match: Literal["assay", "document", "source"] = "assay",
    outsiders: int = 5000,
    seed: int = 0,
    figures: bool = True,
    out: Annotated[OutFolder, Parameter(name=("--out", "-o"))] = Path("focus"),
    read: Annotated[TableOptions, Parameter(name="*")] = TableOptions(),  # noqa: B008 - frozen
) -> None:
    """Measure how well one half of the series is predicted from the other half and N outsiders, nearest first.

    Four readings of the same fits: balanced accuracy at the fixed threshold and recalibrated, ROC AUC, and concordance
    of a regression that knows of censoring. N* is chosen on training halves and reported on test halves.

    Parameters
    ----------
    files
        Tables with SMILES and activities (CSV, TSV, Parquet, SDF; plain or gzip), read as one.
    series
        The series, as COLUMN=VALUE.
    series_file
        A further file that holds the series.
    learner
        kernel (Tanimoto kernel ridge), neighbours, random-forest, gradient-boosting, or a name of scikit-learn's.
    option
        Option of a scikit-learn learner, as NAME=VALUE.
    thresholds
        Active is an activity at or below these, in nM; up to 20 within the series where not given.
    step
        Outsiders added at a time.
    repeats
        Random halvings of the series.
    ordering
        Outsiders are sorted by their mean or by their largest similarity to the training half.
    match
        The control takes outsiders with this in common with the series.
    outsiders
        At most so many outsiders, those nearest to the series; memory grows with their square.
    seed
        Seed of the halvings.
    figures
        Draw the curves and the surface (SVG and PNG).
    out
        Folder for tables, figures and finished repeats: the same command goes on where it was stopped.
    """
    from semimech.audit.focus.learners import learner_of
    from semimech.audit.focus.of_table import focus as measure_focus
    from semimech.cli.audit.source import read_table_and_series
    from semimech.cli.focus_results import keep_focus, show_focus
    from semimech.cli.interrupt import stopping
    from semimech.cli.progress import progress_bar

    chosen = learner_of(learner, option)
    if any(not one > 0 for one in thresholds):
        raise UserError("--thresholds are activities in nM: give numbers above 0.")
    try:
        with progress_bar("audit focus") as bar, stopping(bar) as monitor:
            table, mask = read_table_and_series(files, read, series, series_file, monitor)
            if mask is None:
                raise UserError("A focus curve is of a series: give --series COLUMN=VALUE or --series-file FILE.")
            found = measure_focus(
                table,
                mask,
                chosen,
                thresholds=tuple(NANO - math.log10(one) for one in thresholds),
                match=match,
                largest=outsiders,
                folder=out / "repeats",
                monitor=monitor,
                step=step,
                repeats=repeats,
                ordering=ordering,
                seed=seed,
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{out} keeps the finished repeats: the same command goes on from there.") from None
    keep_focus(found, out, figures=figures)
    show_focus(found, out)
