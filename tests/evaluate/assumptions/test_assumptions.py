"""Verdicts on screens where the answer is known: what is planted is found, what is not is not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.evaluate.assumptions.planted import controls_at, edited, ordered

from semimech.data.anndata import write_h5ad
from semimech.data.options import ReadOptions
from semimech.data.readers import read_screen
from semimech.evaluate.assumptions import ASSUMPTIONS, CANNOT, HOLDS, VIOLATED, assumptions_of, batches
from semimech.simulate.demo import simulate_demo
from semimech.support.errors import UserError

TESTS = {test.assumption.name: test.run for test in ASSUMPTIONS}


def verdict_on(name, screen):
    return TESTS[name](screen, 0.05, 99, np.random.default_rng(1))


def assert_drawn(picture):
    """Rows of two groups or more, or a bar for each of several names, at least one of them clear."""
    assert np.isfinite(picture["value"]).all()
    if "group" in picture:
        assert list(picture) == ["group", "value"]
        assert picture["group"].nunique() >= 2
        assert picture["value"].std() > 0.1
    else:
        assert list(picture) == ["name", "value", "lower", "upper", "clear"]
        assert picture["name"].is_unique
        assert picture["value"].between(picture["lower"], picture["upper"]).all()
        assert picture["clear"].any()


PLANTED = {
    "drift": ("steady-controls", controls_at(), controls_at(drift=0.5), "sd"),
    "drift in small batches": (
        "steady-controls",
        controls_at(batches="123456", number=5),
        controls_at(drift=0.5, batches="123456", number=5),
        "sd",
    ),
    "medium": ("neutral-medium", controls_at(drift=0.5), controls_at(medium=0.5), "sd"),
    "order": ("commuting-perturbations", ordered(number=29), ordered(0.5), "A>B"),
    "second attractor": ("one-attractor", edited(unedited=0.4), edited(second=8.0), "two groups"),
    "unedited cells": ("complete-editing", edited(), edited(unedited=0.4), "edited fraction: "),
    "interaction": ("shifted-batches", edited(), edited(interaction=2.0), "between batches"),
}


@pytest.mark.parametrize("what", PLANTED)
def test_what_is_planted_is_found(what):
    name, without, planted, words = PLANTED[what]
    quiet, found = verdict_on(name, without), verdict_on(name, planted)
    assert (quiet.verdict, found.verdict) == (HOLDS, VIOLATED)
    assert words in found.why
    assert found.value > found.critical
    assert found.consequence == found.assumption.if_violated
    assert_drawn(found.picture)


@pytest.mark.parametrize(
    ("mixed", "shape", "p", "value", "verdict", "clear"),
    [
        (0.03, None, 0.03, 2.0, VIOLATED, True),  # one test is not adjusted for two
        (0.03, 0.04, 0.06, 2.0, HOLDS, False),
        (0.4, 0.01, 0.02, 0.7, VIOLATED, False),
    ],
)
def test_batches_are_told_by_the_test_that_finds_more(monkeypatch, mixed, shape, p, value, verdict, clear):
    crossed = batches.Interaction(2.0, 1.5, mixed, 0.5, pd.Series([0.5, 0.1], ["A", "B"]))
    monkeypatch.setattr(batches, "_interaction", lambda *_: crossed)
    monkeypatch.setattr(batches, "_shape", lambda *_: None if shape is None else batches.Energy(0.7, 0.6, shape))
    found = verdict_on("shifted-batches", edited(number=2))
    assert (found.p, found.value, found.verdict) == (pytest.approx(p), value, verdict)
    assert found.critical == {2.0: 1.5, 0.7: 0.6}[value]
    assert list(found.picture["clear"]) == [clear] * 2


def test_controls_of_another_shape_are_told_from_an_interaction():
    screen = edited()
    wide = screen.is_control & (screen.obs["batch"] == "2").to_numpy()
    shape = 2.5 ** wide[:, None] * (screen.responses - 0.3) + 0.3  # about the batch's mean
    found = verdict_on("shifted-batches", replace(screen, responses=shape, _effects={}))
    assert found.verdict == VIOLATED
    assert found.critical < found.value < 1
    assert not found.picture["clear"].any()


def test_a_context_that_is_the_order_itself_is_no_stratum_of_its_own():
    screen = ordered(0.5)
    named = replace(screen, obs=screen.obs.assign(context=screen.obs["order"]), _effects={})
    assert verdict_on("commuting-perturbations", named).value == verdict_on("commuting-perturbations", screen).value
    lines = replace(screen, obs=screen.obs.assign(context=screen.obs["order"] + " line"), _effects={})
    assert verdict_on("commuting-perturbations", lines).verdict == CANNOT


def test_sizes_are_those_planted():
    assert verdict_on("steady-controls", controls_at(drift=0.5)).effect == pytest.approx(0.5, abs=0.05)
    assert verdict_on("complete-editing", edited(unedited=0.4)).effect == pytest.approx(0.6, abs=0.06)


def test_designs_that_cannot_tell():
    nothing = assumptions_of(simulate_demo(), permutations=99)
    assert [verdict.verdict for verdict in nothing] == [CANNOT] * 6
    one_time = controls_at().take(np.flatnonzero(controls_at().obs["time"] == 0))
    assert "of one time (0)" in verdict_on("steady-controls", one_time).why
    assert "all rows are of one batch" in verdict_on("shifted-batches", controls_at(batches=("1",))).why
    assert "no genetic perturbation has 60 cells" in verdict_on("complete-editing", edited(number=20)).why
    assert "look alike" in verdict_on("complete-editing", edited(shift=0.0)).why


def test_a_time_that_is_a_batch_cannot_be_told_from_it():
    screen = controls_at(drift=3.0)
    nested = (screen.obs["batch"] == "1") == (screen.obs["time"] == 0)
    found = verdict_on("steady-controls", screen.take(np.flatnonzero(nested)))
    assert found.verdict == CANNOT
    assert "each batch holds one group only" in found.why


def test_a_screen_on_disk_is_tested_as_one_in_memory(tmp_path):
    write_h5ad(edited(unedited=0.4), tmp_path / "cells.h5ad")
    screen = read_screen(tmp_path / "cells.h5ad", ReadOptions(backed=True))
    assert screen.is_backed
    found = verdict_on("complete-editing", screen)
    assert found.verdict == VIOLATED
    assert found.effect == pytest.approx(0.6, abs=0.06)


def test_the_same_seed_gives_the_same_numbers():
    first, again = (verdict_on("complete-editing", edited(unedited=0.2)) for _ in range(2))
    assert (first.value, first.p) == (again.value, again.p)


@pytest.mark.parametrize("options", [{"level": 0.0}, {"level": 1.0}, {"permutations": 10}])
def test_tests_that_can_find_nothing_are_refused(options):
    with pytest.raises(UserError, match=r"level|permutations"):
        assumptions_of(simulate_demo(), **options)
