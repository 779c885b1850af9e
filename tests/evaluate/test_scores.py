"""Every card against scipy, scikit-learn or a slow loop."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cosine as cosine_distance
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

from semimech.evaluate import reference as reference_module
from semimech.evaluate.reference import Reference
from semimech.evaluate.scores import SCORES

CARDS = {card.name: card for card in SCORES}
C, F = 6, 40


def score(name: str, reference: Reference, predicted: np.ndarray) -> float:
    card = CARDS[name]
    return float(card.reduce(card.summarise(reference, predicted).sum(0)))


@pytest.fixture
def example(make_reference: Callable[..., Reference]) -> tuple[Reference, np.ndarray]:
    """Noisy predictions of effects with a shared part, errors, and a mask that hides a tenth."""
    random = np.random.default_rng(0)
    shared = random.normal(size=F)
    observed = shared + random.normal(size=(C, F))
    predicted = 0.6 * observed + 0.5 * random.normal(size=(C, F)) + 0.1
    scored = random.random((C, F)) > 0.1
    targets = np.zeros(F, bool)
    targets[:C] = True
    scored[:, targets] &= ~np.eye(C, dtype=bool)
    errors = random.uniform(0.1, 0.4, size=(C, F))
    reference = make_reference(observed, scored, errors, shared, scale="counts", targets=targets)
    return reference, predicted


def pooled(example: tuple[Reference, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    reference, predicted = example
    mean = np.broadcast_to(reference.mean_response, predicted.shape)
    return predicted[reference.scored], reference.observed[reference.scored], mean[reference.scored]


def by_condition(example: tuple[Reference, np.ndarray], function: Callable[..., float], centred: bool = False) -> float:
    reference, predicted = example
    values = []
    for x, y, keep in zip(predicted, reference.observed, reference.scored, strict=True):
        m = reference.mean_response[keep] * centred
        values.append(function(x[keep] - m, y[keep] - m))
    return float(np.mean(values))


def r(x: np.ndarray, y: np.ndarray) -> float:
    return float(stats.pearsonr(x, y).statistic)


def test_names_are_unique_and_every_card_tells_all() -> None:
    assert len(CARDS) == len(SCORES)
    for card in SCORES:
        assert card.equation
        assert card.needs
        assert "doi:" in card.reference or "arXiv:" in card.reference or card.reference == "defined here"
        assert card.best == (1 if card.higher_is_better else 0)
    assert {card.family for card in SCORES} == {"control-referenced", "calibrated", "cells"}


def test_pooled_cards(example: tuple[Reference, np.ndarray]) -> None:
    x, y, m = pooled(example)
    reference, predicted = example
    expected = {
        "pearson": r(x, y),
        "r2": r2_score(y, x),
        "centred-pearson": r(x - m, y - m),
        "centred-r2": r2_score(y - m, x - m),
        "mse": mean_squared_error(y, x),
        "mae": mean_absolute_error(y, x),
        "nmse": mean_squared_error(y, x) / np.mean(y**2),
    }
    for name, value in expected.items():
        assert score(name, reference, predicted) == pytest.approx(value, rel=1e-9), name


def test_cards_within_conditions(example: tuple[Reference, np.ndarray]) -> None:
    expected = {
        "pearson-conditions": by_condition(example, r),
        "r2-conditions": by_condition(example, lambda x, y: r2_score(y, x)),
        "cosine": by_condition(example, lambda x, y: 1 - cosine_distance(x, y)),
        "centred-pearson-conditions": by_condition(example, r, centred=True),
        "centred-r2-conditions": by_condition(example, lambda x, y: r2_score(y, x), centred=True),
        "jaccard": by_condition(
            example,
            lambda x, y: (lambda a, b: len(a & b) / len(a | b))(
                set(np.argsort(-np.abs(x))[:20]), set(np.argsort(-np.abs(y))[:20])
            ),
        ),
    }
    for name, value in expected.items():
        assert score(name, *example) == pytest.approx(value, rel=1e-9), name


def test_weighted_error_against_a_loop(example: tuple[Reference, np.ndarray]) -> None:
    reference, predicted = example
    values = []
    for p in range(C):
        above = below = 0.0
        for g in range(F):
            if reference.scored[p, g]:
                weight = (reference.observed[p, g] - reference.mean_response[g]) ** 2
                above += weight * (reference.observed[p, g] - predicted[p, g]) ** 2
                below += weight
        values.append(above / below)
    assert score("wmse", reference, predicted) == pytest.approx(np.mean(values), rel=1e-9)


def test_discrimination_against_a_loop_with_all_targets_removed(example: tuple[Reference, np.ndarray]) -> None:
    reference, predicted = example
    hidden = reference.targets | ~(reference.scored | reference.targets).all(0)
    ranks = []
    for p in range(C):
        likeness = [1 - cosine_distance(predicted[p, ~hidden], reference.observed[q, ~hidden]) for q in range(C)]
        ranks.append(1 - sum(value > likeness[p] for value in likeness) / (C - 1))
    assert score("pds", reference, predicted) == pytest.approx(np.mean(ranks))
    changed = predicted.copy()
    changed[:, reference.targets] = 100.0
    assert score("pds", reference, changed) == score("pds", reference, predicted)


def test_discrimination_of_ties_is_chance(make_reference: Callable[..., Reference]) -> None:
    observed = np.random.default_rng(1).normal(size=(5, 8))
    assert score("pds", make_reference(observed), np.zeros((5, 8))) == 0.5
    assert score("pds", make_reference(observed), np.tile(observed[0], (5, 1))) == pytest.approx(0.5)
    assert score("pds", make_reference(np.tile(observed[0], (5, 1))), observed) == pytest.approx(0.5)
    assert np.isnan(score("pds", make_reference(observed[:1]), observed[:1]))


def test_noise_corrected_error_is_unbiased(make_reference: Callable[..., Reference]) -> None:
    """With y = truth + noise, the corrected error of any x is its error against the truth."""
    random = np.random.default_rng(2)
    truth = random.normal(size=(50, 400))
    errors = random.uniform(0.2, 1.5, size=truth.shape)
    reference = make_reference(truth + errors * random.normal(size=truth.shape), errors=errors)
    for x in (truth, 0.7 * truth, np.zeros_like(truth)):
        expected = ((truth - x) ** 2).sum() / (truth**2).sum()
        assert score("nmse-corrected", reference, x) == pytest.approx(expected, abs=0.03)
    assert score("nmse", reference, truth) > 0.4


def test_noise_corrected_error_has_no_value_on_pure_noise(make_reference: Callable[..., Reference]) -> None:
    noise = np.random.default_rng(3).normal(size=(5, 30)) * 0.5
    assert np.isnan(score("nmse-corrected", make_reference(noise, errors=np.ones_like(noise)), noise))


def naive_changed(values: np.ndarray, errors: np.ndarray, degrees: np.ndarray, keep: np.ndarray) -> set[int]:
    columns = np.flatnonzero(keep)
    p = 2 * stats.t.sf(np.abs(values[columns]) / errors[columns], degrees[columns])
    return set(columns[stats.false_discovery_control(p) <= reference_module.FALSE_DISCOVERY_RATE])


def test_changed_features_against_a_loop(example: tuple[Reference, np.ndarray]) -> None:
    reference, predicted = example
    both = found = real = signs = 0
    reached = whole = 0.0
    for p in range(C):
        arguments = reference.standard_errors[p], reference.degrees[p], reference.scored[p]
        claimed, true = naive_changed(predicted[p], *arguments), naive_changed(reference.observed[p], *arguments)
        both, found, real = both + len(claimed & true), found + len(claimed), real + len(true)
        for g in true:
            x, y = predicted[p, g], reference.observed[p, g]
            signs += np.sign(x) == np.sign(y)
            reached += min(abs(y), max(0.0, x * np.sign(y)))
            whole += abs(y)
    assert 0 < both < real
    assert score("de-precision", reference, predicted) == pytest.approx(both / found)
    assert score("de-recall", reference, predicted) == pytest.approx(both / real)
    assert score("de-direction", reference, predicted) == pytest.approx(signs / real)
    assert score("de-reach", reference, predicted) == pytest.approx(reached / whole)


def test_feature_cards_against_a_loop(make_reference: Callable[..., Reference]) -> None:
    random = np.random.default_rng(4)
    observed = random.normal(size=(12, 7)) + np.arange(7)
    predicted = observed + random.normal(size=(12, 7))
    scored = random.random((12, 7)) > 0.15
    reference = make_reference(observed, scored)
    correlations, xs, ys = [], [], []
    for g in range(7):
        x, y = predicted[scored[:, g], g], observed[scored[:, g], g]
        correlations.append(r(x, y))
        xs.append(x - x.mean())
        ys.append(y - y.mean())
    assert score("feature-pearson", reference, predicted) == pytest.approx(np.mean(correlations), rel=1e-6)
    expected = r(np.concatenate(xs), np.concatenate(ys))
    assert score("feature-centred-pearson", reference, predicted) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("card", [card for card in SCORES if card.family != "cells"], ids=lambda card: card.name)
def test_a_perfect_prediction_gets_the_best_value(card, example: tuple[Reference, np.ndarray]) -> None:
    reference, _ = example
    value = score(card.name, reference, reference.observed)
    if card.name == "nmse-corrected":
        assert value <= card.best  # hitting the noise as well is better than the truth
    else:
        assert value == pytest.approx(card.best, abs=1e-9)


@pytest.mark.parametrize("card", [card for card in SCORES if card.family != "cells"], ids=lambda card: card.name)
def test_what_is_not_scored_changes_nothing(card, example: tuple[Reference, np.ndarray]) -> None:
    reference, predicted = example
    spoilt = np.where(reference.scored, predicted, 1e6)
    assert score(card.name, reference, spoilt) == score(card.name, reference, predicted)


@pytest.mark.parametrize("card", [card for card in SCORES if card.family != "cells"], ids=lambda card: card.name)
def test_no_change_and_the_mean_response_have_their_conventional_values(
    card, example: tuple[Reference, np.ndarray]
) -> None:
    reference, _ = example
    nothing = score(card.name, reference, np.zeros_like(reference.observed))
    zero = {"pearson", "pearson-conditions", "cosine", "jaccard", "de-recall", "de-direction", "de-reach"}
    zero |= {"feature-pearson", "feature-centred-pearson"}
    expected = dict.fromkeys(zero, 0.0) | {"nmse": 1.0, "nmse-corrected": 1.0, "pds": 0.5, "de-precision": np.nan}
    if card.name in expected:
        assert nothing == pytest.approx(expected[card.name], nan_ok=True)
    mean = score(card.name, reference, np.tile(reference.mean_response, (C, 1)))
    if card.name in {"centred-pearson", "centred-pearson-conditions", "feature-pearson"}:
        assert mean == 0


@pytest.mark.parametrize("card", [card for card in SCORES if card.family != "cells"], ids=lambda card: card.name)
def test_integer_weights_are_repeated_conditions(card, make_reference: Callable[..., Reference]) -> None:
    """Weighted sums of summaries are what the score of the repeated conditions would be."""
    random = np.random.default_rng(5)
    observed, noise = random.normal(size=(4, 15)), random.normal(size=(4, 15))
    errors = np.full((4, 15), 0.3)
    weights = np.array([2, 0, 1, 3])
    sums = card.summarise(make_reference(observed, errors=errors, scale="counts"), observed + noise)
    repeated = np.repeat(np.arange(4), weights)
    reference = make_reference(observed[repeated], errors=errors[repeated], scale="counts")
    again = card.summarise(reference, (observed + noise)[repeated])
    if card.name != "pds":  # ranks against the conditions judged, which a weight does not change
        assert card.reduce(weights @ sums) == pytest.approx(card.reduce(again.sum(0)), rel=1e-9, nan_ok=True)


def test_cards_of_cells_are_refused_without_cells(example: tuple[Reference, np.ndarray]) -> None:
    from semimech.support.errors import UserError

    with pytest.raises(UserError, match="no single cells"):
        score("e-distance", *example)
