"""Rankings, paths, omissions, known pairs, and the words about them."""

import numpy as np
import pandas as pd
import pytest
from tests.evaluate.interventions.test_table import screen_of

from semimech.data.network import Network
from semimech.data.readers.known_pairs import KnownPairs
from semimech.data.screen import Screen
from semimech.evaluate.interventions import Rules, intervention_table, score_network
from semimech.evaluate.interventions.biology import known_edges
from semimech.evaluate.interventions.paths import reached
from semimech.evaluate.interventions.rankings import correlation_ranking, network_ranking, ranked
from semimech.evaluate.interventions.scores import at, counts_up_to, curves, false_omission_rate
from semimech.support.errors import UserError


@pytest.fixture(scope="module")
def screen() -> Screen:
    """g0 lowers g1, which raises g2; g2 does nothing."""
    random = np.random.default_rng(2)
    given = np.repeat([-1, 0, 1, 2], [200, 60, 60, 60])
    values = random.normal(size=(len(given), 8)).astype(np.float32)
    values[given == 0, 1] += 2
    values[given == 0, 2] += 1.5
    values[given == 1, 2] -= 2
    return screen_of(values, given, "log-ratio", sparse=False)


@pytest.fixture(scope="module")
def table(screen):
    return intervention_table(screen)


def edges(*named: tuple[str, str, float]) -> Network:
    frame = pd.DataFrame(named, columns=["source", "target", "weight"])
    return Network(tuple(dict.fromkeys([*frame["source"], *frame["target"]])), frame)


@pytest.mark.parametrize("hops", [1, 2, 3, None])
def test_paths_are_those_of_matrix_powers(hops):
    random = np.random.default_rng(3)
    adjacency = random.random((12, 12)) < 0.12
    source, target = np.nonzero(adjacency)
    found = reached(np.arange(12), source, target, 12, hops)
    power, expected = np.eye(12), np.zeros((12, 12), bool)
    for _ in range(hops or 12):
        power = (power @ adjacency > 0).astype(float)
        expected |= power > 0
    np.testing.assert_array_equal(found, expected)


def test_a_false_omission_is_a_true_pair_that_no_path_joins(table):
    true = table.q_value <= 0.05
    assert {tuple(pair) for pair in np.argwhere(true)} == {(0, 1), (0, 2), (1, 2)}
    chain = np.ravel_multi_index(([0, 1], [1, 2]), true.shape)
    size = int(table.tested.sum())
    assert false_omission_rate(table, chain, Rules(hops=1)) == pytest.approx(1 / (size - 2))
    assert false_omission_rate(table, chain, Rules(hops=2)) == 0.0
    elsewhere = edges(("g0", "u", 1.0), ("u", "g1", 1.0))
    found = at(table, chain[1:], Rules(hops=None), elsewhere)
    assert (found["false_omission_rate"], found["precision"], found["found"]) == (0.0, 1.0, 1)
    assert found["recall"] == pytest.approx(1 / 3)


def test_the_rules_of_causalbench_are_uncorrected(table):
    rules = Rules(compat=True, hops=1)
    expected = table.p_value[table.tested] < 0.05
    assert rules.true(table).sum() == expected.sum()
    assert false_omission_rate(table, np.zeros(0, int), rules) == pytest.approx(expected.mean())
    assert Rules().compat is False


def test_curves_are_running_means_and_random_is_the_mean_of_all(table):
    own = ranked("own", table.wasserstein, table)
    found = curves(table, [own], Rules())
    part = found[found["ranking"] == "own"].set_index("edges")
    best = np.sort(table.wasserstein[table.tested])[::-1]
    for count in part.index:
        assert part.at[count, "wasserstein"] == pytest.approx(best[:count].mean())
    random = found[found["ranking"] == "random"]
    np.testing.assert_allclose(random["wasserstein"], best.mean())
    assert random["upper_precision"].iloc[-1] == pytest.approx(random["precision"].iloc[-1])
    assert 1000 in counts_up_to(5000)


def test_edges_rank_by_strength_and_those_that_cannot_be_tested_are_left_out(table):
    network = edges(("g0", "g1", 0.5), ("g1", "g2", -2.0), ("g5", "g1", 9.0), ("g0", "no such", 1.0))
    ranking, weights = network_ranking("mine", network, table)
    assert ranking.pairs.tolist() == [1 * 8 + 2, 0 * 8 + 1]
    assert weights[1, 2] == -2.0


def test_correlations_are_those_of_numpy(screen, table):
    ranking = correlation_ranking(screen, np.arange(screen.shape[0]), table)
    correlation = np.abs(np.corrcoef(screen.responses.astype(float).T))[:3]
    expected = np.argsort(-np.where(table.tested, correlation, -1).ravel(), kind="stable")[: len(ranking.pairs)]
    assert ranking.pairs.tolist() == expected.tolist()


def test_known_pairs_by_chance_are_those_of_random_networks():
    random = np.random.default_rng(1)
    names = [f"g{i}" for i in range(12)]
    edge, known = random.random((2, 5, 12)) < 0.3
    pairs = pd.DataFrame(
        [(names[i], names[j]) for i, j in zip(*known.nonzero(), strict=True)], columns=["source", "target"]
    )
    found = known_edges("t", pairs, names[:5], names, edge, directed=True)
    possible = ~np.eye(5, 12, dtype=bool)
    edge, known = edge & possible, known & possible
    assert (found.shared, found.edges, found.known) == ((edge & known).sum(), edge.sum(), known.sum())
    drawn = np.zeros(3000)
    for i in range(5):
        good = known[i][possible[i]]
        drawn += [random.permutation(good)[: edge[i].sum()].sum() for _ in range(len(drawn))]
    assert found.expected == pytest.approx(drawn.mean(), abs=0.1)
    assert found.p_value == pytest.approx((drawn >= found.shared).mean(), abs=0.03)
    assert ((drawn >= found.lower) & (drawn <= found.upper)).mean() >= 0.93
    turned = pairs.set_axis(["target", "source"], axis=1)
    either = known_edges("t", turned, names[:5], names, edge, directed=False)
    assert either.shared >= found.shared


def test_a_network_is_judged_beside_what_needs_none(screen):
    truth = edges(("g0", "g1", -1.0), ("g1", "g2", 1.0))
    table = pd.DataFrame({"source": ["g0"], "target": ["g1"], "weight": [0.0]})
    score = score_network(screen, truth, name="truth", known=[KnownPairs("mine", table, True)])
    rows = score.matched.set_index("ranking")
    assert rows.index.tolist() == ["truth", "direct", "|correlation|", "random"]
    assert rows.at["truth", "precision"] == 1.0
    assert rows.at["truth", "false_omission_rate"] < 0.06
    assert score.signs == 1.0
    assert (score.known[0].shared, score.listed, len(score.edges)) == (1, 2, 2)
    assert "2 of the 2 edges of truth could be tested" in score.sentences[0]
    assert score.as_dict()["matched"][0]["found"] == 2
    more = score_network(screen, edges(("g0", "g1", -1.0), ("u", "g2", 1.0)), name="direct")
    assert more.name == "direct (given)"
    assert more.sentences[1] == "Left out: 1 edge of direct (given) with genes that the screen does not have: u."


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (("u", "v"), "does not know u"),
        (("g5", "g1"), "none leads from a perturbed gene"),
        (("g0", "v"), "does not know v"),
    ],
)
def test_networks_that_cannot_be_tested_are_told(screen, named, words):
    with pytest.raises(UserError, match=words):
        score_network(screen, edges((*named, 1.0)))
