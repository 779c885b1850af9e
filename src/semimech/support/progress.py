"""How long work tells what it is doing: a monitor is called with a stage, the work done and the whole."""

from __future__ import annotations

from typing import Protocol


class Monitor(Protocol):
    """Called often; must be cheap. `stage` names what is being done, `done` of `total` units are finished."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Take note of the work done."""
        ...


def silent(stage: str, done: int, total: int) -> None:
    """The monitor that says nothing."""
