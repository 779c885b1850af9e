import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve

from semimech.data.effects import effects_of
from semimech.data.network import Network
from semimech.evaluate.recovery import average_precision, correlation_network, precision_recall, recovery
from semimech.simulate.demo import simulate_demo
from semimech.support.errors import UserError


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("levels", [3, 10, 10_000])
def test_auprc_agrees_with_scikit_learn_with_and_without_ties(seed, levels):
    random = np.random.default_rng(seed)
    strength = random.integers(0, levels, 200) / levels
    real = random.random(200) < 0.1
    precision, recall = precision_recall(strength, real)
    assert average_precision(precision, recall) == pytest.approx(average_precision_score(real, strength))
    theirs = precision_recall_curve(real, strength, drop_intermediate=False)
    np.testing.assert_allclose(precision[::-1], theirs[0][:-1])
    np.testing.assert_allclose(recall[::-1], theirs[1][:-1])


def test_the_truth_recovers_itself():
    truth = simulate_demo().truth
    own = recovery(truth, truth)
    assert (own.auprc, own.sign_accuracy, own.found) == (1.0, 1.0, own.edges)
    assert own.pairs == 22 * 26 - 18
    assert own.base_rate == pytest.approx(len(truth.edges) / own.pairs)


def test_nothing_found_is_the_base_rate_and_no_sign():
    truth = simulate_demo().truth
    nothing = recovery(Network(truth.nodes, truth.edges.iloc[:0], truth.roles), truth)
    assert nothing.auprc == pytest.approx(nothing.base_rate)
    assert np.isnan(nothing.sign_accuracy)
    assert (nothing.found, nothing.listed) == (0, 0)


def test_self_loops_do_not_count_and_flipped_signs_do():
    truth = simulate_demo().truth
    matrix = -truth.matrix() + 5 * np.eye(30)
    flipped = recovery(Network.from_matrix(matrix, truth.nodes, truth.roles), truth)
    assert flipped.auprc == 1.0
    assert flipped.sign_accuracy == 0.0


def test_against_a_slow_naive_version_on_other_nodes_in_another_order():
    truth = simulate_demo(1).truth
    random = np.random.default_rng(0)
    nodes = [*random.permutation(truth.nodes)[:25], "unheard of"]
    weights = random.standard_normal((26, 26)) * (random.random((26, 26)) < 0.3)
    frequency = random.random((26, 26))
    guess = Network.from_matrix(weights, nodes, (), {"stability": frequency})
    edges = {(e["source"], e["target"]): e for e in guess.edges.to_dict("records")}
    real = {(e["source"], e["target"]): e["weight"] for e in truth.edges.to_dict("records")}
    strength, is_real, right = [], [], []
    for source, source_role in zip(truth.nodes, truth.roles, strict=True):
        for target, target_role in zip(truth.nodes, truth.roles, strict=True):
            if source == target or source_role == "phenotype" or target_role == "input":
                continue
            edge = edges.get((source, target))
            strength.append(abs(edge["weight"]) * edge["stability"] if edge else 0.0)
            is_real.append((source, target) in real)
            if edge and edge["weight"] and is_real[-1]:
                right.append(np.sign(edge["weight"]) == np.sign(real[source, target]))
    found = recovery(guess, truth)
    assert found.auprc == pytest.approx(average_precision_score(is_real, strength))
    assert found.sign_accuracy == pytest.approx(np.mean(right))
    assert found.found == len(right)


def test_correlation_network_agrees_with_pandas():
    screen = simulate_demo()
    effects = effects_of(screen, np.arange(screen.shape[0]))
    roles = tuple(screen.features["role"])
    network = correlation_network(effects.values, effects.features, effects.design, effects.perturbations, roles)
    table = pd.DataFrame(np.hstack([effects.values, np.tanh(effects.design)]), columns=list(network.nodes))
    expected = table.corr().to_numpy()
    matrix = network.matrix()
    np.testing.assert_allclose(matrix[0, 1:18], expected[0, 1:18], atol=1e-6)
    np.testing.assert_allclose(matrix[5, 22:], expected[5, 22:], atol=1e-6)
    assert not matrix[22:].any()
    assert not matrix[:, 18:22].any()
    correlated = recovery(network, screen.truth, "correlation")
    assert correlated.base_rate < correlated.auprc < 0.6


def test_a_truth_without_edges_is_refused():
    empty = Network(("a", "b"), pd.DataFrame({"source": [], "target": [], "weight": []}))
    with pytest.raises(UserError, match="no edge"):
        recovery(empty, empty)
