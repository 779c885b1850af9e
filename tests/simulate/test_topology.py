import numpy as np
import pytest

from semimech.simulate.motifs import MOTIFS, motif
from semimech.simulate.topology import Topology, random_network
from semimech.support.errors import UserError


def test_random_networks_have_the_size_signs_and_hubs_asked_for():
    network = random_network(np.random.default_rng(0), 500, 40, 3.0, 0.7)
    weights = network.matrix()
    assert len(network.nodes) == 500
    assert not weights[:, 40:].any()
    assert np.all(np.diag(weights) == 0)
    assert len(network.edges) / 500 == pytest.approx(3, rel=0.1)
    assert (network.edges["weight"] > 0).mean() == pytest.approx(0.7, abs=0.05)
    out, into = (weights != 0).sum(0)[:40], (weights != 0).sum(1)
    assert out.max() > 3 * np.median(out)
    assert into.max() < 15


@pytest.mark.parametrize("regulators", [1, 3])
def test_the_only_regulators_may_all_regulate_a_node(regulators):
    network = random_network(np.random.default_rng(0), 8, regulators, 20.0, 1.0)
    expected = np.repeat(np.arange(8)[None] < regulators, 8, axis=0) & ~np.eye(8, dtype=bool)
    np.testing.assert_array_equal(network.matrix() != 0, expected)


def test_strengths_are_drawn_from_their_range():
    network = Topology(nodes=200, strength=(0.2, 0.3)).build(np.random.default_rng(0), None)
    size = network.edges["weight"].abs()
    assert 0.2 <= size.min() < size.max() <= 0.3


@pytest.mark.parametrize("name", MOTIFS)
def test_motifs_stand_side_by_side(name):
    one, three = motif(name), motif(name, 3)
    n = len(one.nodes)
    assert len(three.nodes) == 3 * n
    np.testing.assert_array_equal(three.matrix(), np.kron(np.eye(3), one.matrix()))


def test_a_feed_forward_loop_is_one():
    assert motif("incoherent-feed-forward").matrix().tolist() == [[0, 0, 0], [1, 0, 0], [1, -1, 0]]


def test_weights_of_a_file_are_kept_unless_a_strength_is_asked_for(tmp_path):
    (tmp_path / "net.csv").write_text("source,target,weight\nA,B,-2\nB,C,1\n")
    random = np.random.default_rng(0)
    kept = Topology(kind="file", file="net.csv").build(random, tmp_path)
    assert kept.edges["weight"].tolist() == [-2, 1]
    drawn = Topology(kind="file", file="net.csv", strength=(1, 1)).build(random, tmp_path)
    assert drawn.edges["weight"].tolist() == [-2, 1]


def test_all_topologies_of_beeline_can_be_simulated_from(data_folder):
    for path in sorted((data_folder / "beeline").glob("*.csv")):
        network = Topology(kind="file", file=path.name, strength=(0.5, 1)).build(np.random.default_rng(0), path.parent)
        assert 5 <= len(network.nodes) <= 19
        assert network.edges["weight"].abs().between(0.5, 1).all()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"kind": "randon"}, "did you mean random"),
        ({"kind": "motif", "motif": "cascad"}, "did you mean cascade"),
        ({"nodes": 1}, "nodes of the section \\[topology\\] is 1"),
        ({"nodes": 5, "regulators": 6}, "regulators .* is 6: give a number from 0 to 5"),
        ({"kind": "file"}, "together"),
        ({"file": "net.csv"}, "together"),
        ({"strength": (2, 1)}, "positive low and high"),
        ({"strength": ("a", "b")}, "positive low and high"),
    ],
)
def test_options_that_do_not_fit_are_said(options, says):
    with pytest.raises(UserError, match=says):
        Topology(**options)
