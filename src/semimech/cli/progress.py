"""The progress bar of the command line: what is being done, how much of it, and the time left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from semimech.support.progress import Monitor


@contextmanager
def progress_bar(title: str) -> Iterator[Monitor]:
    """A monitor drawn on the terminal (stderr); a line for every tenth of the work where there is no terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    left = (TextColumn("time left"), TimeRemainingColumn())
    with Progress(*columns, *left, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(title, total=None)
        told = {"tenth": -1}

        def monitor(stage: str, done: float, total: float) -> None:
            progress.update(bar, description=stage or title, completed=done, total=total)
            tenth = int(10 * done / max(total, 1))
            if not console.is_terminal and tenth != told["tenth"]:
                told["tenth"] = tenth
                console.print(f"{10 * tenth:3d} %  {stage or title}", soft_wrap=True, highlight=False)

        yield monitor
