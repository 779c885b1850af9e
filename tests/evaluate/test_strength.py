import numpy as np
import pandas as pd
import pytest

from semimech.data.effects import effects_of
from semimech.data.network import Network
from semimech.evaluate.strength import activity_swings, effect_swings, strength_of, with_drive
from semimech.simulate.demo import simulate_demo


def test_swings_are_root_mean_squares_of_effects_and_activities():
    screen = simulate_demo()
    effects = effects_of(screen, np.arange(screen.shape[0]))
    swings = effect_swings(effects.values, effects.features)
    activities = activity_swings(effects.design, effects.perturbations)
    assert swings["M05"] == pytest.approx(np.sqrt(np.mean(effects.values[:, 4] ** 2)), rel=1e-5)
    assert activities["drugC"] == pytest.approx(np.sqrt(np.mean(np.tanh(effects.design[:, 2]) ** 2)), rel=1e-5)
    assert set(swings) | set(activities) == set(screen.truth.nodes)


def test_a_gene_and_the_perturbation_named_after_it_have_drives_of_their_own():
    nodes, roles = ("G1", "G2", "G1 (input)", "drug"), ("molecule", "molecule", "input", "input")
    edges = pd.DataFrame({"source": ["G1", "G1 (input)", "drug"], "target": "G2", "weight": 2.0})
    found = with_drive(Network(nodes, edges, roles), {"G1": 3.0, "G2": 1.0, "drug": 9.0}, {"G1": 0.5, "drug": 0.7})
    assert list(found.edges["drive"]) == [6.0, 1.0, 1.4]  # a measured activity is the dose's


def test_drive_does_not_depend_on_the_unit_of_the_source():
    network = Network.from_matrix(np.array([[0.0, 3.0], [-0.5, 0.0]]), ["a", "b"])
    rescaled = Network.from_matrix(np.array([[0.0, 0.03], [-0.5, 0.0]]), ["a", "b"])
    drive = with_drive(network, {"a": 2.0, "b": 0.1}, {}).matrix("drive")
    np.testing.assert_allclose(drive, [[0, 0.3], [-1, 0]])
    np.testing.assert_allclose(with_drive(rescaled, {"a": 2.0, "b": 10.0}, {}).matrix("drive"), drive)


def test_strength_takes_what_is_known():
    frequency = {"stability": np.array([[0.0, 0.5], [np.nan, 0.0]])}
    network = Network.from_matrix(np.array([[0.0, 3.0], [-4.0, 0.0]]), ["a", "b"], (), frequency)
    assert list(strength_of(network.edges)) == [4.0, 1.5]
    assert list(strength_of(network.edges.drop(columns="stability"))) == [4.0, 3.0]
    assert list(strength_of(with_drive(network, {"a": 1.0}, {}).edges)) == [4.0, 0.0]
