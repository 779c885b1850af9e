"""The cells of each perturbation beside control cells of the same batches, freed of what the batches share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from semimech.data.condition import Condition
from semimech.data.mixtures import shrunken_response, transported
from semimech.data.sampling import most_variable, read_rows, sampled
from semimech.data.screen import Screen

FEATURES = 500
CELLS = 300  # of each perturbation and of its controls
PERTURBATIONS = 60
MIN_CELLS = 60
MIN_CONTROLS = 60
CONTROLS_PER_BATCH = 10


@dataclass(frozen=True, eq=False)
class Population:
    """Cells of one condition and control cells (cells x features), less the control mean of each cell's batch.

    Both are in standard deviations of the control cells.
    """

    condition: Condition
    cells: np.ndarray
    controls: np.ndarray


def population_conditions(screen: Screen, kinds: tuple[str, ...] | None = None) -> list[Condition]:
    """Single perturbations (of the given kinds) with enough cells beside enough controls, the largest first."""
    kind = {perturbation.name: perturbation.kind for perturbation in screen.perturbations}
    codes, batches = screen.condition_codes, screen.batches
    controls = np.bincount(batches[screen.is_control], minlength=int(batches.max()) + 1)
    beside = np.where(controls[batches] >= CONTROLS_PER_BATCH, 1, 0)
    sizes = np.bincount(codes, weights=beside)
    found = []
    for number, condition in enumerate(screen.conditions):
        if len(condition.doses) != 1 or (kinds is not None and kind[condition.names[0]] not in kinds):
            continue
        here = np.unique(batches[(codes == number) & (beside > 0)])
        if sizes[number] >= MIN_CELLS and controls[here].sum() >= MIN_CONTROLS:
            found.append((-sizes[number], number))
    return [screen.conditions[number] for _, number in sorted(found)[:PERTURBATIONS]]


def populations(screen: Screen, conditions: list[Condition], random: np.random.Generator) -> Iterator[Population]:
    """A sample of the cells of each condition and of its controls, one condition at a time."""
    screen = _in_memory(screen, conditions, random) if screen.is_backed else screen
    code = {condition: number for number, condition in enumerate(screen.conditions)}
    batches, control_rows = screen.batches, np.flatnonzero(screen.is_control)
    controls = np.bincount(batches[control_rows], minlength=int(batches.max()) + 1)
    columns = most_variable(screen, control_rows, FEATURES)
    for condition in conditions:
        rows = np.flatnonzero(screen.condition_codes == code[condition])
        rows = np.sort(random.permutation(rows[controls[batches[rows]] >= CONTROLS_PER_BATCH])[:CELLS])
        mine = np.unique(batches[rows])
        pool = control_rows[np.isin(batches[control_rows], mine)]
        pool = sampled(batches[pool], pool, max(CELLS // len(mine), CONTROLS_PER_BATCH), random)
        _, cells = read_rows(screen, rows, columns)
        _, base = read_rows(screen, pool, columns)
        yield _population(condition, cells.astype(float), base.astype(float), batches[rows], batches[pool])


def response_scores(population: Population, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """How far each cell is along the response, in sd of the controls, whose mean is 0 (cells,).

    The second array holds the same of the controls transported to the cells, feature by feature. The response is found
    on the other half of the cells, so that no cell helps to choose the direction it is judged on.
    """
    cells, controls = population.cells, population.controls
    halves = [random.permutation(len(part)) % 2 for part in (cells, controls)]
    scored: list[np.ndarray] = []
    shape: list[np.ndarray] = []
    for half in (0, 1):
        mine, base = (side == half for side in halves)
        response = shrunken_response(cells[~mine], controls[~base])
        along = controls[base] @ response
        for kept, part in ((scored, cells[mine]), (shape, transported(cells[mine], controls[base], random))):
            kept.append((part @ response - along.mean()) / max(along.std(), 1e-12))
    return np.concatenate(scored), np.concatenate(shape)


def _in_memory(screen: Screen, conditions: list[Condition], random: np.random.Generator) -> Screen:
    """A sample of the rows that are needed, read from disk once and not anew for each condition."""
    known = set(conditions)
    wanted = np.array([condition.is_control or condition in known for condition in screen.conditions])
    rows = np.flatnonzero(wanted[screen.condition_codes])
    codes = screen.condition_codes[rows] * (screen.batches.max() + 1) + screen.batches[rows]
    return screen.take(sampled(codes, rows, CELLS, random))


def _population(
    condition: Condition, cells: np.ndarray, controls: np.ndarray, cell_batch: np.ndarray, control_batch: np.ndarray
) -> Population:
    for batch in np.unique(control_batch):
        mean = controls[control_batch == batch].mean(0)
        controls[control_batch == batch] -= mean
        cells[cell_batch == batch] -= mean
    spread = np.sqrt((controls**2).sum(0) / max(len(controls) - len(np.unique(control_batch)), 1))
    # A feature that hardly varies among controls would count as endlessly far.
    floor = np.median(spread[spread > 0]) / 4 if (spread > 0).any() else 1.0
    scale = np.maximum(spread, floor)
    return Population(condition, cells / scale, controls / scale)
