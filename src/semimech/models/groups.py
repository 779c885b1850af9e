"""Members of an ensemble in groups: how many train as one `vmap`, and how many groups at a time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np

from semimech.models.fitting import Trained
from semimech.support.machine import cores
from semimech.support.progress import Monitor

GROUP_BYTES = 400 * 2**20
COPIES = 6  # of a member's parameters and data that training holds


def in_groups(
    train_group: Callable[[np.ndarray, Monitor], Trained],
    members: int,
    member_bytes: int,
    monitor: Monitor,
    stage: str,
    *,
    few: bool = False,
    factorises: bool = False,
) -> Trained:
    """Train `members` members by `train_group(numbers, monitor)`, called with groups of one size; in their order.

    An accelerator takes as many members in one vmap as fit in memory. On CPU cores each group is one member: its
    parameters stay in the cache and its solver stops by itself, 1.6 times as fast as one vmap of ten (SK-MEL-133),
    and each core trains another one. few: no solver stops by itself, and one vmap costs less than its members one by
    one: as few groups as there are cores, where they fit. factorises: many matrices are factorised together; then there
    is one group at a time, for LAPACK's tasks and the programs that wait for them share the threads of XLA, and two
    programs can wait for each other for ever (jaxlib 0.10). All groups share one compilation. An interruption, or an
    exception of the monitor, stops all of them.
    """
    on_cpu = jax.default_backend() == "cpu"
    workers = cores() if on_cpu and not factorises else 1
    fit = max(1, GROUP_BYTES // max(COPIES * member_bytes, 1))
    if on_cpu:
        fit = min(fit, -(-members // workers)) if few else 1
    size = -(-members // -(-members // min(fit, members)))
    numbers = [np.minimum(np.arange(first, first + size), members - 1) for first in range(0, members, size)]
    share = np.zeros(len(numbers))
    stopped_by: list[BaseException] = []

    def run(group: int) -> Trained:
        def told(stage: str, done: float, total: float) -> None:
            if stopped_by:
                raise InterruptedError(f"{stage} was stopped")
            share[group] = done / max(total, 1)
            monitor(stage, float(share.sum()), len(share))

        try:
            return train_group(numbers[group], told)
        except BaseException as error:
            stopped_by.append(error)  # at once and in this thread, so that the others stop at their next word
            raise

    if len(numbers) == 1:
        return train_group(numbers[0], monitor)
    with ThreadPoolExecutor(workers) as pool:
        started = [pool.submit(run, group) for group in range(len(numbers))]
        try:
            done = [future.result() for future in started]
        except BaseException as error:
            stopped_by.append(error)
            pool.shutdown(wait=True, cancel_futures=True)
            if error is not stopped_by[0]:  # a group that was stopped, heard before the one that was the cause
                raise stopped_by[0] from None
            raise
    joined = jax.tree.map(lambda *leaves: np.concatenate(leaves)[:members], *(part.__dict__ for part in done))
    return Trained(**joined)
