"""d-separation against networkx, adjustment sets against the algebra of linear models, on random graphs."""

from itertools import chain, combinations
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from semimech.audit.causal.graph import BIOACTIVITY, CausalGraph, Variable, as_toml, read_graph
from semimech.audit.causal.identification import adjustment_sets, identify
from semimech.audit.causal.separation import d_separated
from semimech.support.errors import UserError


def random_graph(generator: np.random.Generator, size: int, density: float = 0.4) -> CausalGraph:
    order = generator.permutation(size)
    arrows = np.tril(generator.random((size, size)) < density, -1)[np.argsort(order)][:, np.argsort(order)]
    observed = generator.random(size) < 0.8
    return CausalGraph(
        tuple(
            Variable(f"v{row}", "", tuple(f"v{cause}" for cause in np.flatnonzero(arrows[row])), bool(observed[row]))
            for row in range(size)
        )
    )


def subsets(names: list[str]) -> list[frozenset[str]]:
    return [frozenset(one) for one in chain.from_iterable(combinations(names, size) for size in range(len(names) + 1))]


def test_separation_is_that_of_networkx() -> None:
    generator = np.random.default_rng(0)
    for _ in range(40):
        graph = random_graph(generator, 7)
        other = nx.DiGraph([(cause, name) for name, causes in graph.parents.items() for cause in causes])
        other.add_nodes_from(graph.parents)
        for _ in range(15):
            roles = generator.choice(4, size=7, p=[0.2, 0.2, 0.3, 0.3])
            first, second, given = ({f"v{row}" for row in np.flatnonzero(roles == role)} for role in range(3))
            if first and second:
                expected = nx.is_d_separator(other, first, second, given)
                assert d_separated(graph, first, second, given) == expected


def linear_effects(graph: CausalGraph, causes: list[str], outcome: str, generator: np.random.Generator):
    """The covariance of a linear model on the graph, and the effects of setting the causes together."""
    names = list(graph.parents)
    weights = np.array([[float(cause in graph.parents[name]) for cause in names] for name in names])
    weights *= generator.uniform(0.5, 1.5, weights.shape) * generator.choice([-1, 1], weights.shape)
    mixing = np.linalg.inv(np.eye(len(names)) - weights)
    covariance = mixing @ np.diag(generator.uniform(0.5, 2, len(names))) @ mixing.T
    rows = [names.index(cause) for cause in causes]
    weights[rows] = 0.0
    return covariance, np.linalg.inv(np.eye(len(names)) - weights)[names.index(outcome), rows], names


@pytest.mark.parametrize("count", [1, 2])
def test_the_least_sets_are_those_that_give_the_effect_of_a_linear_model(count: int) -> None:
    generator = np.random.default_rng(count)
    told = {True: 0, False: 0}
    for _ in range(40):
        graph = random_graph(generator, 6)
        chosen = [str(one) for one in generator.permutation(list(graph.parents))[: count + 1]]
        causes, outcome = chosen[:-1], chosen[-1]
        covariance, effects, names = linear_effects(graph, causes, outcome, generator)
        right: list[frozenset[str]] = []
        for given in subsets(sorted(graph.observed - set(chosen))):
            rows = [names.index(one) for one in (*causes, *sorted(given))]
            slopes = np.linalg.solve(covariance[np.ix_(rows, rows)], covariance[rows, names.index(outcome)])
            if np.allclose(slopes[:count], effects, atol=1e-9) and not any(least <= given for least in right):
                right.append(given)
        found = list(adjustment_sets(graph, causes, outcome))
        assert set(found) == set(right)
        told[bool(right)] += 1
    assert min(told.values()) > 2


def test_the_effect_of_structure_under_one_mechanism() -> None:
    pooled = identify(BIOACTIVITY, ["C", "M"], "Y")
    assert not pooled.identified
    assert pooled.unmeasured == ("M",)
    assert "M (mechanism) is neither measured nor held fixed" in pooled.sentence
    series = identify(BIOACTIVITY, ["C", "M"], "Y", fixed=["M"])
    assert series.identified
    assert set(series.adjust_for) == {frozenset("E"), frozenset("S")}
    assert "adjust for E (assay context), or for S (series), in data that hold M (mechanism) fixed" in series.sentence
    assert set(identify(BIOACTIVITY, ["C", "M"], "Y", fixed=["M", "S"]).adjust_for) == {frozenset()}


def test_the_open_path_is_told_where_the_assay_is_not_recorded() -> None:
    blind = CausalGraph(
        tuple(Variable(v.name, v.meaning, v.causes, v.observed and v.name not in "SE") for v in BIOACTIVITY.variables)
    )
    answer = identify(blind, ["C"], "Y")
    assert not answer.identified
    assert answer.path == ("C <-", "S ->", "E ->", "A ->", "Y")
    assert "C <- S -> E -> A -> Y" in answer.sentence


def test_a_graph_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "graph.toml"
    path.write_text(as_toml(BIOACTIVITY), encoding="utf-8")
    assert read_graph(path) == BIOACTIVITY


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"must hold sections such as \[variables.A\]"),
        ("[variables.A]\ncauses = ['B']", "has no variable B, named as a cause of A"),
        ("[variables.A]\ncauses = ['B']\n[variables.B]\ncauses = ['A']", "has a cycle"),
        ("[variables.A]\nparents = ['B']", "unknown key 'parents'"),
        ("[variables.A]\nobserved = 'no'", "observed is 'no'"),
        ("[variables]\nA = 3", "is not a section"),
    ],
)
def test_what_is_no_graph_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "graph.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=sentence):
        read_graph(path)


def test_a_question_must_name_variables() -> None:
    with pytest.raises(UserError, match="no variable Q"):
        identify(BIOACTIVITY, ["Q"], "Y")
    with pytest.raises(UserError, match="no cause other than its outcome"):
        identify(BIOACTIVITY, ["Y"], "Y")
