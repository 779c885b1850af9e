import numpy as np
import pytest

from semimech.data.effects import effects_of
from semimech.data.network import Network
from semimech.evaluate.strength import source_swings, strength_of, with_drive
from semimech.simulate.demo import simulate_demo


def test_swings_are_root_mean_squares_of_effects_and_activities():
    screen = simulate_demo()
    effects = effects_of(screen, np.arange(screen.shape[0]))
    swings = source_swings(effects.values, effects.features, effects.design, effects.perturbations)
    assert swings["M05"] == pytest.approx(np.sqrt(np.mean(effects.values[:, 4] ** 2)), rel=1e-5)
    assert swings["drugC"] == pytest.approx(np.sqrt(np.mean(np.tanh(effects.design[:, 2]) ** 2)), rel=1e-5)
    assert set(swings) == set(screen.truth.nodes)


def test_a_feature_named_after_a_perturbation_is_its_activity():
    swings = source_swings(np.full((2, 1), 9.0), ("drug",), np.array([[1.0], [0.0]]), ("drug",))
    assert swings == {"drug": pytest.approx(np.tanh(1) / np.sqrt(2))}


def test_drive_does_not_depend_on_the_unit_of_the_source():
    network = Network.from_matrix(np.array([[0.0, 3.0], [-0.5, 0.0]]), ["a", "b"])
    rescaled = Network.from_matrix(np.array([[0.0, 0.03], [-0.5, 0.0]]), ["a", "b"])
    drive = with_drive(network, {"a": 2.0, "b": 0.1}).matrix("drive")
    np.testing.assert_allclose(drive, [[0, 0.3], [-1, 0]])
    np.testing.assert_allclose(with_drive(rescaled, {"a": 2.0, "b": 10.0}).matrix("drive"), drive)


def test_strength_takes_what_is_known():
    frequency = {"stability": np.array([[0.0, 0.5], [np.nan, 0.0]])}
    network = Network.from_matrix(np.array([[0.0, 3.0], [-4.0, 0.0]]), ["a", "b"], (), frequency)
    assert list(strength_of(network.edges)) == [4.0, 1.5]
    assert list(strength_of(network.edges.drop(columns="stability"))) == [4.0, 3.0]
    assert list(strength_of(with_drive(network, {"a": 1.0}).edges)) == [4.0, 0.0]
