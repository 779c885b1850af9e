"""How perturbations become inputs and clamps."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.models.cellbox.screens import drug_screen, knockout_screen

from semimech.data.condition import Condition
from semimech.data.effects import effects_of
from semimech.models.cellbox.nodes import map_nodes


def test_drugs_drive_through_input_nodes() -> None:
    screen = drug_screen()
    nodes = map_nodes(screen, effects_of(screen, np.arange(screen.shape[0])), "auto", 400)
    assert nodes.inputs == ("dA", "dB", "dC", "dD")
    assert nodes.clamped == ()
    assert nodes.input_features.tolist() == [-1] * 4
    assert [nodes.features[j] for j in nodes.readouts] == ["growth"]
    doses = nodes.doses([Condition((("dA", 0.5), ("dC", 1.5)))])
    np.testing.assert_allclose(doses, [[0.5, 0, 1.5, 0]])


def test_a_measured_input_node_is_found_by_name_and_never_fitted() -> None:
    screen = drug_screen()
    features = pd.DataFrame({"role": ["input", *screen.features["role"]]}, index=["dB", *screen.feature_names])
    values = np.column_stack([np.ones(screen.shape[0], np.float32), screen.responses])
    screen = replace(screen, responses=values, features=features, _effects={})
    nodes = map_nodes(screen, effects_of(screen, np.arange(screen.shape[0])), "auto", 400)
    assert nodes.input_features.tolist() == [-1, 0, -1, -1]
    assert 0 not in nodes.observed


def test_knock_outs_clamp_their_measured_target() -> None:
    screen = knockout_screen()
    effects = effects_of(screen, np.arange(screen.shape[0]))
    nodes = map_nodes(screen, effects, "auto", 400)
    assert nodes.clamped == ("A", "B", "C", "D")
    assert nodes.inputs == ("absent",)
    row = [c.names for c in effects.conditions].index(("A",))
    assert nodes.clamp_levels[0] == pytest.approx(effects.values[row, 0])
    clamped, level = nodes.clamps([Condition((("A", 1.0), ("B", 1.0))), Condition((("absent", 1.0),))])
    assert clamped.sum(1).tolist() == [2, 0]
    assert level[0, 0] == nodes.clamp_levels[0]


def test_an_unseen_knock_out_leaves_nothing() -> None:
    screen = knockout_screen()
    rows = np.flatnonzero(np.asarray(screen.design[:, [0]].todense()).ravel() == 0)
    effects = effects_of(screen, rows)
    nodes = map_nodes(screen, effects, "auto", 400)
    assert nodes.clamp_levels[0] == pytest.approx(-effects.control_mean[0])
    assert nodes.measured == ("B", "C", "D")


def test_unseen_knock_downs_get_the_median_shift() -> None:
    screen = knockout_screen()
    screen = replace(screen, perturbations=tuple(replace(p, kind="knock-down") for p in screen.perturbations))
    rows = np.flatnonzero(np.asarray(screen.design[:, [0]].todense()).ravel() == 0)
    nodes = map_nodes(screen, effects_of(screen, rows), "auto", 400)
    assert nodes.clamp_levels[0] == pytest.approx(np.median(nodes.clamp_levels[1:]))


def test_modes() -> None:
    screen = knockout_screen()
    effects = effects_of(screen, np.arange(screen.shape[0]))
    assert map_nodes(screen, effects, "force", 400).clamped == ()
    drugs = replace(screen, perturbations=tuple(replace(p, kind="drug") for p in screen.perturbations))
    assert map_nodes(drugs, effects, "auto", 400).clamped == ()
    assert map_nodes(drugs, effects, "clamp", 400).clamped == ("A", "B", "C", "D")


def test_the_strongest_molecules_and_all_targets_are_kept() -> None:
    screen = knockout_screen()
    effects = effects_of(screen, np.arange(screen.shape[0]))
    nodes = map_nodes(screen, effects, "auto", 5)
    kept = {nodes.features[j] for j in nodes.molecules}
    assert {"A", "B", "C", "D"} <= kept
    assert len(kept) == 5
    assert sorted([*nodes.molecules, *nodes.readouts]) == list(range(7))
