"""The readings against scikit-learn and against loops."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from semimech.audit.focus.readings import area_under_roc, balanced_accuracy, best_cut, classified, concordance, error


@pytest.fixture
def scored() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    label = (generator.random(40) < 0.4).astype(float)
    return np.round(generator.normal(size=(5, 40)) + label, 1), label


def test_areas_and_accuracies_are_those_of_scikit_learn(scored: tuple[np.ndarray, np.ndarray]) -> None:
    confidence, label = scored
    assert area_under_roc(confidence, label) == pytest.approx([roc_auc_score(label, one) for one in confidence])
    expected = [balanced_accuracy_score(label, one >= 0.5) for one in confidence]
    assert balanced_accuracy(confidence, label, 0.5) == pytest.approx(expected)


def test_no_cut_is_better_than_the_best(scored: tuple[np.ndarray, np.ndarray]) -> None:
    confidence, label = scored
    found = balanced_accuracy(confidence, label, best_cut(confidence, label))
    for one, score in zip(confidence, found):
        cuts = np.unique(one)[1:] - 0.05
        assert score == pytest.approx(max(balanced_accuracy_score(label, one >= cut) for cut in cuts))


def test_concordance_counts_the_comparable_pairs() -> None:
    generator = np.random.default_rng(1)
    values, relation = np.round(generator.normal(size=25), 1), generator.integers(-1, 2, 25)
    predicted = np.round(values + generator.normal(size=25), 1)
    right = pairs = 0.0
    for i in range(25):
        for j in range(25):
            if values[i] > values[j] and relation[i] >= 0 and relation[j] <= 0:
                pairs += 1
                right += 1.0 if predicted[i] > predicted[j] else 0.5 * (predicted[i] == predicted[j])
    assert concordance(predicted[None], values, relation)[0] == pytest.approx(right / pairs)
    assert np.isnan(concordance(predicted[None], values, np.full(25, -1))[0])
    exact = relation == 0
    assert error(predicted[None], values, relation)[0] == pytest.approx(np.mean((predicted - values)[exact] ** 2))


def test_recalibration_undoes_a_shift_of_the_confidences_and_ranking_never_sees_it(
    scored: tuple[np.ndarray, np.ndarray],
) -> None:
    confidence, label = scored
    before, after = (
        classified(one[:, None], label[:, None], one[:, None], label[:, None]) for one in (confidence, confidence - 2)
    )
    assert after[1:] == pytest.approx(before[1:])
    assert (after[0] < before[0]).all()


def test_a_half_of_one_class_has_no_score() -> None:
    confidence, label = np.random.default_rng(0).random((2, 1, 10)), np.zeros((10, 1))
    assert np.isnan(classified(confidence, label, confidence, label)).all()
