"""Folds as weightings of the same rows, and what a held-out condition is told."""

from dataclasses import replace

import numpy as np
import pytest
from tests.models.cellbox.screens import knockout_screen

from semimech.data.condition import Kind
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.models.cellbox import CellBox
from semimech.models.cellbox.nodes import levels_in


def shifted(screen: Screen, name: str, by: float) -> Screen:
    """The same screen, where the knock-out of `name` leaves its own gene at another level."""
    given = np.asarray(screen.design[:, [screen.perturbation_names.index(name)]].todense()).ravel() != 0
    values = np.array(screen.responses)
    values[given, screen.feature_names.index(name)] += by
    return replace(screen, responses=values, _effects={})


@pytest.mark.parametrize("kind", ["knock-out", "knock-down"])
def test_a_held_out_clamp_is_not_told_its_own_level(kind: Kind) -> None:
    levels = []
    for by in (0.0, 0.5):
        screen = shifted(knockout_screen(), "A", by)
        screen = replace(screen, perturbations=tuple(replace(p, kind=kind) for p in screen.perturbations))
        everything = Split("all", "all", 0, np.arange(screen.shape[0]), np.array([], int))
        problem = CellBox().problem(screen, everything)
        row = [condition.names for condition in problem.effects.conditions].index(("A",))
        others = problem.effects.take(np.arange(len(problem.effects)) != row)
        held = problem.effects.take(np.array([row]))
        fold = problem.observations(others, held)
        levels.append(np.asarray(fold.level)[row, 0] * problem.unit)
        expected = -others.control_mean[0] if kind == "knock-out" else np.median(problem.nodes.clamp_levels[1:])
        assert levels[-1] == pytest.approx(expected, rel=1e-5)
        seen = np.asarray(problem.observations(problem.effects).level)[row, 0] * problem.unit
        assert seen == pytest.approx(problem.effects.values[row, 0], rel=1e-5)
    assert levels[0] == pytest.approx(levels[1], rel=1e-5)


def test_a_fold_assumes_what_a_prediction_assumes() -> None:
    """The level of a fold's held-out clamp is the one a model gets that was fitted to the fold's rows alone."""
    screen = knockout_screen()
    split = split_screen(screen, "perturbations", seed=1)[0]
    everything = Split("all", "all", 0, np.arange(screen.shape[0]), np.array([], int))
    inner, outer = CellBox().problem(screen, everything), CellBox().problem(screen, split)
    np.testing.assert_allclose(levels_in(screen, inner.nodes, outer.effects), outer.nodes.clamp_levels)
