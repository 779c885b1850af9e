"""Interaction scores against closed forms, and their intervals against repeated simulation."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.screen import Screen
from semimech.evaluate.interactions import ADDITIVE, MEASURES, SUPPRESSION, SYNERGY, UNTOLD, interactions_of, scores
from semimech.simulate.demo import simulate_demo

PAIRS = [(i, j) for i in range(6) for j in range(i)]
GENES = 150


def simulated(seed, weights, cells=30, noise=0.7):
    """Pairs that are w_a a + w_b b, in cells with noise of their own and noise that features share."""
    random = np.random.default_rng(seed)
    alone = 0.4 * random.normal(size=(6, GENES))
    together = np.stack([w[0] * alone[i] + w[1] * alone[j] for w, (i, j) in zip(weights, PAIRS, strict=True)])
    given = np.vstack([np.eye(6), *(np.eye(6)[[i, j]].sum(0, keepdims=True) for i, j in PAIRS), np.zeros((1, 6))])
    levels = np.vstack([alone, together, np.zeros(GENES)])
    rows = np.r_[np.repeat(np.arange(len(levels) - 1), cells), np.full(10 * cells, len(levels) - 1)]
    error = random.normal(size=(len(rows), GENES)) + random.normal(size=(len(rows), 1)) * random.normal(size=GENES) / 2
    names = [f"p{i}" for i in range(6)]
    screen = Screen(
        (5 + levels[rows] + noise * error).astype(np.float32),
        sp.csr_array(given[rows]),
        tuple(Perturbation(name) for name in names),
        pd.DataFrame(index=[f"g{i}" for i in range(GENES)]),
        pd.DataFrame(index=[f"cell {i}" for i in range(len(rows))]),
        "log-normalised",
    )
    parts = np.stack([alone[[j for _, j in PAIRS]], alone[[i for i, _ in PAIRS]], together], axis=1)
    return screen, {f"p{j}+p{i}": scores(part @ part.T) for part, (i, j) in zip(parts, PAIRS, strict=True)}


def test_scores_are_least_squares():
    random = np.random.default_rng(0)
    parts = random.normal(size=(3, 40))
    synergy, first, second, balance, unexplained = scores(parts @ parts.T)
    weights, left, *_ = np.linalg.lstsq(parts[:2].T, parts[2], rcond=None)
    expected = parts[0] + parts[1]
    assert synergy == pytest.approx(parts[2] @ expected / (expected @ expected))
    np.testing.assert_allclose([first, second], weights)
    assert balance == pytest.approx(np.log10(abs(weights[0] / weights[1])))
    assert unexplained == pytest.approx(left[0] / (parts[2] @ parts[2]))
    assert np.isnan(scores(np.diag([1.0, -0.2, 1.0]))[1:]).all()


def test_intervals_hold_the_truth_and_kinds_are_told():
    inside, kinds = [], []
    for seed in range(4):
        weights = np.random.default_rng([seed, 9]).choice([0.3, 1.0, 1.7], len(PAIRS))[:, None] * np.ones(2)
        screen, truth = simulated(seed, weights)
        found = interactions_of(screen).set_index("condition")
        for condition, exact in truth.items():
            row = found.loc[condition]
            inside.append([row[f"{m}_lower"] <= v <= row[f"{m}_upper"] for m, v in zip(MEASURES, exact, strict=True)])
            kinds.append((round(exact[0], 1), row["kind"]))
    assert (np.mean(inside, axis=0) > 0.85).all()
    for exact, kind in ((0.3, SUPPRESSION), (1.0, ADDITIVE), (1.7, SYNERGY)):
        told = [found == kind for value, found in kinds if value == exact]
        assert np.mean(told) > 0.85


def test_one_that_masks_the_other_is_dominant():
    screen, _ = simulated(7, np.tile([1.0, 0.0], (len(PAIRS), 1)), cells=60)
    found = interactions_of(screen)
    assert (found["dominant"] != "").mean() > 0.8
    masking = [f"p{i}" for i, _ in PAIRS]
    assert set(found["dominant"]) - {""} <= set(masking)


def test_single_rows_have_scores_without_intervals_and_no_pairs_no_rows():
    screen = simulate_demo(replicates=1)
    found = interactions_of(screen)
    assert len(found) == 28
    assert found["synergy"].notna().all()
    assert found["synergy_lower"].isna().all()
    assert set(found["kind"]) == {UNTOLD}
    singles = screen.take(np.array([not c.is_combination for c in screen.conditions])[screen.condition_codes])
    assert list(interactions_of(singles).columns) == list(found.columns)
    assert interactions_of(singles).empty


def test_few_rows_in_many_batches_have_intervals():
    found = interactions_of(simulate_demo()).dropna(subset="synergy")
    assert len(found) >= 27
    assert (found["synergy_lower"] < found["synergy"]).all()
