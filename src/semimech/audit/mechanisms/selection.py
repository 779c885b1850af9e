"""The number of mechanisms: one more is taken only where documents held out are predicted better by it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from semimech.audit.mechanisms.held_out import Divided, HeldOut, compared

COLUMNS = ("mechanisms", "log_density", "gain", "error", "p", "taken")


def number_of(held: HeldOut | Divided, largest: int, level: float) -> tuple[int, pd.DataFrame]:
    """The number of mechanisms (at most `largest`), and a row for each number that was tried.

    log_density: per compound, held out; gain: over one fewer, with its standard error over documents; p: one-sided,
    that the gain is nothing. A number is taken where p is at most `level`, and the first that is not ends the search.
    """
    before = held.densities(1)
    judged = held.space.judged
    rows = [(1, float(before[judged].mean()), np.nan, np.nan, np.nan, True)]
    for count in range(2, largest + 1):
        now = held.densities(count)
        gain, error, p = compared(now, before, held.space)
        rows.append((count, float(now[judged].mean()), gain, error, p, p <= level))
        if p > level:
            break
        before = now
    table = pd.DataFrame(rows, columns=list(COLUMNS)).set_index("mechanisms")
    return int(table.index[table["taken"]].max()), table
