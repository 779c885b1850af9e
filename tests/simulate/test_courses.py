"""Clean courses against SciPy's integration of the same laws written out in NumPy, and against fixed points."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from semimech.data.protocol import Phase, Protocol
from semimech.simulate.courses import World, solve_courses
from semimech.simulate.experiment import read_experiment
from semimech.simulate.media import Medium, media_of
from semimech.simulate.perturbations import Family, actions_of
from semimech.simulate.steady_state import solve_steady_state

HALF_LIFE = 5.0
EXACT = {"rtol": 1e-9, "atol": 1e-11}


def world_of(kinetics, media=None, growth=None, batches=1):
    random = np.random.default_rng(3)
    experiment = read_experiment({"topology": {"nodes": 7}, "kinetics": {"half_life": HALF_LIFE, **kinetics}})
    law = experiment.kinetics.law_of(experiment.topology.build(random, None), random)
    families = (
        Family(nodes=("G1",)),
        Family("knock-down", nodes=("G2",)),
        Family("drug", name="x", targets={"G3": -1, "G4": 1}),
    )
    actions = actions_of(families, law.network, random)
    rates = np.zeros(7) if growth is None else growth
    return World(law, actions, media_of(media or {}, law.network.nodes, batches, random), rates)


def hill_rate(world, push, held):
    constants, weights = world.law.constants, world.law.network.matrix()
    affinity, power = constants["affinity"].to_numpy()[0], constants["power"].to_numpy()[0]
    basal, production, decay, threshold = (
        constants[name].to_numpy() for name in ("basal", "production", "decay", "threshold")
    )

    def rate(t, x):
        seen = np.where(held, 0, x)
        bound = affinity * np.abs(weights) * (np.maximum(seen, 0) / threshold) ** power
        active = (basal + (bound * (weights > 0)).sum(1)) / (1 + bound.sum(1))
        return np.where(held, 0, 2.0 ** push(t) * production * active - decay * x)

    return rate


@pytest.fixture(scope="module")
def hill():
    return world_of({"law": "hill"}, {"E8": Medium(), "RPMI": Medium(targets={"G5": 1.5, "G6": -1.0})})


def test_hill_cells_through_two_media_are_as_scipy_finds_them(hill):
    protocol = Protocol((Phase(10, "E8"), Phase(20, "RPMI", (("G1", 1.0), ("G2", 0.5), ("x", 2.0)))))
    control = protocol.control()
    times = (4.0, 10.0, 15.0, 30.0)
    found = solve_courses(hill, [protocol, control], np.zeros(2, int), times, HALF_LIFE)
    nothing = np.zeros(7)
    start = solve_ivp(hill_rate(hill, lambda t: nothing, False), (0, 1000), hill.law.start, rtol=1e-9, atol=1e-11).y[
        :, -1
    ]
    np.testing.assert_allclose(found.start, np.tile(start, (2, 1)), atol=1e-3)
    medium = np.array([0, 0, 0, 0, 1.5, -1.0, 0])
    drug = 3.0 * 2 / (1 + 2)
    given = medium + np.array([0, np.log2(1 - 0.8 * 0.5), -drug, drug, 0, 0, 0])
    held = np.arange(7) == 0
    for states, push, mask in ((found.states[0], given, held), (found.states[1], medium, np.zeros(7, bool))):
        first = solve_ivp(
            hill_rate(hill, lambda t: nothing, False), (0, 10), start, t_eval=[4, 10], rtol=1e-9, atol=1e-11
        )
        second = solve_ivp(
            hill_rate(hill, lambda t, p=push: p, mask), (10, 30), first.y[:, -1], t_eval=[15, 30], **EXACT
        )
        expected = np.concatenate([first.y.T, np.where(mask, 0, second.y.T)])
        np.testing.assert_allclose(states, expected, atol=2e-3)


LONG, SHORT = 60 * HALF_LIFE, np.linspace(0, 30, 61)
GIVEN = (("x", 1.0), ("G2", 1.0))
HISTORIES = [
    Protocol((Phase(LONG, "", GIVEN),)),
    Protocol((Phase(LONG),)),
    Protocol((Phase(30, "", (("G1", 1.0),)),)),
    Protocol((Phase(30, "mouse"),)),
    Protocol((Phase(30, "mouse"),)),
]
BATCHES = np.array([0, 0, 0, 0, 1])


@pytest.fixture(scope="module")
def cellbox():
    """A world whose cells grow with G2, and what they go through; integrated at once, as that compiles once."""
    growth = np.array([0, 0.02, 0, 0, 0, 0, 0])
    world = world_of({"law": "cellbox"}, {"mouse": Medium(environment=0.5)}, growth, batches=2)
    return world, solve_courses(world, HISTORIES, BATCHES, (*SHORT, LONG), HALF_LIFE)


def test_cellbox_cells_end_at_the_fixed_point_of_the_law(cellbox):
    world, found = cellbox
    scale = (world.law.constants["eps"] / world.law.constants["alpha"]).to_numpy()
    push = np.array([0, np.log2(0.2), -1.5, 1.5, 0, 0, 0])
    expected = solve_steady_state(world.law.network.matrix(), scale, push[None])
    np.testing.assert_allclose(found.states[0, -1], expected[0], atol=1e-3)
    np.testing.assert_allclose(found.states[1], 0, atol=1e-6)
    assert np.isnan(found.states[2, -1, 1:]).all()  # after the end of its protocol


def test_a_knocked_out_node_is_at_its_lowest_and_its_cells_grow_as_declared(cellbox):
    world, found = cellbox
    states, weights = found.states[2, :-1], found.log_growth[2, :-1]
    lowest = -(world.law.constants["eps"] / world.law.constants["alpha"]).to_numpy()[0]
    np.testing.assert_allclose(states[:, 0], lowest, rtol=1e-5)
    np.testing.assert_allclose(found.log_growth[1], 0, atol=1e-6)
    assert weights[-1] == pytest.approx(np.trapezoid(states[:, 1] * 0.02, SHORT), abs=1e-4)


def test_batches_that_are_animals_differ_and_their_environment_swings(cellbox):
    world, found = cellbox
    assert np.abs(found.states[3, :-1] - found.states[4, :-1]).max() > 0.05
    constants, weights = world.law.constants, world.law.network.matrix()
    eps, alpha = constants["eps"].to_numpy(), constants["alpha"].to_numpy()
    for batch in (0, 1):
        swing, lag = world.media.swing[batch, 1], world.media.lag[batch, 1]

        def rate(t, x, swing=swing, lag=lag):
            return eps * np.tanh(weights @ x + swing * np.sin(2 * np.pi * t / 24 + lag)) - alpha * x

        expected = solve_ivp(rate, (0, 30), np.zeros(7), t_eval=SHORT, **EXACT).y.T
        np.testing.assert_allclose(found.states[3 + batch, :-1], expected, atol=2e-3)
