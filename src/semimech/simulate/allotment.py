"""How many cells of each arm each batch has: the same everywhere, or as a table says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from semimech.simulate.arms import Arm
from semimech.support.errors import UserError, listed

COLUMNS = ("batch", "arm", "cells")


@dataclass(frozen=True)
class Allotment:
    """Names of the batches, in their order, and cells by (number of the batch, label of the arm); not listed: 0."""

    batches: tuple[str, ...]
    cells: Mapping[tuple[int, str], int]

    def check(self, arms: Sequence[Arm]) -> None:
        """Raise UserError for cells of arms that the experiment does not have, or where it has no cell at all."""
        labels = {arm.label: arm for arm in arms}
        named = {arm for (_, arm), count in self.cells.items() if count}
        unknown = sorted(named - set(labels))
        if unknown:
            raise UserError(
                f"The layout gives cells to {listed(unknown, 3)}, no arm of the experiment: use {listed(labels)}."
            )
        if not named:
            raise UserError("The layout gives no arm any cells: write numbers above 0 in its column cells.")


def even_allotment(arms: Sequence[Arm], batches: int, rows: int, control_rows: int) -> Allotment:
    """The same rows of every perturbed arm, and of every control, in all batches."""
    counts = {arm.label: control_rows if arm.protocol.is_control else rows for arm in arms}
    names = tuple(f"batch {number + 1}" for number in range(batches))
    return Allotment(names, {(b, label): n for b in range(batches) for label, n in counts.items()})


def read_allotment(path: Path) -> Allotment:
    """The table of a layout: columns batch, arm (label of a condition, or control) and cells; rows of one arm add up.

    Further columns, such as guide, are left alone. Raises UserError naming column or row where it is wrong.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise UserError(f"There is no layout {path}: correct layout of the section [sampling].") from None
    except (ValueError, OSError) as error:
        raise UserError(f"The layout {path} cannot be read as CSV ({error}): give columns batch, arm, cells.") from None
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise UserError(f"The layout {path.name} has no column {missing[0]}: give the columns batch, arm, cells.")
    cells = pd.to_numeric(table["cells"], errors="coerce")
    wrong = ~((cells >= 0) & (cells == cells.round()))
    if wrong.any() or table.empty:
        row = int(wrong.to_numpy().argmax()) if len(table) else -1
        what = f"the cells '{table['cells'].iloc[row]}' in row {row + 2}" if len(table) else "no row"
        raise UserError(f"The layout {path.name} has {what}: give whole numbers of at least 0.")
    batches = tuple(dict.fromkeys(table["batch"]))
    sums = cells.groupby([table["batch"].map(batches.index), table["arm"]]).sum()
    return Allotment(batches, {(int(batch), str(arm)): int(n) for (batch, arm), n in sums.items()})
