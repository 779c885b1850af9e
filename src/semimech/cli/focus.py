"""`semimech focus`: do data of other contexts of a screen help to predict one of them?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from semimech.cli.output import OutFolder
from semimech.data.options import ReadOptions


def focus(
    data: Path,
    *,
    target: str,
    by: str | None = None,
    nearness: Literal["effects", "untreated"] = "effects",
    learner: str = "kernel",
    option: tuple[str, ...] = (),
    features: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    step: int | None = None,
    repeats: int = 50,
    outsiders: int = 5000,
    seed: int = 0,
    figures: bool = True,
    out: Annotated[OutFolder, Parameter(name=("--out", "-o"))] = Path("focus"),
    read: Annotated[ReadOptions, Parameter(name="*")] = ReadOptions(),  # noqa: B008 - frozen
) -> None:
    """Measure how well one context (cell line, batch) is predicted as conditions of others are added, nearest first.

    Half of the conditions of the target are predicted from the other half and N conditions of other contexts. N* is
    chosen on training halves and reported on test halves.

    Parameters
    ----------
    data
        Screen with several contexts: h5ad or table.
    target
        The context to be predicted, a value of the column --by.
    by
        Column of contexts; that of cell lines, else of batches, where not given.
    nearness
        Contexts are sorted by the effects that they share with the training half, or by their untreated rows.
    learner
        kernel (ridge on likeness of doses and targets), neighbours, or a name of scikit-learn's (extra chem).
    option
        Option of a scikit-learn learner, as NAME=VALUE.
    features
        Features that are predicted; the 20 of largest variance outside the target where not given.
    step
        Conditions added at a time; one context where not given.
    repeats
        Random halvings of the conditions of the target.
    outsiders
        At most so many conditions of other contexts; memory grows with their square.
    seed
        Seed of the halvings.
    figures
        Draw the curves and the surface (SVG and PNG).
    out
        Folder for tables, figures and finished repeats: the same command goes on where it was stopped.
    read
        How the data are to be read where the reader's own guess is not wanted.
    """
    from semimech.audit.focus.learners import learner_of
    from semimech.audit.focus.of_screen import context_focus
    from semimech.cli.focus_results import keep_focus, show_focus
    from semimech.cli.interrupt import stopping
    from semimech.cli.progress import progress_bar
    from semimech.cli.source import read_source
    from semimech.support.files import write_text

    chosen = learner_of(learner, option)
    keywords: dict[str, Any] = {"repeats": repeats, "seed": seed} | ({} if step is None else {"step": step})
    try:
        with progress_bar(f"focus on {target}") as bar, stopping(bar) as monitor:
            found = context_focus(
                read_source(data, read)[0],
                target,
                chosen,
                by=by,
                nearness=nearness,
                features=features,
                largest=outsiders,
                folder=out / "repeats",
                monitor=monitor,
                **keywords,
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{out} keeps the finished repeats: the same command goes on from there.") from None
    keep_focus(found.focus, out, figures=figures, thresholds="quantile of the effects")
    write_text(out / "contexts.csv", found.contexts.to_csv(index=False))
    show_focus(found.focus, out)
