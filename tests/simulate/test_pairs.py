import numpy as np
import pytest

from semimech.data.effects import effects_of
from semimech.simulate.pairs import non_additivity_of, simulate_pairs
from semimech.simulate.steady_state import solve_steady_state
from semimech.support.errors import UserError


@pytest.mark.parametrize(("wanted", "offset"), [(0.03, 0.0), (0.49, 0.0), (0.2, 0.5)])
def test_the_pairs_are_as_far_from_additive_as_asked(wanted, offset):
    screen = simulate_pairs(3, nodes=12, pairs=40, non_additivity=wanted, offset=offset, noise=0.0)
    effects = effects_of(screen, np.arange(screen.shape[0]))
    order = np.argsort([len(condition.names) for condition in effects.conditions], kind="stable")
    assert non_additivity_of(effects.values[order].astype(float), effects.design[order]) == pytest.approx(wanted, 1e-3)


def test_without_noise_and_offset_the_responses_are_the_steady_states_of_the_truth():
    screen = simulate_pairs(1, nodes=10, pairs=20, noise=0.0)
    matrix = screen.truth.matrix()
    inputs = screen.design.toarray() @ matrix[:10, 10:].T
    argument = screen.responses @ matrix[:10, :10].T + inputs
    scale = np.median(screen.responses / np.tanh(argument), axis=0)
    np.testing.assert_allclose(solve_steady_state(matrix[:10, :10], scale, inputs), screen.responses, atol=1e-5)
    assert np.linalg.norm(scale[:, None] * matrix[:10, :10], 2) == pytest.approx(0.85, abs=1e-4)


def test_errors_are_of_the_size_asked_for():
    quiet, noisy = (simulate_pairs(2, noise=noise, replicates=4) for noise in (0.0, 0.1))
    rows = np.arange(quiet.shape[0])
    truth, found = effects_of(quiet, rows), effects_of(noisy, rows)
    singles = np.array([not condition.is_combination for condition in truth.conditions])
    error = (found.values - truth.values).std()
    assert error == pytest.approx(0.1 * truth.values[singles].std(), rel=0.1)
    assert noisy.shape == (4 * 180, 30)


def test_targets_are_the_edges_of_the_drugs():
    screen = simulate_pairs(5, nodes=12, pairs=10, reach=0.6, non_additivity=0.05)
    edges = screen.truth.edges
    for perturbation in screen.perturbations:
        own = edges[edges["source"] == perturbation.name].set_index("target")["weight"]
        pushes = {target: own[target] / weight for target, weight in perturbation.targets.items()}
        assert len(own) == len(pushes) >= 1
        assert np.ptp(list(pushes.values())) < 1e-9


def test_what_no_push_can_give_is_refused():
    with pytest.raises(UserError, match=r"No push gives a non-additivity of 0\.9"):
        simulate_pairs(0, nodes=12, pairs=10, non_additivity=0.9, reach=0.1)
