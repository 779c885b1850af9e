"""The screen that a command is asked for: a file or folder, or `demo` for the built-in simulated one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from semimech.data.options import ReadOptions

if TYPE_CHECKING:
    from semimech.data.readers import Reading
    from semimech.data.screen import Screen

DEMO = "demo"


def is_demo(data: Path) -> bool:
    """The built-in screen is meant, for nothing here has its name."""
    return str(data) == DEMO and not data.exists()


def read_source(data: Path, read: ReadOptions) -> tuple[Screen, Reading | None]:
    """The screen, and how it was read; the built-in one is not read, so UserError where reading options are given."""
    if is_demo(data):
        from semimech.simulate.demo import simulate_demo

        read.refuse_all_but((), "the built-in screen")
        return simulate_demo(), None
    from semimech.data.readers import read as read_data

    reading = read_data(data, read)
    return reading.screen, reading
