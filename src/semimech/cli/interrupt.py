"""Ctrl-C at the next safe moment: a KeyboardInterrupt raised inside a library's callback would be lost."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from semimech.support.progress import Monitor


@contextmanager
def stopping(monitor: Monitor) -> Iterator[Monitor]:
    """A monitor that raises KeyboardInterrupt when it is next called after Ctrl-C; a second Ctrl-C stops at once."""
    asked = False

    def ask(_: int, __: FrameType | None) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, before)

    def told(stage: str, done: float, total: float) -> None:
        if asked:
            raise KeyboardInterrupt
        monitor(stage, done, total)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield told
    finally:
        signal.signal(signal.SIGINT, before)
