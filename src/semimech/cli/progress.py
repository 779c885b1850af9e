"""The progress bar of the command line: what is being done, how much of it, and the time left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from semimech.support.progress import Monitor

if TYPE_CHECKING:
    from rich.console import Console


@contextmanager
def progress_bar(title: str) -> Iterator[Monitor]:
    """A monitor drawn on the terminal (stderr); a line for every tenth of the work where there is no terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(console, title)
        return
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    left = (TextColumn("time left"), TimeRemainingColumn())
    with Progress(*columns, *left, console=console, transient=True) as progress:
        bar = progress.add_task(title, total=None)

        def monitor(stage: str, done: float, total: float) -> None:
            progress.update(bar, description=stage or title, completed=done, total=total)

        yield monitor


def _lines(console: Console, title: str) -> Monitor:
    """A monitor that writes a line whenever another tenth of the work is done, or another work begins."""
    told = -1

    def monitor(stage: str, done: float, total: float) -> None:
        nonlocal told
        tenth = int(10 * done / max(total, 1))
        if tenth != told:
            told = tenth
            console.print(f"{10 * tenth:3d} %  {stage or title}", soft_wrap=True, highlight=False, markup=False)

    return monitor
