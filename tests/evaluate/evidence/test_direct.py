"""Evidence of every edge: uniform without a network, calibrated with one, silent where nothing can be told."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest
from tests.evaluate.evidence.knockouts import NODES, knock_out_screen, random_weights

from semimech.data.network import Network
from semimech.evaluate.evidence import edge_evidence


def test_without_a_network_p_values_are_uniform() -> None:
    nothing = np.zeros((NODES, NODES))
    found = [edge_evidence(knock_out_screen(nothing, np.random.default_rng(seed))) for seed in range(12)]
    p = np.concatenate([one.p_value[one.identifiable] for one in found])
    assert len(p) == 12 * NODES * (NODES - 1)
    assert kstest(p, "uniform").pvalue > 0.01
    assert np.mean([(one.q_value <= 0.2).any() for one in found]) <= 0.5


def test_false_edges_are_as_many_as_the_q_value_says() -> None:
    shares, power = [], []
    for seed in range(24):
        random = np.random.default_rng([seed, 5])
        weights = random_weights(random)
        found = edge_evidence(knock_out_screen(weights, random, noise=0.1))
        called = found.q_value <= 0.2
        shares.append((called & (weights == 0)).sum() / max(called.sum(), 1))
        power.append(called[weights != 0].mean())
    error = np.std(shares) / np.sqrt(len(shares))
    assert abs(np.mean(shares) - 0.2) < 3 * error
    assert np.mean(power) > 0.8


def test_weights_and_errors_are_those_of_the_truth() -> None:
    random = np.random.default_rng(6)
    weights = random_weights(random)
    found = edge_evidence(knock_out_screen(weights, random))
    scaled = (found.weight - weights)[found.identifiable] / found.error[found.identifiable]
    assert 0.7 < np.std(scaled) < 1.4
    assert "possible edges between nodes are identifiable" in found.sentences[0]
    assert 0 < found.smallest_drive() < 1


def test_few_perturbations_leave_edges_open() -> None:
    random = np.random.default_rng(7)
    found = edge_evidence(knock_out_screen(random_weights(random), random, knocked=6))
    assert not found.identifiable.any()
    assert np.isnan(found.q_value).all()
    assert "No edge between nodes is identifiable" in found.sentences[0]


def test_a_perturbation_with_unknown_targets_tells_nothing() -> None:
    random = np.random.default_rng(8)
    weights = random_weights(random)
    known = edge_evidence(knock_out_screen(weights, np.random.default_rng(9)))
    unknown = edge_evidence(knock_out_screen(weights, np.random.default_rng(9), unknown=(0, 1, 2)))
    assert known.identifiable.sum() == NODES * (NODES - 1)
    assert unknown.identifiable.sum() < known.identifiable.sum() / 2


def test_without_replicates_there_is_no_q_value() -> None:
    random = np.random.default_rng(10)
    screen = knock_out_screen(random_weights(random), random, replicates=1)
    found = edge_evidence(screen)
    assert found.identifiable.sum() == NODES * (NODES - 1)
    assert np.isnan(found.q_value).all()
    assert "the noise is unknown" in found.sentences[1]
    few = edge_evidence(knock_out_screen(random_weights(random), random, replicates=1, knocked=5))
    assert not few.identifiable.any()


def test_only_the_rows_given_count() -> None:
    random = np.random.default_rng(11)
    screen = knock_out_screen(random_weights(random), random)
    some = np.arange(0, screen.shape[0], 2)
    np.testing.assert_array_equal(edge_evidence(screen, some).p_value, edge_evidence(screen.take(some)).p_value)


def test_attached_to_a_network_edge_by_edge() -> None:
    random = np.random.default_rng(12)
    weights = random_weights(random)
    screen = knock_out_screen(weights, random)
    found = edge_evidence(screen)
    nodes = (*found.nodes[::-1], "drug")
    guess = np.zeros((NODES + 1, NODES + 1))
    guess[:NODES, :NODES] = weights[::-1, ::-1]
    guess[2, 4] = -5 * np.sign(found.weight[NODES - 3, NODES - 5])
    guess[1, NODES] = 1.0
    edges = found.attach(Network.from_matrix(guess, nodes)).edges.set_index(["source", "target"])
    for (source, target), edge in edges.iterrows():
        if source == "drug":
            assert not edge["identifiable"]
            assert np.isnan(edge["q_value"])
            continue
        i, k = int(target[1:]), int(source[1:])
        agrees = np.sign(edge["weight"]) == np.sign(found.weight[i, k])
        assert edge["q_value"] == (pytest.approx(found.q_value[i, k]) if agrees else 1.0)
    assert edges.loc[(nodes[4], nodes[2]), "q_value"] == 1.0


def test_too_many_nodes_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(13)
    screen = knock_out_screen(random_weights(random), random)
    monkeypatch.setattr("semimech.evaluate.evidence.direct.MOST_NODES", NODES - 1)
    found = edge_evidence(screen)
    assert "too many" in found.sentences[0]
    assert screen.truth is not None
    attached = found.attach(screen.truth).edges
    assert not attached["identifiable"].any()
    assert attached["q_value"].isna().all()
    assert edge_evidence(replace(screen, _effects={})).nodes == screen.feature_names
