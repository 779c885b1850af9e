"""From the declaration of an experiment to its simulation: draw, integrate, sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.network import Network
from semimech.data.screen import Screen
from semimech.data.simulated import Truth
from semimech.simulate.arms import in_words
from semimech.simulate.cells import NoisyCells
from semimech.simulate.courses import Courses, World, solve_courses
from semimech.simulate.experiment import Experiment, read_experiment
from semimech.simulate.laws import Kinetics
from semimech.simulate.measurement import Cells, Instrument
from semimech.simulate.media import media_of
from semimech.simulate.perturbations import Action, actions_of
from semimech.simulate.rows import Rows, choices_of, sample_rows
from semimech.simulate.simulation import Simulation
from semimech.support import keys
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, Steps, silent

SETTLING = 5.0  # half-lives that noisy cells live before time 0
STREAMS = ("topology", "kinetics", "perturbations", "media", "design", "rows", "instrument", "cells")


def simulate_screen(
    source: Path | str | Mapping[str, Any], *, seed: int | None = None, monitor: Monitor = silent
) -> Screen:
    """Simulate the screen that a TOML file, or a mapping of the same shape, declares (docs/simulate.md).

    Its truth is in `Screen.truth` (network) and in the columns true_... of obs; what `semimech simulate` writes holds
    all of it. `seed` replaces the declared one. Raises UserError where the declaration is wrong.

    >>> simulate_screen({"topology": {"nodes": 8}, "sampling": {"rows": 3}}).truth.nodes[-1]  # doctest: +SKIP
    'G8'
    """
    steps = Steps(monitor, 2)
    return simulate(read_experiment(source, seed), steps.begin("cells")).screen(steps.begin("values"))


def simulate(experiment: Experiment, monitor: Monitor = silent) -> Simulation:
    """Draw the network, the law and the cells of an experiment, and integrate what they go through.

    Raises UserError where names or times do not fit together, or the law cannot be integrated.
    """
    random = {name: np.random.default_rng([experiment.seed, k]) for k, name in enumerate(STREAMS)}
    world = _world(experiment, random)
    nodes = world.law.network.nodes
    conditions = () if experiment.protocols else experiment.design.conditions_of(world.actions, random["design"])
    arms = experiment.arms(conditions, tuple(action.perturbation.name for action in world.actions))
    allotment = experiment.allotment(arms)
    choices, histories, batch_of = choices_of(arms, world.actions, experiment.batches, world.media.differs_by_batch)
    times = sorted({time for arm in arms for time in arm.times})
    courses = solve_courses(world, histories, batch_of, times, experiment.kinetics.half_life, monitor)
    rows = sample_rows(choices, courses, world.actions, allotment, random["rows"])
    instrument = experiment.measurement.instrument(random["instrument"], len(nodes), experiment.batches)
    cells = instrument.cells(random["cells"], rows.batch)
    state, truth = _truth(experiment, allotment.batches, world, rows, courses, instrument)
    header = _header(experiment, world, rows, _obs(rows, cells, state, experiment.measurement.scale))
    noisy = _noisy(experiment.kinetics, world, courses)
    return Simulation(header, truth, world.law, rows, courses, instrument, cells, noisy, experiment.seed)


def _world(experiment: Experiment, random: Mapping[str, np.random.Generator]) -> World:
    network = experiment.topology.build(random["topology"], experiment.folder)
    law = experiment.kinetics.law_of(network, random["kinetics"])
    actions = actions_of(experiment.perturbations, network, random["perturbations"])
    media = media_of(experiment.media, network.nodes, experiment.batches, random["media"])
    return World(law, actions, media, _growth(experiment.growth, network))


def _growth(growth: Mapping[str, float], network: Network) -> np.ndarray:
    rates = pd.Series(0.0, index=list(network.nodes))
    for node, rate in growth.items():
        if node not in rates:
            raise UserError(f"The section [growth] names '{node}', which is no node of the network: correct the name.")
        rates[node] = rate
    return rates.to_numpy()


def _noisy(kinetics: Kinetics, world: World, courses: Courses) -> NoisyCells | None:
    if not kinetics.intrinsic_noise:
        return None
    return NoisyCells(world, courses, kinetics.step, SETTLING * kinetics.half_life)


def _truth(
    experiment: Experiment, batches: Sequence[str], world: World, rows: Rows, courses: Courses, instrument: Instrument
) -> tuple[np.ndarray, Truth]:
    """(for each row the number of its state, the truth with the states that some row is in)."""
    time = np.searchsorted(courses.times, rows.time.astype(np.float32))
    used, state = np.unique(rows.history * len(courses.times) + time, return_inverse=True)
    history, moment = np.divmod(used, len(courses.times))
    differ = world.media.differs_by_batch
    table = {
        "history": [in_words(courses.histories[k]) for k in history],
        "time": courses.times[moment].astype(float),
        "batch": [batches[courses.batches[k]] if differ else "all" for k in history],
    }
    constants = world.law.constants
    return state, Truth(
        experiment.declaration,
        constants.join(instrument.constants(constants.index)),
        courses.states[history, moment],
        pd.DataFrame(table),
        pd.DataFrame(instrument.batch_factors, index=constants.index, columns=list(batches)),
    )


def _obs(rows: Rows, cells: Cells, state: np.ndarray, scale: str) -> pd.DataFrame:
    obs = rows.obs.assign(**{keys.TRUE_STATE: state.astype(np.int32)})
    if scale != "counts":
        return obs
    return obs.assign(**{keys.TRUE_LIBRARY: cells.library_size.astype(np.float32), keys.TRUE_QUALITY: cells.passes})


def _header(experiment: Experiment, world: World, rows: Rows, obs: pd.DataFrame) -> Screen:
    nodes = world.law.network.nodes
    return Screen(
        responses=sp.csr_array((len(obs), len(nodes)), dtype=np.float32),
        design=rows.design,
        perturbations=tuple(action.perturbation for action in world.actions),
        features=pd.DataFrame({"role": "molecule"}, index=list(nodes)),
        obs=obs,
        scale=experiment.measurement.as_scale,
        name=experiment.name,
        truth=_with_drugs(world.law.network, world.actions),
    )


def _with_drugs(network: Network, actions: tuple[Action, ...]) -> Network:
    """The network with the drugs as inputs, their edges as strong as their greatest log2-fold change."""
    drugs = [action for action in actions if action.family.kind == "drug"]
    edges = network.edges[["source", "target", "weight"]].to_dict("list")
    for action in drugs:
        for node, sign in action.perturbation.targets.items():
            edges["source"].append(action.perturbation.name)
            edges["target"].append(node)
            edges["weight"].append(sign * action.strength)
    names = tuple(action.perturbation.name for action in drugs)
    return Network((*network.nodes, *names), pd.DataFrame(edges), (*network.roles, *("input",) * len(names)))
