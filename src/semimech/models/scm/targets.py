"""Which nodes a perturbation holds, and at which level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from semimech.data.condition import GENETIC, Condition
from semimech.data.effects import Effects
from semimech.data.scored import target_columns
from semimech.data.screen import Screen

Columns = Mapping[str, tuple[int, ...]]
Slopes = dict[str, np.ndarray]


def held_columns(screen: Screen) -> dict[str, tuple[int, ...]]:
    """For each perturbation of genes the columns of its targets; () where none is measured, or it is no gene."""
    inputs = (screen.features["role"] == "input").to_numpy()
    columns = target_columns(screen)
    return {
        p.name: tuple(int(j) for j in columns[p.name] if p.kind in GENETIC and not inputs[j])
        for p in screen.perturbations
    }


def rows_that_hold(conditions: Sequence[Condition], columns: Columns) -> dict[int, list[int]]:
    """For each node the conditions in which it is held."""
    rows: dict[int, list[int]] = {}
    for i, condition in enumerate(conditions):
        for j in sorted({j for name in condition.names for j in columns.get(name, ())}):
            rows.setdefault(j, []).append(i)
    return rows


def measured_slopes(effects: Effects, columns: Columns) -> Slopes:
    """Own shift per unit of dose of every perturbation seen: least squares through 0, over its singles if any."""
    slopes = {}
    for name, held in columns.items():
        given = [
            (i, dict(c.doses)[name], c.is_combination) for i, c in enumerate(effects.conditions) if name in c.names
        ]
        given = [entry for entry in given if not entry[2]] or given
        if given and held:
            rows, doses = [i for i, _, _ in given], np.array([dose for _, dose, _ in given])
            slopes[name] = doses @ effects.values[np.ix_(rows, held)].astype(float) / (doses @ doses)
    return slopes


def expected_slopes(measured: Slopes, columns: Columns, control: np.ndarray, asked: Sequence[int]) -> np.ndarray:
    """Own shift per unit of dose to expect of perturbations never seen, for the nodes `asked`.

    The mean relative change of the targets seen, times the control mean of the asked; where controls have no level
    (log-ratios), the median shift of the targets seen. Zero where none was seen.
    """
    if not measured:
        return np.zeros(len(asked))
    shifts = np.concatenate([measured[name] for name in measured])
    levels = np.concatenate([control[list(columns[name])] for name in measured]).astype(float)
    if (levels > 0).all():
        return float((shifts / levels).mean()) * control[list(asked)].astype(float)
    return np.full(len(asked), float(np.median(shifts)))
