"""How long work tells what it is doing: a monitor is called with a stage, the work done and the whole."""

from __future__ import annotations

from typing import Protocol


class Monitor(Protocol):
    """Called often; must be cheap. `stage` names what is being done, `done` of `total` units are finished."""

    def __call__(self, stage: str, done: float, total: float) -> None:
        """Take note of the work done."""
        ...


def silent(stage: str, done: float, total: float) -> None:
    """The monitor that says nothing."""


def part_of(monitor: Monitor, label: str, number: int, total: int) -> Monitor:
    """A monitor for one of `total` equal parts of a longer work: its progress moves the whole's by its share."""

    parts = total

    def inner(stage: str, done: float, total: float) -> None:
        monitor(f"{label}: {stage}" if stage else label, number + done / max(total, 1), parts)

    inner("", 0, 1)
    return inner


class Steps:
    """Hands out the monitors of a work's `total` equal steps, one after another."""

    def __init__(self, monitor: Monitor, total: int) -> None:
        self.monitor, self.total, self.number = monitor, total, 0

    def begin(self, label: str) -> Monitor:
        """The monitor of the next step."""
        inner = part_of(self.monitor, label, self.number, self.total)
        self.number += 1
        return inner
