"""Cells drawn from a screen, and a fit refined until predicted populations look like the observed ones."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from semimech.data.effects import group_moments
from semimech.data.screen import normalise
from semimech.models.dynamics.learning import fit_courses, stacked
from semimech.models.dynamics.population import PopulationObjective, Populations
from semimech.models.dynamics.problem import CourseProblem
from semimech.support.errors import UserError
from semimech.support.progress import Monitor

RATE = 0.01


def populations(problem: CourseProblem, rows: np.ndarray, most: int, seed: int) -> Populations:
    """At most `most` cells of each condition and time, and as many unperturbed ones, less the controls of their batch.

    Raises UserError where there are fewer than two unperturbed cells (log-ratios have none that vary by themselves).
    """
    screen, random = problem.screen, np.random.default_rng([seed, 104_729])
    control = rows[screen.is_control[rows]]
    if len(control) < 2 or screen.scale == "log-ratio":
        raise UserError("Populations are compared from unperturbed cells: give control rows, or use compare = means.")
    batches = screen.batches
    centre = group_moments(screen, control, batches, int(batches.max()) + 1)[0]
    usable = np.isin(batches, batches[control])
    kinds = {condition: i for i, condition in enumerate(screen.conditions)}
    groups = [control, *(rows[screen.condition_codes[rows] == kinds[c]] for c in problem.effects.conditions)]
    drawn = [random.permutation(group[usable[group]])[:most] for group in groups]
    number = np.concatenate(drawn)
    values = np.empty((len(number), len(problem.nodes.observed)))
    for at, block in screen.blocks(np.unique(number)):
        cells = (normalise(block, screen.scale) - centre[batches[at]])[:, problem.nodes.observed] / problem.unit
        place = {row: i for i, row in enumerate(at.tolist())}
        mine = np.flatnonzero(np.isin(number, at))
        values[mine] = cells[[place[row] for row in number[mine].tolist()]]
    parts = np.split(values, np.cumsum([len(group) for group in drawn])[:-1])
    table = problem.table
    shape = (len(table.courses), len(table.times), most)
    cells, kept = np.zeros((*shape, values.shape[1])), np.zeros(shape)
    for row, column, part in zip(table.row, table.column, parts[1:], strict=True):
        if column >= 0:
            cells[row, column, : len(part)], kept[row, column, : len(part)] = part, 1
    start, observed, there = (jnp.asarray(part, jnp.float32) for part in (parts[0], cells, kept))
    return Populations(problem.everything(), start, observed, there)


def refined(
    objective: PopulationObjective, parameters: Any, data: Populations, steps: int, sparsity: float, monitor: Monitor
) -> dict[str, Any]:
    """Fields of the fitted model that change: the parameters, the unperturbed cells, and the learning curve."""
    trained = fit_courses(
        objective, stacked([parameters]), stacked([data]), steps=steps, rate=RATE, sparsity=sparsity,
        monitor=monitor,
    )  # fmt: skip
    last = jax.tree.map(lambda leaf: np.asarray(leaf[0]), trained.last)
    return {
        "parameters": last._asdict(),
        "cells": np.asarray(data.start),
        "population_error": trained.train_error[0],
        "errors": {},
    }
