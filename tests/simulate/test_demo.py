import numpy as np
import pytest

from semimech.data.condition import Condition
from semimech.data.effects import effects_of
from semimech.simulate.demo import DOSES, DRUGS, simulate_demo
from semimech.simulate.steady_state import solve_steady_state


def test_sizes_and_names():
    screen = simulate_demo()
    assert screen.shape == (192, 22)
    assert (len(screen.conditions), screen.is_control.sum()) == (1 + 16 + 28, 16)
    assert len(screen.truth.nodes) == 30
    assert set(screen.truth.roles) == {"molecule", "phenotype", "input"}
    assert sum(condition.is_combination for condition in screen.conditions) == 28
    assert np.bincount(screen.condition_codes).min() == 4


def test_same_seed_same_screen():
    first, again, other = simulate_demo(3), simulate_demo(3), simulate_demo(4)
    np.testing.assert_array_equal(first.responses, again.responses)
    assert not np.array_equal(first.responses, other.responses)


def test_without_noise_the_responses_are_the_steady_states_of_the_truth():
    """The whole 30-node system, drugs as nodes driven from outside, gives the same measured values."""
    screen = simulate_demo(noise=0.0)
    doses = screen.design.toarray()
    inputs = np.hstack([np.zeros(screen.shape), doses])
    gains = _fitted_scales(screen)
    state = solve_steady_state(screen.truth.matrix(), gains, inputs)
    np.testing.assert_allclose(state[:, :22], screen.responses, atol=1e-5)


def _fitted_scales(screen):
    """s of each node, from the first condition that moves it: x = s tanh(W x + A tanh(dose))."""
    matrix = screen.truth.matrix()
    whole = np.hstack([screen.responses, np.tanh(screen.design.toarray())])
    driven = np.tanh(whole @ matrix.T)[:, :22]
    row = np.abs(driven).argmax(0)
    columns = np.arange(22)
    return np.concatenate([screen.responses[row, columns] / driven[row, columns], np.ones(len(DRUGS))])


def test_the_truth_is_sparse_and_settles():
    screen = simulate_demo()
    matrix = screen.truth.matrix()
    assert np.all(np.diag(matrix) == 0)
    assert 0.04 < np.mean(matrix != 0) < 0.12
    assert np.all(matrix[:, 18:22] == 0)
    assert np.all(matrix[22:] == 0)
    assert np.linalg.norm(matrix[:18, :18], 2) < 0.85 / 0.8


def test_targets_are_those_of_the_truth():
    screen = simulate_demo()
    edges = screen.truth.edges
    for perturbation in screen.perturbations:
        own = edges[edges["source"] == perturbation.name]
        assert dict(zip(own["target"], np.sign(own["weight"]), strict=True)) == dict(perturbation.targets)


@pytest.mark.parametrize(("interaction", "low", "high"), [(2.5, 0.1, 0.4), (0.1, 0.0, 0.01)])
def test_pairs_are_additive_only_where_asked_for(interaction, low, high):
    screen = simulate_demo(noise=0.0, interaction=interaction)
    effects = effects_of(screen, np.arange(screen.shape[0]))
    values = dict(zip(effects.conditions, effects.values, strict=True))
    pairs = [condition for condition in values if condition.is_combination]
    observed = np.array([values[pair] for pair in pairs])
    added = np.array([sum(values[Condition((dose,))] for dose in pair.doses) for pair in pairs])
    assert low <= ((observed - added) ** 2).sum() / (observed**2).sum() < high
    assert {dose for pair in pairs for _, dose in pair.doses} == {DOSES[-1]}


def test_replicates_differ_by_the_noise_that_was_asked_for():
    screen = simulate_demo(noise=0.05)
    controls = screen.responses[screen.is_control]
    assert controls.std() == pytest.approx(0.05, rel=0.1)
