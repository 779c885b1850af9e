"""Networks of whole screens."""

from dataclasses import replace

import numpy as np
import pytest

from semimech.data.screen import normalise
from semimech.data.splits import split_screen
from semimech.evaluate.evidence import edge_evidence
from semimech.evaluate.strength import strongest_first
from semimech.models.direct import METHODS, clamps_of, screen_network
from semimech.models.effects import EffectEstimator
from semimech.models.storage import load_fitted, save_fitted
from semimech.support.errors import UserError


def pairs(edges):
    return list(zip(edges["source"], edges["target"], strict=True))


def test_direct_edges_stand_first_and_the_indirect_one_does_not(counts):
    network = screen_network(counts)
    best = pairs(strongest_first(network.edges))[:3]
    assert set(best) == {("a", "b"), ("b", "c"), ("e", "d")}
    edges = network.edges.set_index(["source", "target"])
    assert (edges.loc[best, "q_value"] < 1e-6).all()
    assert (edges.loc[best, "weight"] > 0).all()
    assert ("a", "c") not in edges.index or edges.at[("a", "c"), "q_value"] > 0.1
    assert dict(zip(network.nodes, network.roles, strict=True))["e"] == "input"
    bare = screen_network(counts, method="direct").edges.set_index(["source", "target"])
    assert bare.at[("a", "c"), "q_value"] < 1e-6


@pytest.mark.parametrize("method", METHODS)
def test_every_method_ranks_pairs_from_perturbed_genes(counts, method):
    edges = screen_network(counts, method=method, most_edges=50).edges
    assert len(edges) <= 50
    assert set(edges["source"]) <= {"a", "b", "e"}
    assert (edges["source"] != edges["target"]).all()
    assert (edges["score"].diff().dropna() <= 0).all()


def test_partial_correlations_are_those_of_the_inverse(counts):
    edges = screen_network(counts, method="partial-correlation").edges.set_index(["source", "target"])
    control = normalise(counts.responses[counts.is_control].toarray(), "counts").astype(float)
    correlation = np.corrcoef(control.T)
    names = counts.feature_names
    # Shrunk as by Schaefer and Strimmer: the off-diagonal times one factor.
    off = ~np.eye(len(names), dtype=bool)
    factor = 1 - ((1 - correlation[off] ** 2) ** 2).sum() / (len(control) - 1) / (correlation[off] ** 2).sum()
    inverse = np.linalg.inv(np.where(off, max(factor, 0.0) * correlation, 1.0))
    expected = -inverse[0, 1] / np.sqrt(inverse[0, 0] * inverse[1, 1])
    found = edges["weight"].get(("a", "b"), 0.0)
    assert found == pytest.approx(expected, abs=1e-6)


def test_a_knock_out_is_held_at_least_as_far_as_its_readout_fell(counts):
    clamps = clamps_of(counts, np.arange(counts.shape[0]))
    assert clamps.levels[0, 0] <= clamps.values[0, 0]
    assert clamps.columns.tolist() == [0, 1, -1]
    assert clamps_of(counts, np.arange(counts.shape[0]), dose=2.0).levels[1, 1] == -2.0


def test_a_transcript_that_is_not_seen_has_an_error(counts):
    few = counts.responses.toarray()
    few[np.ix_(counts.design.toarray()[:, 2] > 0, [5])] = 0
    screen = replace(counts, responses=few, _effects={})
    clamps = clamps_of(screen, np.arange(screen.shape[0]))
    assert clamps.errors[2, 5] >= 0.8 * np.median(clamps.errors[:2, 5])


def test_drugs_have_no_network_of_clamps(counts):
    drugs = tuple(replace(p, kind="drug") for p in counts.perturbations)
    with pytest.raises(UserError, match="fewer than two perturbed genes"):
        screen_network(replace(counts, perturbations=drugs))


def test_effects_bring_the_network_and_keep_it(counts, tmp_path):
    fitted = EffectEstimator().fit(counts, split_screen(counts, "cells")[0])
    save_fitted(fitted, tmp_path)
    network = load_fitted(tmp_path).network()
    assert pairs(network.edges) == pairs(fitted.network().edges)
    assert edge_evidence(counts).attach(network) is network
