"""The focus surface A(N, T): many repeats, side by side on the cores, resumable."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from semimech.audit.focus.division import Ordering, counts, divide
from semimech.audit.focus.learner import Learner, Task
from semimech.audit.focus.pool import LEAST_OF_A_CLASS, Pool
from semimech.audit.focus.repeat import Repeat, score
from semimech.audit.focus.store import Store, digest
from semimech.support.errors import UserError
from semimech.support.machine import cores
from semimech.support.progress import Monitor, silent


@dataclass(frozen=True)
class Protocol:
    """How a surface is measured: thresholds on the value, numbers of outsiders, repeats, their ordering, seed.

    `numbers` are the N, all multiples of `step` and all outsiders where none are given.
    """

    thresholds: tuple[float, ...]
    step: int = 25
    repeats: int = 100
    ordering: Ordering = "mean"
    seed: int = 0
    numbers: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if (
            not self.thresholds
            or self.step < 1
            or self.repeats < 2
            or self.seed < 0
            or min(self.numbers, default=0) < 0
        ):
            raise UserError(
                "A focus curve needs a threshold, a step of at least 1, at least 2 repeats, and no number below 0."
            )


@dataclass(frozen=True)
class Surface:
    """Scores of a learner: `outer` and `inner` repeats x 3 readings x T x N, the regressions repeats x 2 x N.

    The readings are those of `readings.READINGS`; the regressions are the concordance and the mean squared error.
    Inner scores are of the training half, left out; outer ones of the test half. `sizes`: rows of the two halves.
    """

    learner: str
    thresholds: np.ndarray
    counts: np.ndarray
    sizes: tuple[int, int]
    outer: np.ndarray
    inner: np.ndarray
    outer_regression: np.ndarray
    inner_regression: np.ndarray


def measure(
    pool: Pool,
    learner: Learner,
    protocol: Protocol,
    *,
    eligible: np.ndarray | None = None,
    folder: Path | None = None,
    workers: int | None = None,
    monitor: Monitor = silent,
) -> Surface:
    """The focus surface of a learner; `eligible` is the mask of the outsiders that may be added (all where None).

    With `folder`, every finished repeat is kept there, and those already there are not measured again. The scores do
    not depend on `workers`, the threads (all cores where None) of a learner whose repeats may run side by side. Raises
    UserError for a threshold that leaves one class everywhere, and a folder of other settings.
    """
    thresholds = np.sort(np.asarray(protocol.thresholds, float))
    require_classes(pool, thresholds)
    available = len(divide(pool, 0, ordering=protocol.ordering, seed=protocol.seed, eligible=eligible).outside)
    numbers = (
        np.unique(np.minimum(protocol.numbers, available)) if protocol.numbers else counts(available, protocol.step)
    )
    store = Store(folder) if folder else None
    if store:
        store.open(_settings(pool, learner, protocol, eligible))

    def one(repeat: int) -> Repeat:
        found = store.read(repeat) if store else None
        if found is None:
            division = divide(pool, repeat, ordering=protocol.ordering, seed=protocol.seed, eligible=eligible)
            found = score(Task(pool, division, numbers, thresholds), learner)
            if store:
                store.write(repeat, found)
        return found

    if learner.side_by_side:
        with one_thread_each():
            found = _side_by_side(one, protocol.repeats, workers or cores(), monitor, learner.name)
    else:
        found = _side_by_side(one, protocol.repeats, 1, monitor, learner.name)
    stacked: dict[str, Any] = {
        field.name: np.stack([getattr(one, field.name) for one in found]) for field in fields(Repeat)
    }
    return Surface(learner.name, thresholds, numbers, (pool.size // 2, pool.size - pool.size // 2), **stacked)


def _side_by_side(one: Any, repeats: int, workers: int, monitor: Monitor, label: str) -> list[Repeat]:
    monitor(label, 0, repeats)
    executor = ThreadPoolExecutor(workers)
    try:
        waiting = {executor.submit(one, repeat): repeat for repeat in range(repeats)}
        found = {}
        for done, future in enumerate(as_completed(waiting), start=1):
            found[waiting[future]] = future.result()
            monitor(label, done, repeats)
    finally:
        executor.shutdown(cancel_futures=True)
    return [found[repeat] for repeat in range(repeats)]


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Linear algebra on one thread: the repeats themselves fill the cores, and threads of threads would fight."""
    with threadpool_limits(1):
        yield


def require_classes(pool: Pool, thresholds: np.ndarray) -> None:
    """Raise UserError for a threshold that leaves too few rows of the series on one side."""
    refused = thresholds[~pool.judgeable(thresholds)]
    if len(refused):
        values = pool.values[pool.in_series]
        raise UserError(
            f"The threshold {refused[0]:.4g} leaves fewer than {LEAST_OF_A_CLASS} compounds of the series on one side: "
            f"choose thresholds well between its values, {values.min():.4g} to {values.max():.4g}."
        )


def _settings(pool: Pool, learner: Learner, protocol: Protocol, eligible: np.ndarray | None) -> dict[str, Any]:
    # The repeats may grow later: a repeat's scores do not depend on how many there are.
    settings = {field.name: getattr(protocol, field.name) for field in fields(protocol) if field.name != "repeats"}
    return {
        **settings,
        "thresholds": [float(one) for one in protocol.thresholds],
        "numbers": list(protocol.numbers),
        "learner": repr(learner),
        "data": digest(pool),
        "outsiders": int(np.count_nonzero(pool.outside if eligible is None else eligible[pool.outside])),
    }
