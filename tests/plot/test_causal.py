"""Causal graphs in layers."""

import networkx as nx
import numpy as np
import pytest

from semimech.audit.causal import BIOACTIVITY, CausalGraph, Variable
from semimech.plot.causal import causal_picture
from semimech.plot.layers import layered
from semimech.plot.style import to_svg


@pytest.mark.parametrize("seed", range(5))
def test_causes_stand_left_and_each_column_passed_has_a_bend(seed: int) -> None:
    arrows = np.triu(np.random.default_rng(seed).random((9, 9)) < 0.3, 1)
    parents = {str(j): [str(i) for i in np.flatnonzero(arrows[:, j])] for j in range(9)}
    found = layered(parents)
    graph = nx.DiGraph([(cause, effect) for effect, causes in parents.items() for cause in causes])
    graph.add_nodes_from(parents)
    depth = {name: layer for layer, names in enumerate(nx.topological_generations(graph)) for name in names}
    assert {name: column for name, (column, _) in found.place.items()} == pytest.approx(depth)
    points = [*found.place.values(), *(bend for way in found.bends.values() for bend in way)]
    assert len(set(points)) == len(points)
    for (cause, effect), way in found.bends.items():
        assert [column for column, _ in way] == list(range(depth[cause] + 1, depth[effect]))


def test_few_arrows_cross() -> None:
    place = layered({"a": [], "b": [], "c": ["b"], "d": ["a"]}).place
    assert (place["a"][1] - place["b"][1]) * (place["d"][1] - place["c"][1]) > 0


def test_hidden_variables_are_dashed() -> None:
    shown = to_svg(causal_picture(BIOACTIVITY, ("C", "M"), "Y", ("E",)))
    assert shown.count("stroke-dasharray") == 2  # the mechanism, and the legend's line
    alone = CausalGraph((Variable("only"),))
    assert "stroke-dasharray" not in to_svg(causal_picture(alone, (), "only"))
