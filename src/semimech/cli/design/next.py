"""`semimech design next`: which untested conditions to measure next, and whether such an order pays."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from semimech.cli.output import OutFolder
from semimech.support.errors import UserError

if TYPE_CHECKING:
    from semimech.runs.next import NextExperiments

SHOWN = 12


def next(  # noqa: A001 - the command's name
    run: Path,
    /,
    candidates: str,
    *,
    batch: int = 8,
    batches: int = 1,
    criterion: Literal["variance", "disagreement", "diversity"] = "variance",
    model: str | None = None,
    costs: Path | None = None,
    targets: Path | None = None,
    features: Path | None = None,
    annotations: Path | None = None,
    repeats: int = 20,
    seed: int = 0,
    out: OutFolder | None = None,
) -> None:
    """Rank untested perturbations, pairs or doses in batches, and say whether such an order is better than random.

    Parameters
    ----------
    run
        Run folder.
    candidates
        pairs, singles or doses that follow from the run, or a text file with one condition a line.
    batch
        Conditions in a batch.
    batches
        Batches that are planned.
    criterion
        Expected reduction of variance, disagreement of the model's members, or diversity of predicted effects.
    model
        Model of the run whose predictions count; the first judged model where not given.
    costs
        Table with the columns name and cost, of perturbations or conditions: gain per cost is what ranks.
    targets
        Text file with the conditions that are to be predicted well; the candidates where not given.
    features
        Table that describes perturbations by numbers, or edge table (source, target) in which they are nodes.
    annotations
        TOML or CSV file with targets and pathways of perturbations that are not in the data.
    repeats
        Of the check on the run's own data; 0 for none.
    seed
        Everything random follows from it.
    out
        Folder to write to; the folder "next" of the run if not given.
    """
    from semimech.cli.interrupt import stopping
    from semimech.cli.progress import progress_bar
    from semimech.runs.folder import RunFolder
    from semimech.runs.next import NextOptions, next_experiments

    if repeats < 0 or repeats == 1:
        raise UserError(f"--repeats is {repeats}: give at least 2 for an interval, or 0 for no check.")
    if seed < 0:
        raise UserError(f"--seed is {seed}: give a whole number of at least 0.")
    folder = RunFolder.open(run)
    options = NextOptions(
        batch, batches, criterion, model, costs, targets, features, annotations, repeats=repeats, seed=seed
    )
    with progress_bar("design next") as bar, stopping(bar) as monitor:
        found = next_experiments(folder, candidates, options, monitor=monitor)
    _write(found, out or folder.path / "next", {**asdict(options), "candidates": candidates})
    _show(found)
    print(f"written  {out or folder.path / 'next'}")


def _write(found: NextExperiments, out: Path, asked: dict[str, object]) -> None:
    from semimech.design.next.check import PLURAL
    from semimech.plot.next import next_figure
    from semimech.plot.style import save
    from semimech.support.files import write_json, write_text

    ranking, check = found.ranking, found.check
    write_text(out / "ranking.csv", ranking.table.to_csv(index=False))
    curves = None if check is None else check.table()
    if curves is not None:
        write_text(out / "curves.csv", curves.to_csv(index=False))
    what = "conditions" if check is None else PLURAL[check.kind]
    save(next_figure(ranking.table, ranking.criterion, curves, what), out / "next")
    left = [condition.label for condition in ranking.left_out]
    said = {"model": found.model, "options": asked, "sentences": list(found.sentences), "left_out": left}
    write_json(out / "next.json", said, default=str)


def _show(found: NextExperiments) -> None:
    table = found.ranking.table
    names = ["batch", "condition", "cost", "gain_per_cost", "variance", "disagreement", "diversity"]
    if (table["cost"] == 1).all():
        names.remove("cost")
    chosen = int((table["batch"] > 0).sum())
    rows = [[name.replace("_per_", "/") for name in names]]
    rows += [[_cell(name, row[name]) for name in names] for row in table.head(max(chosen, SHOWN)).to_dict("records")]
    widths = [max(len(row[j]) for row in rows) for j in range(len(names))]
    for row in rows:
        cells = zip(names, row, widths, strict=True)
        print("  ".join(cell.ljust(w) if name == "condition" else cell.rjust(w) for name, cell, w in cells).rstrip())
    for sentence in found.sentences:
        print(sentence)


def _cell(name: str, value: object) -> str:
    if name == "batch" and value == 0:
        return "-"
    if name == "variance":
        return f"{value:.1%}"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
