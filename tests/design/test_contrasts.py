"""Variances of contrasts against the covariance of every cell, written out."""

from dataclasses import replace

import numpy as np
import pytest
from tests.design.screens import TRUTH, uneven_layout

from semimech.data.effects import effects_of
from semimech.data.scale import Scale
from semimech.design.components import Components, declared
from semimech.design.contrasts import (
    Reference,
    combination_variance,
    contrast_of,
    contrast_variance,
    pair_combinations,
    weights_of,
)
from semimech.design.drawn import draw_screen
from semimech.design.layout import Layout
from semimech.design.power import minimum_detectable_effect, power
from semimech.support.errors import UserError

LAW = declared(**TRUTH)


def naive(layout: Layout, treated: np.ndarray, controls: np.ndarray, coefficients: np.ndarray) -> float:
    """c' V c, with the covariance V of all cells and the coefficient c that each has in the contrast."""
    labels, c = [], []
    for b in range(len(layout.batches)):
        labels += [(b, -1, -1)] * layout.controls[b]
        if layout.controls[b]:
            c += [-(controls[b] @ coefficients) / layout.controls[b]] * layout.controls[b]
        for p in range(len(layout.arms)):
            for g, count in enumerate(layout.dealt[b, p]):
                labels += [(b, p, g)] * count
                c += [treated[b, p] * coefficients[p] / max(layout.cells[b, p], 1)] * count
    b, p, g = np.array(labels).T
    same = [one[:, None] == one for one in (b, p, g)]
    perturbed = (p >= 0)[:, None]
    covariance = TRUTH["cell"] * np.eye(len(b)) + TRUTH["batch"] * same[0]
    covariance += perturbed * (TRUTH["interaction"] * (same[0] & same[1]) + TRUTH["guide"] * (same[1] & same[2]))
    return float(np.array(c) @ covariance @ np.array(c))


@pytest.fixture
def layout() -> Layout:
    found = uneven_layout(arms=4, batches=3, guides=2)
    cells, controls = found.cells.copy(), found.controls.copy()
    cells[0, 1] = controls[2] = 0
    return Layout(found.batches, found.arms, cells, controls, found.guides)


@pytest.mark.parametrize("reference", ["same batch", "pooled", "none"])
def test_variance_is_that_of_all_cells(layout: Layout, reference: str) -> None:
    treated, controls = weights_of(layout, reference, "cells", None)  # type: ignore[arg-type]
    wanted = [naive(layout, treated, controls, one) for one in np.eye(4)]
    assert contrast_variance(layout, LAW, reference) == pytest.approx(wanted)  # type: ignore[arg-type]
    pair = pair_combinations(layout, [("p2", "p0", "p1")])
    found = combination_variance(layout, LAW, pair, reference)  # type: ignore[arg-type]
    assert found == pytest.approx([naive(layout, treated, controls, pair[0])])


def test_best_weights_are_best(layout: Layout) -> None:
    best = contrast_variance(layout, LAW, weights="best")
    assert (best <= contrast_variance(layout, LAW) + 1e-12).all()
    treated, _ = weights_of(layout, "same batch", "best", LAW)
    random = np.random.default_rng(0)
    for _ in range(4):
        other = treated * random.uniform(0.5, 1.5, treated.shape)
        other /= other.sum(0)
        unguided = [naive(Layout(layout.batches, layout.arms, layout.cells, layout.controls), w, w, one)
                    for w in (treated, other) for one in np.eye(4)]  # fmt: skip
        assert (np.array(unguided[:4]) <= np.array(unguided[4:]) + 1e-12).all()


def test_cross_batch_keeps_two_tau_squared() -> None:
    many = Layout(("x", "y"), ("a",), [[10**7], [0]], [0, 10**7])
    cross = contrast_variance(many, LAW.declare(guide=0, interaction=0), "pooled")
    assert cross == pytest.approx([2 * TRUTH["batch"]], rel=1e-4)
    assert np.isinf(contrast_variance(many, LAW)).all()


def test_partial_editing_widens_the_cells() -> None:
    one = Layout(("x",), ("a",), [[50]], [50])
    part = declared(cell=0.3, efficiency=0.6)
    plain = contrast_variance(one, part)
    assert contrast_variance(one, part, effect=2.0) - plain == pytest.approx([0.6 * 0.4 * 4 / 50])
    by_feature = contrast_variance(one, part, effect=np.array([[2.0, 0.0]]), per_feature=True) - plain
    assert by_feature == pytest.approx(np.array([[0.6 * 0.4 * 4 / 50, 0.0]]))
    pooled = contrast_variance(one, part, effect=np.array([[2.0, 0.0]])) - plain
    assert pooled == pytest.approx(by_feature.mean(1))


def test_an_arm_without_controls_cannot_be_measured() -> None:
    apart = Layout(("x", "y"), ("a", "b"), [[50, 0], [0, 50]], [50, 0])
    part = declared(cell=0.3, efficiency=0.6)
    variance = contrast_variance(apart, part, effect=np.array([0.0, 1.0]))
    assert np.isfinite(variance).tolist() == [True, False]
    own = contrast_of(apart).own
    least = minimum_detectable_effect(variance, efficiency=0.6, own=own)
    assert np.isfinite(least).tolist() == [True, False]
    assert power(0.5, variance)[1] == pytest.approx(0.05)


def test_what_is_unknown_is_not_asked_for_where_nothing_rests_on_it() -> None:
    one = Layout(("x",), ("a",), [[5]], [5])
    unknown = declared(cell=1.0)
    object.__setattr__(unknown, "unidentified", {"batch": "one batch"})
    assert np.isfinite(contrast_variance(one, unknown)).all()
    with pytest.raises(UserError, match="batch is unknown"):
        contrast_variance(one, unknown, "none")


@pytest.mark.parametrize("reference", ["same batch", "pooled", "none"])
@pytest.mark.parametrize("law", [LAW, declared(cell=0.4, batch=0.05, interaction=0.01, efficiency=0.6)])
def test_effects_of_has_this_variance(law: Components, reference: Reference) -> None:
    """The estimator of the package itself; without the batch column its controls are pooled."""
    layout, repeats, features = uneven_layout(arms=6, batches=3, guides=2), 40, 25
    errors = []
    for seed in range(repeats):
        scale: Scale = "log-ratio" if reference == "none" else "log-normalised"
        screen = draw_screen(layout, law, np.ones((6, features)), features=features, scale=scale, seed=seed)
        if reference == "pooled":
            screen = replace(screen, obs=screen.obs.drop(columns="batch"), _effects={})
        found = effects_of(screen, np.arange(screen.shape[0]))
        order = [layout.arms.index(condition.names[0]) for condition in found.conditions]
        errors.append(found.values[np.argsort(order)] - law.efficiency)
    empirical = np.square(errors).mean()
    assert empirical == pytest.approx(contrast_variance(layout, law, reference, effect=1.0).mean(), rel=0.1)


def test_a_time_has_controls_of_its_own(layout: Layout) -> None:
    course = layout.at_times(("24 h", "48 h"))
    once = contrast_variance(layout, LAW)
    assert contrast_variance(course, LAW) == pytest.approx(np.r_[once, once])
    later = np.concatenate([np.eye(4), -np.eye(4)], 1)
    assert combination_variance(course, LAW, later) == pytest.approx(2 * once)
