"""`semimech assumptions`: what models silently assume, and whether the data contradict it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from semimech.cli.output import OutFolder
from semimech.data.options import ReadOptions

if TYPE_CHECKING:
    from semimech.evaluate.assumptions import Verdict

MARKS = {"holds": ("ok", "green"), "violated": ("x", "red"), "cannot be tested": ("?", "yellow")}


def assumptions(
    data: Path,
    *,
    level: float = 0.05,
    permutations: int = 499,
    seed: int = 0,
    out: OutFolder | None = None,
    format: Literal["text", "json"] = "text",  # noqa: A002 - the option's name on the command line
    read: Annotated[ReadOptions, Parameter(name="*")] = ReadOptions(),  # noqa: B008 - frozen
) -> None:
    """Test what models silently assume of a screen: each holds, is violated, or cannot be tested with this design.

    Parameters
    ----------
    data
        CellBox folder, h5ad, or table with one row a cell or condition; or demo, the built-in simulated screen.
    level
        Chance of a false alarm of each test.
    permutations
        Permutations or resamples of each test.
    seed
        Everything random follows from it.
    out
        Folder for assumptions.json, and for the picture and the numbers of each test.
    format
        Words for reading, or JSON for programs.
    """
    from semimech.cli.progress import progress_bar
    from semimech.cli.source import read_source
    from semimech.evaluate.assumptions import assumptions_of

    screen, _ = read_source(data, read)
    with progress_bar(f"assumptions {data.name}") as monitor:
        verdicts = assumptions_of(screen, level=level, permutations=permutations, seed=seed, monitor=monitor)
    written = _written(verdicts, out) if out is not None else []
    if format == "json":
        import json

        from semimech.support.files import without_nan

        print(json.dumps(without_nan([verdict.as_dict() for verdict in verdicts]), indent=1, ensure_ascii=False))
        return
    _show(screen.name, verdicts)
    for path in written:
        print(f"written  {path}")


def _written(verdicts: tuple[Verdict, ...], out: Path) -> list[Path]:
    from semimech.plot.assumptions import assumption_picture
    from semimech.plot.style import save
    from semimech.runs.assumptions import write_verdicts
    from semimech.runs.folder import RunFolder

    paths = write_verdicts(RunFolder(out), verdicts, pictures=".")
    for verdict in verdicts:
        if len(verdict.picture):
            stem = out / verdict.assumption.name
            save(assumption_picture(verdict.picture, verdict.axis), stem)
            paths += [stem.with_name(f"{stem.name}.{kind}") for kind in ("svg", "png")]
    return paths


def _show(name: str, verdicts: tuple[Verdict, ...]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(name, style="bold"))
    table = Table(box=None, show_header=False, padding=(0, 2, 1, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for verdict in verdicts:
        mark, colour = MARKS[verdict.verdict]
        words = Text(verdict.assumption.sentence, style="bold").append(f": {verdict.verdict}. ", style=colour)
        words.append(f"{sentence(verdict.why)} ", style="not bold")
        words.append(verdict.consequence, style="not bold dim")
        table.add_row(Text(mark, style=f"bold {colour}"), words)
    console.print(table)


def sentence(words: str) -> str:
    """The words with a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:]}."
