"""`semimech audit focus`: how a learner of the series fares as data from outside it are added."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from semimech.audit.options import TableOptions
from semimech.support.errors import UserError

if TYPE_CHECKING:
    from semimech.audit.focus.of_table import Focus

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
    out: Annotated[Path, Parameter(name=("--out", "-o"))] = Path("focus"),
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
    _write(found, out)
    if figures:
        _draw(found, out)
    _show(found, out)


def _write(found: Focus, out: Path) -> None:
    from semimech.support.files import write_json, write_text

    write_text(out / "surface.csv", found.curves.to_csv(index=False))
    write_json(out / "focus.json", found.as_dict())


def _draw(found: Focus, out: Path) -> None:
    from semimech.plot.focus import focus_curves, focus_surface
    from semimech.plot.style import save

    table = found.curves
    whole = table[table["outside"] == "all"]
    best = {one.reading: one.best for one in found.gains if one.threshold is None}
    save(focus_curves(whole, best, found.theory.fitted if found.theory else None), out / "curves")
    save(focus_surface(whole), out / "surface")


def _show(found: Focus, out: Path) -> None:
    surface = found.surface
    print(
        f"{surface.learner}: {len(surface.outer)} halvings of {sum(surface.sizes)} compounds, up to "
        f"{surface.counts[-1]:,} outsiders, {len(surface.thresholds)} thresholds"
    )
    print(f"{'reading':<16} {'none':>6} {'N*':>6} {'all':>6}   N*      focus gain A(N*) - A(all)   all - none")
    for one in found.gains:
        if one.threshold is None:
            gain, pooled = (f"{e.mean:+.3f} [{e.low:+.3f}, {e.high:+.3f}]" for e in (one.focus, one.pooling))
            scores = " ".join(f"{part.mean:6.3f}" for part in (one.none, one.chosen, one.all))
            print(f"{one.reading:<16} {scores}   {one.best:<7,.0f} {gain:<27} {pooled}")
    for sentence in found.sentences():
        print(sentence)
    print(f"written  {out}")
